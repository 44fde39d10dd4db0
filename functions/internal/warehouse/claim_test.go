package warehouse

import (
	"context"
	"errors"
	"sync"
	"testing"

	"eventdrop/functions/internal/dropzone"
)

// loadDrops loads what one key without versions held, one after the other; the user names the drop.
func (h *harness) loadDrops(drops ...dropzone.Object) {
	h.t.Helper()
	for _, o := range drops {
		h.load(o, header+view(id1, o.ETag))
	}
}

func TestReplacedBytesEndWithWhatTheKeyHolds(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name    string
		seconds [3]int
	}{{"in three seconds", [3]int{1, 2, 3}}, {"within one second", [3]int{1, 1, 1}}} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			h := newHarness(t)
			h.loadDrops(drop("k.csv", "a", test.seconds[0]), drop("k.csv", "b", test.seconds[1]), drop("k.csv", "a", test.seconds[2]))
			h.expect("a/3", "select user_id || '/' || drop_order from events")
			h.expect("{1,2,3}", "select array_agg(drop_number order by drop_number) from objects where state = 'loaded'")
			h.books()
		})
	}
}

func TestEqualBytesPutAgainBringTheirRecencyForward(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.loadDrops(drop("k.csv", "a", 1), drop("k.csv", "a", 5))
	h.expect("2/05", "select drop_order || '/' || to_char(object_modified, 'SS') from events")
	h.books()
}

// N6
func TestAReplaceableDropDeliveredTwiceWritesNothing(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.loadDrops(drop("k.csv", "a", 1))
	before := h.dump()
	if receipt := h.load(drop("k.csv", "a", 1), header+view(id1, "a")); !receipt.Already || receipt.State != dropzone.Loaded {
		t.Errorf("second delivery: %+v", receipt)
	}
	if after := h.dump(); after != before {
		t.Errorf("it wrote:\n%s\nbefore:\n%s", after, before)
	}
}

// The late notice of replaced bytes leaves a trace in the ledger; that must not make a new drop of
// what is loaded.
func TestALateNoticeOfReplacedBytesDoesNotLoadTheCurrentOnesAgain(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	a, b := drop("k.csv", "a", 1), drop("k.csv", "b", 2)
	h.loadDrops(a, b)
	late := dropzone.Object{Bucket: "shop", Key: "k.csv", ETag: "a"}
	h.record(late, dropzone.Outcome{State: dropzone.Superseded})
	if receipt := h.load(b, header+view(id1, "b")); !receipt.Already {
		t.Errorf("b was loaded again: %+v", receipt)
	}
	h.expect("2", "select count(*) from receipts")
	h.books()
}

// A second notice of loaded bytes fails or finds them gone, and knows only their ETag.
func TestAFaultAfterTheLoadDoesNotMakeANewDrop(t *testing.T) {
	t.Parallel()
	for _, state := range []dropzone.State{dropzone.Failed, dropzone.Gone, dropzone.Superseded} {
		t.Run(string(state), func(t *testing.T) {
			t.Parallel()
			h := newHarness(t)
			a := drop("k.csv", "a", 1)
			h.loadDrops(a)
			if id := h.record(dropzone.Object{Bucket: "shop", Key: "k.csv", ETag: "a"}, dropzone.Outcome{State: state}); id != 0 {
				t.Errorf("it was recorded, as object %d", id)
			}
			if receipt := h.load(a, header+view(id1, "a")); !receipt.Already {
				t.Errorf("loaded again: %+v", receipt)
			}
			h.expect("1", "select count(*) from objects")
		})
	}
}

func TestANotedAttemptDoesNotMakeANewDropOfALoadedOne(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	for _, a := range []dropzone.Object{drop("k.csv", "a", 1), {Key: "/tmp/local.csv", ETag: "a", LastModified: drop("", "", 1).LastModified}} {
		h.load(a, header+view(id1, "a"))
		if err := h.NoteAttempt(t.Context(), a); err != nil {
			t.Error(err)
		}
		if receipt := h.load(a, header+view(id1, "a")); !receipt.Already {
			t.Errorf("%s was loaded again: %+v", a, receipt)
		}
	}
	h.expect("2", "select count(*) from objects")
}

// N10
func TestReplacedOrDeletedBytesAreNotLoaded(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	a := drop("k.csv", "a", 1)
	for _, now := range []dropzone.Object{drop("k.csv", "b", 2), drop("k.csv", "a", 2)} {
		run := h.run(a, header+view(id1, "a"))
		run.Current = func(context.Context) (dropzone.Object, error) { return now, nil }
		h.refuse(run, dropzone.ErrSuperseded)
	}
	run := h.run(a, header+view(id1, "a"))
	run.Current = func(context.Context) (dropzone.Object, error) { return dropzone.Object{}, dropzone.ErrGone }
	h.refuse(run, dropzone.ErrGone)
	h.expect("0", "select count(*) from objects")
}

func TestAFailedOlderDropIsClosedByANewerOneThatIsSettled(t *testing.T) {
	t.Parallel()
	newer := drop("k.csv", "b", 2)
	for state, settle := range map[string]func(*harness){
		"loaded": func(h *harness) { h.loadDrops(newer) },
		"parked": func(h *harness) { h.record(newer, dropzone.Outcome{State: dropzone.Parked}) },
	} {
		t.Run(state, func(t *testing.T) {
			t.Parallel()
			h := newHarness(t)
			h.record(drop("k.csv", "a", 1), dropzone.Outcome{State: dropzone.Failed, Detail: "store away"})
			settle(h)
			h.expect("superseded,"+state, "select string_agg(state, ',' order by drop_number) from objects")
			h.expect("0", "select count(*) from objects where next_attempt_at is not null")
		})
	}
}

func TestAFailedDropThatIsRetriedStaysOneDrop(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	a := drop("k.csv", "a", 1)
	for range 3 {
		h.record(a, dropzone.Outcome{State: dropzone.Failed})
	}
	h.expect("failed/3/1", "select state || '/' || attempts || '/' || drop_number from objects")
	h.loadDrops(a)
	h.expect("loaded/1", "select state || '/' || drop_number from objects")
}

func TestAParkedDropIsSettledAndANewOneOfItsKeyLoads(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	a := drop("k.csv", "a", 1)
	h.record(a, dropzone.Outcome{State: dropzone.Parked, Reason: dropzone.BinaryContent, Hint: "drop text"})
	receipt := h.load(a, header+view(id1, "a"))
	if !receipt.Already || receipt.State != dropzone.Parked || receipt.Hint != "drop text" || receipt.Reason != dropzone.BinaryContent {
		t.Errorf("receipt of a parked drop: %+v", receipt)
	}
	h.loadDrops(drop("k.csv", "b", 2))
	h.expect("b/2", "select user_id || '/' || drop_order from events")

	v := object("v.csv")
	h.record(v, dropzone.Outcome{State: dropzone.Parked, Reason: dropzone.BinaryContent})
	if receipt := h.load(v, header+view(id1, "v")); !receipt.Already || receipt.State != dropzone.Parked {
		t.Errorf("receipt of a parked version: %+v", receipt)
	}
	v.VersionID = "next"
	h.load(v, header+view(id2, "v"))
	h.books()
}

// N7, K1
func TestOneOfManyAtOnceLoads(t *testing.T) {
	t.Parallel()
	for name, o := range map[string]dropzone.Object{"a version": object("a.csv"), "a replaceable drop": drop("barrier.csv", "a", 1)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHarness(t)
			var wg sync.WaitGroup
			start, receipts := make(chan struct{}), make([]dropzone.Receipt, 8)
			for i := range receipts {
				run := h.run(o, header+view(id1, "a")+view(id2, "b"))
				wg.Go(func() {
					<-start
					var err error
					if receipts[i], err = h.Load(t.Context(), run); err != nil {
						t.Error(err)
					}
				})
			}
			close(start)
			wg.Wait()
			loaded := 0
			for _, r := range receipts {
				if !r.Already {
					loaded++
				}
			}
			if loaded != 1 {
				t.Errorf("%d of them loaded", loaded)
			}
			h.expect("1", "select count(*) from receipts")
			h.books()
		})
	}
}

// P6: the twin does not end in time.
func TestABusyObjectIsHandedBack(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name       string
		held, next dropzone.Object
	}{
		{"a version", object("busy.csv"), object("busy.csv")},
		{"a replaceable drop", drop("busy1.csv", "a", 1), drop("busy1.csv", "a", 1)},
		{"other bytes of a key", drop("busy2.csv", "a", 1), drop("busy2.csv", "b", 2)}, // drops are numbered one by one
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			h := newHarness(t)
			tx, err := h.pool.Begin(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			defer rollback(t.Context(), tx)
			if settled, err := h.newLoad(h.run(test.held, header)).claim(t.Context(), tx); settled || err != nil {
				t.Fatalf("the twin's claim: %t, %v", settled, err)
			}
			h.refuse(h.run(test.next, header+view(id1, "a")), dropzone.ErrBusy)
			rollback(t.Context(), tx)
			h.expect("0", "select count(*) from objects")
		})
	}
}

func TestANoteOfAnAttemptDoesNotWaitForeverForTheHolder(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	o := object("held.csv")
	h.record(o, dropzone.Outcome{State: dropzone.Failed})
	tx, err := h.pool.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer rollback(t.Context(), tx)
	if _, err := h.newLoad(h.run(o, header)).claim(t.Context(), tx); err != nil {
		t.Fatal(err)
	}
	if err := h.NoteAttempt(t.Context(), o); !errors.Is(err, dropzone.ErrBusy) {
		t.Errorf("error %v, want %v", err, dropzone.ErrBusy)
	}
}

func TestWhatAnotherLoaderHasClaimedIsHeld(t *testing.T) {
	t.Parallel()
	for name, o := range map[string]dropzone.Object{"a version": object("a.csv"), "a replaceable drop": drop("a.csv", "a", 1)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHarness(t)
			holds := func(want bool, when string) {
				t.Helper()
				if held, err := h.Held(t.Context(), o); held != want || err != nil {
					t.Errorf("%s: %t, %v", when, held, err)
				}
			}
			holds(false, "before it was tried")
			if err := h.NoteAttempt(t.Context(), o); err != nil {
				t.Fatal(err)
			}
			holds(false, "before the claim")
			tx, err := h.pool.Begin(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			defer rollback(t.Context(), tx)
			if _, err := h.newLoad(h.run(o, header)).claim(t.Context(), tx); err != nil {
				t.Fatal(err)
			}
			holds(true, "after the claim")
			rollback(t.Context(), tx)
			holds(false, "after the loader's death")
		})
	}
}

// R3, R4: a loader that froze inside its transaction, or whose host was lost, loses it after a while.
func TestTimeLimitsFollowTheDeadline(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	tx, err := h.pool.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer rollback(t.Context(), tx)
	ctx, cancel := context.WithTimeout(t.Context(), claimWait)
	defer cancel()
	if _, err := h.newLoad(h.run(object("a.csv"), header)).claim(ctx, tx); err != nil {
		t.Fatal(err)
	}
	var right bool
	err = tx.QueryRow(t.Context(), `select current_setting('statement_timeout')::interval between '1s' and '5s'
		and current_setting('lock_timeout')::interval = '60s' and current_setting('idle_in_transaction_session_timeout')::interval = '60s'
		and current_setting('tcp_keepalives_idle')::int + current_setting('tcp_keepalives_interval')::int * current_setting('tcp_keepalives_count')::int = 60`).Scan(&right)
	if err != nil || !right {
		t.Errorf("limits are right: %t, %v", right, err)
	}
}
