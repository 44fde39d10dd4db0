package ingest

import (
	"cmp"
	"context"
	"fmt"
	"sync"
	"time"

	"golang.org/x/sync/semaphore"

	"eventdrop/functions/internal/dropzone"
)

const (
	// From here on an attempt is noted before the object is read: it leaves a trace of an object that may kill its loader.
	largeObject  = 8 << 20
	suspectFrom  = 2 // attempts without any outcome, from which on it is loaded alone
	diedTooOften = 5 // attempts without any outcome, from which on it is parked
)

// aloneTime bounds how long a suspect waits to be alone, and how long it is: the others must not wait for it for ever. Suspects
// are never side by side, however long one takes: its death would be blamed on all of them, each time anew.
const aloneTime = 30 * time.Second

// everyone is more objects than are ever loaded side by side.
const everyone = 1 << 20

// Apart keeps a suspect, an object whose loader died more than once, apart from other objects whose attempt is
// noted: if the loader dies again, none of them shares the blame. Its zero value is ready for use.
type Apart struct {
	once     sync.Once
	places   *semaphore.Weighted
	suspects *semaphore.Weighted // for one: whoever waits here stands in nobody's way
}

// enter notes the attempt of an object that may kill its loader, apart from suspects: whoever waits for one is not noted yet, and
// whoever is noted stays inside until its outcome is recorded, so that none shares the blame for a death. Objects whose
// attempt is not noted cannot be blamed: they are never kept waiting.
func (p *Pipeline) enter(ctx context.Context, o dropzone.Object, order *Order) error {
	byHand := order.Kind != dropzone.Load && order.Kind != ""
	if order.noted || order.DryRun || byHand || !order.Again && o.Size < largeObject {
		return nil
	}
	suspect, err := p.suspect(ctx, o)
	if err != nil {
		return err
	}
	leave, err := p.Apart.enter(ctx, suspect)
	if err != nil {
		return err
	}
	if err := p.Ledger.NoteAttempt(ctx, o); err != nil {
		leave()
		return err
	}
	order.noted, order.leave = true, leave
	return nil
}

// suspect reports whether the loaders of an object died more than once. The attempt of one that is at work counts, too: what
// another loader holds is none before that one is done, and must keep nobody waiting. The error then is dropzone.ErrBusy.
func (p *Pipeline) suspect(ctx context.Context, o dropzone.Object) (bool, error) {
	died, err := p.Ledger.Died(ctx, []dropzone.Object{o})
	if err != nil || died[0] < suspectFrom {
		return false, err
	}
	held, err := p.Ledger.Held(ctx, o)
	switch {
	case err != nil:
		return false, err
	case held:
		return false, fmt.Errorf("%w, another loader has it", dropzone.ErrBusy)
	case died[0] >= diedTooOften:
		return false, &dropzone.UnreadableError{
			Reason: dropzone.LoaderDied,
			Hint:   fmt.Sprintf("%d attempts ended without any outcome, as when memory runs out: give the loader more of it, then replay the object", died[0]),
		}
	}
	return true, nil
}

// enter takes a place; leave gives it up. Where another suspect takes too long, the error of a suspect is dropzone.ErrBusy.
func (a *Apart) enter(ctx context.Context, suspect bool) (leave func(), err error) {
	a.once.Do(func() { a.places, a.suspects = semaphore.NewWeighted(everyone), semaphore.NewWeighted(1) })
	if !suspect {
		return a.beside(ctx)
	}
	wait, cancel := context.WithTimeout(ctx, aloneTime)
	defer cancel()
	if a.suspects.Acquire(wait, 1) != nil {
		return nil, cmp.Or(context.Cause(ctx), fmt.Errorf("%w: another one whose loader died comes first", dropzone.ErrBusy))
	}
	place := a.alone(ctx)
	if place == nil {
		place, err = a.beside(ctx)
	}
	if err != nil {
		a.suspects.Release(1)
		return nil, err
	}
	return func() {
		place()
		a.suspects.Release(1)
	}, nil
}

// beside takes one place.
func (a *Apart) beside(ctx context.Context) (leave func(), err error) {
	if err := a.places.Acquire(ctx, 1); err != nil {
		return nil, context.Cause(ctx) //nolint:wrapcheck // whoever ended the context says why
	}
	return func() { a.places.Release(1) }, nil
}

// alone takes all places, and gives all but one back after a while. It returns nil where the others do not leave in time.
func (a *Apart) alone(ctx context.Context) (leave func()) {
	wait, cancel := context.WithTimeout(ctx, aloneTime)
	defer cancel()
	if a.places.Acquire(wait, everyone) != nil {
		return nil
	}
	shared := time.AfterFunc(aloneTime, func() { a.places.Release(everyone - 1) })
	return func() {
		if shared.Stop() {
			a.places.Release(everyone)
		} else {
			a.places.Release(1)
		}
	}
}
