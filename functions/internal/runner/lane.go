package runner

import (
	"sync"
	"time"
)

// patience is how long a load may take before it gives way to the next one.
const patience = 500 * time.Millisecond

// lane keeps a slow load from holding up those behind it: after a while it goes on in a spare place, if
// there is one. So a store that trickles, or an object that another loader holds, costs the others little.
type lane struct {
	spare chan struct{}
	loads *sync.WaitGroup
}

func newLane(spare int, loads *sync.WaitGroup) *lane {
	return &lane{spare: make(chan struct{}, spare), loads: loads}
}

// lanes are a runner's two: what failed before may be slow once more, and must hold up neither notices nor what a
// reconcile finds.
type lanes struct{ first, second *lane }

func newLanes(workers int, loads *sync.WaitGroup) lanes {
	return lanes{first: newLane(2*workers, loads), second: newLane(workers, loads)}
}

func (l *lane) stats() LaneStats { return LaneStats{Slow: len(l.spare), Spares: cap(l.spare)} }

// load returns when a load has ended, with its errors, or when it goes on in a spare place.
func (l *lane) load(load func() []error) []error {
	ended := make(chan []error, 1)
	l.loads.Go(func() { ended <- load() })
	slow := time.NewTimer(patience)
	defer slow.Stop()
	select {
	case errs := <-ended:
		return errs
	case <-slow.C:
	}
	select {
	case errs := <-ended:
		return errs
	case l.spare <- struct{}{}:
		l.loads.Go(func() {
			<-ended // its errors are logged, and the ledger knows when to try again
			<-l.spare
		})
		return nil
	}
}
