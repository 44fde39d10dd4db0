package ingest

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"eventdrop/functions/internal/dropzone"
)

// since enters and returns how long that took.
func since(t *testing.T, a *Apart, suspect bool) (leave func(), waited time.Duration) {
	t.Helper()
	begin := time.Now()
	leave, err := a.enter(t.Context(), suspect)
	if err != nil {
		t.Fatal(err)
	}
	return leave, time.Since(begin)
}

func TestASuspectIsAloneButNotForEver(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var a Apart
		leave, _ := since(t, &a, true)
		other, waited := since(t, &a, false)
		if waited != aloneTime {
			t.Errorf("the other waited %s for a suspect that takes long, want %s", waited, aloneTime)
		}
		leave()
		other()
		leave, waited = since(t, &a, true)
		if waited != 0 {
			t.Errorf("places were lost: the next suspect waited %s", waited)
		}
		go func() {
			<-time.After(time.Second)
			leave()
		}()
		other, waited = since(t, &a, false)
		if waited != time.Second {
			t.Errorf("the other waited %s for a suspect that took a second", waited)
		}
		other()
	})
}

func TestASuspectDoesNotWaitForEverEither(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var a Apart
		slow, _ := since(t, &a, false)
		leave, waited := since(t, &a, true)
		if waited != aloneTime {
			t.Errorf("it waited %s, want %s", waited, aloneTime)
		}
		slow()
		leave()
	})
}

func TestWhoWaitsForASuspectCanBeStopped(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var a Apart
		leave, _ := since(t, &a, true)
		defer leave()
		stopped := errors.New("stopped")
		ctx, cancel := context.WithCancelCause(t.Context())
		cancel(stopped)
		if _, err := a.enter(ctx, false); !errors.Is(err, stopped) {
			t.Errorf("error %v", err)
		}
	})
}

// N19: nobody counts the attempts of a small object whose notice came, so it cannot be blamed for a death.
func TestNoticesDoNotWaitForASuspect(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	leave, err := h.Apart.enter(t.Context(), true)
	if err != nil {
		t.Fatal(err)
	}
	defer leave()
	ctx, cancel := context.WithTimeout(t.Context(), aloneTime/2)
	defer cancel()
	if r, err := h.Handle(ctx, Order{Object: h.store.put("in/a.csv", "v", sound, 1)}); err != nil || r.State != dropzone.Loaded {
		t.Errorf("receipt %+v, %v", r, err)
	}
}
