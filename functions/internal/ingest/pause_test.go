package ingest

import (
	"context"
	"errors"
	"net"
	"testing"

	"eventdrop/functions/internal/dropzone"
	"eventdrop/functions/internal/warehouse"
)

// pause pauses the harness's pipeline, and returns how to resume.
func (h *harness) pause() (resume func() *warehouse.Pause) {
	h.t.Helper()
	w, ok := h.Ledger.(*warehouse.Warehouse)
	if !ok {
		h.t.Fatalf("the ledger is a %T", h.Ledger)
	}
	if _, err := w.Pause(h.t.Context(), "a test"); err != nil {
		h.t.Fatal(err)
	}
	return func() *warehouse.Pause {
		p, err := w.Resume(h.t.Context())
		if err != nil {
			h.t.Fatal(err)
		}
		return p
	}
}

func TestAPauseHoldsNoticesBackAndNothingElse(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	settled := h.store.put("in/settled.csv", "v", header, 1)
	h.handle(Order{Object: settled})
	resume := h.pause()
	objects := []dropzone.Object{h.store.put("in/a.csv", "v", sound, 1), h.store.put("in/b.csv", "", sound, 1)}
	h.store.opened = 0
	for _, o := range objects {
		if r := h.handle(Order{Object: o}); !r.Held || r.State != "" || r.Already {
			t.Errorf("a notice: %+v", r)
		}
		if r, err := h.Handle(t.Context(), Order{Object: o, Again: true}); !errors.Is(err, dropzone.ErrPaused) || r.Held {
			t.Errorf("found by a reconcile: %+v, %v", r, err)
		}
	}
	if r := h.handle(Order{Object: settled}); !r.Already || r.Held {
		t.Errorf("a settled version: %+v", r)
	}
	if h.store.opened != 0 {
		t.Errorf("%d objects were opened", h.store.opened)
	}
	h.expect("1", "select count(*) from objects")
	if r := h.handle(Order{Object: objects[0], ByHand: true}); r.State != dropzone.Loaded || r.Inserted != 1 {
		t.Errorf("by hand: %+v", r)
	}
	if r := h.handle(Order{Object: settled, Kind: dropzone.Replay, ByHand: true}); r.State != dropzone.Loaded {
		t.Errorf("a replay: %+v", r)
	}
	if p := resume(); p.Held != 2 {
		t.Errorf("held %d notices", p.Held)
	}
	if r := h.handle(Order{Object: objects[1]}); r.State != dropzone.Loaded {
		t.Errorf("afterwards: %+v", r)
	}
	h.books()
}

// lifted is a ledger whose pause ends just before a notice is counted.
type lifted struct {
	Ledger
	resume func() *warehouse.Pause
}

// HoldNotice comes too late.
func (l lifted) HoldNotice(ctx context.Context) (bool, error) {
	l.resume()
	return l.Ledger.HoldNotice(ctx)
}

// The reconcile of the resume may have listed the bucket before the object was there.
func TestANoticeThatMissesTheEndOfAPauseIsLoaded(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.Ledger = lifted{h.Ledger, h.pause()}
	if r := h.handle(Order{Object: h.store.put("in/a.csv", "v", sound, 1)}); r.Held || r.State != dropzone.Loaded {
		t.Errorf("receipt %+v", r)
	}
	h.expect("0", "select held from pauses")
}

// flaky is a ledger that cannot be asked at first.
type flaky struct {
	Ledger
	faults int
}

// Look fails so often.
func (f *flaky) Look(ctx context.Context, o dropzone.Object) (dropzone.Standing, error) {
	if f.faults--; f.faults >= 0 {
		return dropzone.Standing{}, &net.OpError{Op: "read", Err: errors.New("reset")}
	}
	return f.Ledger.Look(ctx, o)
}

// Whoever cannot ask whether there is a pause must not load.
func TestAPauseIsNotMissedForALostConnection(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.pause()
	o := h.store.put("in/a.csv", "v", sound, 1)
	h.Ledger = &flaky{h.Ledger, 2}
	if r := h.handle(Order{Object: o}); !r.Held {
		t.Errorf("receipt %+v", r)
	}
	h.Ledger = &flaky{h.Ledger, immediateTries}
	if r, err := h.Handle(t.Context(), Order{Object: o}); err == nil || h.store.opened != 0 {
		t.Errorf("receipt %+v, %v; opened %d", r, err, h.store.opened)
	}
}
