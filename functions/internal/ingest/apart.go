package ingest

import (
	"context"
	"sync"
	"time"

	"golang.org/x/sync/semaphore"
)

// aloneTime bounds how long a suspect waits to be alone, and how long it is: the others must not wait for it for ever.
const aloneTime = 30 * time.Second

// everyone is more objects than are ever loaded side by side.
const everyone = 1 << 20

// Apart keeps a suspect, an object whose loader died more than once, apart from other objects whose attempt is
// noted: if the loader dies again, none of them shares the blame. Its zero value is ready for use.
type Apart struct {
	once   sync.Once
	places *semaphore.Weighted
}

// enter admits an object; leave must be called when its load has ended. Objects whose attempt is not noted cannot be
// blamed: they are never kept waiting.
func (p *Pipeline) enter(ctx context.Context, order *Order) (leave func(), err error) {
	if !order.noted {
		return func() {}, nil
	}
	return p.Apart.enter(ctx, order.died >= suspectFrom)
}

func (a *Apart) enter(ctx context.Context, suspect bool) (leave func(), err error) {
	a.once.Do(func() { a.places = semaphore.NewWeighted(everyone) })
	if suspect {
		if leave := a.alone(ctx); leave != nil {
			return leave, nil
		}
	}
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
