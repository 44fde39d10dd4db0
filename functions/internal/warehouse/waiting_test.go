package warehouse

import (
	"context"
	"testing"
	"time"

	"eventdrop/functions/internal/dropzone"
)

// An attempt whose loader died says nothing more: unless it is due by itself, the object waits for ever.
func TestANotedAttemptIsDueWithinAMinute(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	for range 2 { // the first one, and one of a known object
		if err := h.NoteAttempt(t.Context(), object("a.csv")); err != nil {
			t.Fatal(err)
		}
		h.expect("true", "select next_attempt_at > now() and next_attempt_at <= clock_timestamp() + interval '1 minute' from objects")
		h.exec("update objects set next_attempt_at = null")
	}
}

// Versions may have equal bytes, and so equal ETags.
func TestAVersionIsMissingWhateverOtherVersionsOfItsKeyAre(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	loaded := object("a.csv")
	h.load(loaded, header+view(id1, "u"))
	next := loaded
	next.VersionID = "next"
	if h.missing(loaded) || !h.missing(next) {
		t.Errorf("missing: the loaded version %t, the next one %t", h.missing(loaded), h.missing(next))
	}
}

// R7: the database's clock was years ahead when an object failed, and was set right since. No pause is longer than a
// quarter of an hour, so this one ends at once.
func TestAClockThatJumpsBackHoldsNoFailedObjectBack(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	wait := func(delay time.Duration) dropzone.Outcome {
		return dropzone.Outcome{State: dropzone.Failed, Retry: func(int) time.Duration { return delay }}
	}
	h.record(object("waits.csv"), wait(15*time.Minute))
	h.record(object("ahead.csv"), wait(10*365*24*time.Hour))
	h.record(object("behind.csv"), wait(-10*365*24*time.Hour))
	due, err := h.due("", 10)
	if err != nil || len(due) != 2 || due[0].Key != "behind.csv" || due[1].Key != "ahead.csv" {
		t.Errorf("due %v, %v", due, err)
	}
}

// A row that is locked belongs to a run. Who starts, or finds another version than was asked for, waits for none: a load may take hours.
func TestARunningLoadHoldsNobodyUpWhoClosesOrResumesObjects(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	loading, interrupted := object("a.csv"), object("b.csv")
	if err := h.NoteAttempts(t.Context(), []dropzone.Object{loading, interrupted}); err != nil {
		t.Fatal(err)
	}
	tx, err := h.db.Pool.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer rollback(t.Context(), tx)
	if _, err := h.newLoad(h.run(loading, header)).claim(t.Context(), tx); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	if resumed, err := h.ResumeInterrupted(ctx); err != nil || resumed != 1 {
		t.Errorf("resumed %d, %v", resumed, err)
	}
	if due, err := h.due("", 10); err != nil || len(due) != 1 || due[0].Key != interrupted.Key {
		t.Errorf("due %v, %v", due, err)
	}
	if err := h.Supersede(ctx, loading); err != nil {
		t.Error(err)
	}
	h.expect("failed failed", "select string_agg(state, ' ') from objects")
}
