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

// R6: two suspects, one of which takes longer than it is alone to kill its loader: the other one must never be at work then.
func TestTwoSuspectsAreNeverSideBySide(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var a Apart
		leave, _ := since(t, &a, true)
		begin := time.Now()
		second := make(chan error, 1)
		go func() {
			_, err := a.enter(t.Context(), true)
			second <- err
		}()
		other, waited := since(t, &a, false)
		if waited != aloneTime {
			t.Errorf("the other waited %s, behind a second suspect, for one that takes long, want %s", waited, aloneTime)
		}
		other()
		if err, waited := <-second, time.Since(begin); !errors.Is(err, dropzone.ErrBusy) || waited != aloneTime {
			t.Errorf("the second suspect came to %v after %s", err, waited)
		}
		leave()
		leave, waited = since(t, &a, true)
		if waited != 0 {
			t.Errorf("places were lost: the next suspect waited %s", waited)
		}
		leave()
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
		if _, err := a.enter(t.Context(), true); !errors.Is(err, dropzone.ErrBusy) {
			t.Errorf("a second suspect beside it: %v", err)
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
		stopped := errors.New("stopped")
		ctx, cancel := context.WithCancelCause(t.Context())
		cancel(stopped)
		for _, suspect := range []bool{false, true} {
			if _, err := a.enter(ctx, suspect); !errors.Is(err, stopped) {
				t.Errorf("suspect %t: error %v", suspect, err)
			}
		}
		leave()
		slow, _ := since(t, &a, false)
		ctx, cancel = context.WithCancelCause(t.Context())
		time.AfterFunc(time.Second, func() { cancel(stopped) })
		if _, err := a.enter(ctx, true); !errors.Is(err, stopped) {
			t.Errorf("a suspect that waits to be alone: error %v", err)
		}
		slow()
		leave, waited := since(t, &a, true)
		if waited != 0 {
			t.Errorf("places were lost: the next suspect waited %s", waited)
		}
		leave()
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
