package warehouse

import (
	"context"
	"syscall"
	"testing"

	"eventdrop/functions/internal/dropzone"
	"eventdrop/functions/internal/pgtest"
)

// terminate ends the loader's connections as an administrator would.
func (h *harness) terminate() {
	h.t.Helper()
	h.value("select count(pg_terminate_backend(pid)) from pg_stat_activity where application_name = $1 and state <> 'idle'", h.db.Schema)
}

// retried wants a passing fault, and that another try loads the object once.
func (h *harness) retried(o dropzone.Object, csv string, err error) {
	h.t.Helper()
	if err == nil || !h.Transient(err) {
		h.t.Fatalf("error %v, which is not transient", err)
	}
	h.expect("0", "select count(*) from objects")
	if receipt := h.load(o, csv); receipt.Already {
		h.t.Errorf("the next try: %+v", receipt)
	}
	h.expect("1", "select count(*) from receipts")
	h.books()
}

// P2
func TestAConnectionThatEndsInTheMiddleOfACopyIsTriedAgain(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	run := h.faulty(object("a.csv"), 20_000, 9_000, func() error { h.terminate(); return nil })
	_, err := h.Load(t.Context(), run)
	h.retried(object("a.csv"), many(20_000), err)
}

// P2
func TestAConnectionThatEndsInTheMiddleOfAMergeIsTriedAgain(t *testing.T) {
	t.Parallel()
	for name, csv := range map[string]string{"small": many(10), "large": many(6_000)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHarness(t)
			holder := h.holdEvent(id(0))
			failed := make(chan error, 1)
			run := h.run(object("a.csv"), csv)
			go func() {
				_, err := h.Load(t.Context(), run)
				failed <- err
			}()
			h.await("exists (select from pg_stat_activity where application_name = $1 and wait_event_type = 'Lock')", h.db.Schema)
			h.terminate()
			err := <-failed
			holder()
			h.retried(object("a.csv"), csv, err)
		})
	}
}

// holdEvent inserts an event without a commit: a merge of the same key must wait. release rolls back.
func (h *harness) holdEvent(key string) (release func()) {
	h.t.Helper()
	tx, err := h.db.Pool.Begin(h.t.Context())
	if err != nil {
		h.t.Fatal(err)
	}
	_, err = tx.Exec(h.t.Context(), `insert into events (event_id, event_type, event_time, object_id, line_no, recency_at,
		object_modified, source_hash, drop_order, revision) values ($1, 'view', now(), 0, 1, now(), now(), 0, 0, 1)`, key)
	if err != nil {
		h.t.Fatal(err)
	}
	return func() { rollback(context.WithoutCancel(h.t.Context()), tx) }
}

// P7, R3: nobody is left behind in a transaction.
func TestADeadlineInTheMiddleOfAMergeRollsBack(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	release := h.holdEvent(id(0))
	ctx, cancel := context.WithCancelCause(t.Context())
	run := h.run(object("a.csv"), many(10))
	failed := make(chan error, 1)
	go func() {
		_, err := h.Load(ctx, run)
		failed <- err
	}()
	h.await("exists (select from pg_stat_activity where application_name = $1 and wait_event_type = 'Lock')", h.db.Schema)
	cancel(context.DeadlineExceeded)
	if err := <-failed; err == nil {
		t.Error("it loaded")
	}
	release()
	h.await("not exists (select from pg_stat_activity where application_name = $1 and state <> 'idle')", h.db.Schema)
	h.expect("0", "select count(*) from objects")
}

// P2, P1: the server crashes, comes back, and the next try loads the object.
func TestAServerThatCrashesDuringALoadLosesNothing(t *testing.T) {
	t.Parallel()
	db := pgtest.Own(t)
	server := db.Server
	h := newHarnessAt(t, db, nil)
	h.load(object("before.csv"), header+view(id1, "u"))
	// SIGQUIT takes the sessions along at once; after a SIGKILL of the server one may live long enough to commit.
	crash := func() error {
		err := syscall.Kill(server.PID(), syscall.SIGQUIT)
		<-server.Exited()
		return err
	}
	run := h.faulty(object("a.csv"), 20_000, 9_000, crash)
	_, err := h.Load(t.Context(), run)
	if err == nil || !h.Transient(err) {
		t.Fatalf("error %v, which is not transient", err)
	}
	if _, err := h.Load(t.Context(), h.run(object("a.csv"), many(6_000))); err == nil || !h.Transient(err) {
		t.Errorf("while the server is away: error %v, which is not transient", err)
	}
	if err := server.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	h.db.Pool.Reset()
	h.expect("1", "select count(*) from objects")
	if receipt := h.load(object("a.csv"), many(20_000)); receipt.Inserted != 20_000 {
		t.Errorf("after the restart: %+v", receipt)
	}
	h.books()
}

// P12: a COMMIT of a failed transaction is a definite rollback, not an unknown one.
func TestACommitThatTheServerTurnsIntoARollbackIsCertain(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	tx, err := h.pool.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec(t.Context(), "select 1/0"); err == nil {
		t.Fatal("no error")
	}
	if err := commit(t.Context(), tx); err == nil || h.Transient(err) {
		t.Errorf("error %v", err)
	}
}
