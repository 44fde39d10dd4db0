package ingest

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"eventdrop/functions/internal/dropzone"
)

// held is a loader whose objects somebody else holds.
type held struct{ Loader }

// Load fails.
func (held) Load(context.Context, dropzone.Run) (dropzone.Receipt, error) {
	return dropzone.Receipt{}, fmt.Errorf("claim: %w", dropzone.ErrBusy)
}

// P6: who holds it will say how it ends.
func TestABusyObjectIsHandedBackWithoutATrace(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.Loader = held{h.Loader}
	r, err := h.Handle(t.Context(), Order{Object: h.store.put("in/a.csv", "v", sound, 1)})
	if !errors.Is(err, dropzone.ErrBusy) || r.State != dropzone.Failed {
		t.Errorf("receipt %+v, error %v", r, err)
	}
	h.expect("0", "select count(*) from objects")
}

func TestPausesAreSpreadByJitter(t *testing.T) {
	t.Parallel()
	p := &Pipeline{Jitter: func(d time.Duration) time.Duration { return d / 4 }}
	if got := p.retryDelay(1); got != time.Second {
		t.Errorf("a pause below 4 s, of which jitter takes a quarter: %s", got)
	}
}
