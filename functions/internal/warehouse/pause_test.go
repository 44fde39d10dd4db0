package warehouse

import (
	"context"
	"testing"

	"github.com/jackc/pgx/v5"

	"eventdrop/functions/internal/dropzone"
)

// paused asks for the open pause.
func (h *harness) paused() *Pause {
	h.t.Helper()
	p, err := h.Paused(h.t.Context())
	if err != nil {
		h.t.Fatal(err)
	}
	return p
}

func (h *harness) pauseFor(reason string) *Pause {
	h.t.Helper()
	p, err := h.Pause(h.t.Context(), reason)
	if err != nil || p == nil {
		h.t.Fatalf("pause %v, %v", p, err)
	}
	return p
}

// hold counts a notice and reports whether it is held back.
func (h *harness) hold() bool {
	h.t.Helper()
	held, err := h.HoldNotice(h.t.Context())
	if err != nil {
		h.t.Fatal(err)
	}
	return held
}

func (h *harness) resume() *Pause {
	h.t.Helper()
	p, err := h.Resume(h.t.Context())
	if err != nil {
		h.t.Fatal(err)
	}
	return p
}

func TestAPauseCountsWhatItHoldsBackUntilItEnds(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	if h.paused() != nil || h.hold() || h.resume() != nil {
		t.Error("a new schema is paused")
	}
	first := h.pauseFor("index build")
	again := h.pauseFor("")
	if first.Reason != "index build" || *again != *first {
		t.Errorf("paused as %+v, then %+v: want the same pause", first, again)
	}
	for range 2 {
		if !h.hold() {
			t.Error("a notice was not held")
		}
	}
	if p := h.pauseFor("still at it"); !p.Since.Equal(first.Since) || p.Reason != "still at it" || p.Held != 2 {
		t.Errorf("with another reason: %+v", p)
	}
	if p := h.resume(); p == nil || p.Held != 2 || !p.Since.Equal(first.Since) {
		t.Errorf("ended: %+v", p)
	}
	if h.paused() != nil || h.hold() || h.resume() != nil {
		t.Error("it goes on")
	}
	if p := h.pauseFor(""); p.Held != 0 || p.Reason != "" {
		t.Errorf("the next one: %+v", p)
	}
	h.expect("2,2,0", "select count(*) || ',' || sum(held) || ',' || min(held) from pauses")
}

func TestSettledTellsOfAPause(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	loaded := object("loaded.csv")
	h.load(loaded, header)
	for _, want := range []bool{false, true} {
		if want {
			h.pauseFor("")
		}
		for _, o := range []dropzone.Object{loaded, object("a.csv"), drop("k.csv", "a", 1)} {
			found, err := h.Look(t.Context(), o)
			if err != nil || found.Paused != want || (found.State == dropzone.Loaded) != (o == loaded) {
				t.Errorf("%s: %+v, %v", o, found, err)
			}
		}
	}
}

func TestNothingIsDueInAPause(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.record(object("a.csv"), dropzone.Outcome{State: dropzone.Failed})
	h.pauseFor("")
	if due, err := h.due("", 10); len(due) != 0 || err != nil {
		t.Errorf("due %v, %v", due, err)
	}
	h.resume()
	if due, err := h.due("", 10); len(due) != 1 || err != nil {
		t.Errorf("afterwards %v, %v", due, err)
	}
}

// A notice is counted before the pause ends, and then the reconcile of its end finds its object, or it is not held.
// There is no third way.
func TestTheEndOfAPauseWaitsForANoticeThatIsBeingHeld(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.pauseFor("")
	tx, err := h.pool.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(t.Context())) }() // after the commit it does nothing
	if tag, err := tx.Exec(t.Context(), h.queries["hold_notice"]); err != nil || tag.RowsAffected() != 1 {
		t.Fatal(tag, err)
	}
	ended := make(chan *Pause, 1)
	go func() {
		p, err := h.Resume(t.Context())
		if err != nil {
			t.Error(err)
		}
		ended <- p
	}()
	h.await("select exists (select from pg_stat_activity where application_name = $1 and wait_event_type = 'Lock')", h.db.Schema)
	if err := tx.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	if p := <-ended; p == nil || p.Held != 1 {
		t.Errorf("ended as %+v", p)
	}
}

func TestOnePauseIsOpenAtMost(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.pauseFor("")
	rows, err := h.pool.Query(t.Context(), "insert into pauses default values")
	if err == nil {
		_, err = pgx.CollectRows(rows, pgx.RowToMap)
	}
	if sqlState(err) != "23505" {
		t.Errorf("error %v", err)
	}
}
