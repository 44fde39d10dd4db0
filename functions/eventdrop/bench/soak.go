package bench

import (
	"context"
	"errors"
	"fmt"
	"time"

	"eventdrop/infra/embedded"
)

// soakRound is how long objects are dropped between two looks at what the pipeline has become, and soakEvery their interval. The
// shortest soak has soakRounds, and they are shorter.
const (
	soakRound  = 10 * time.Second
	soakRounds = 8
	soakEvery  = 100 * time.Millisecond
)

// soak drops objects at a steady rate for a long time, with a fault now and then, and looks whether anything grows that should not.
func soak(ctx context.Context, l *lab, r *Result) error {
	if l.minio == nil {
		return errNoNotices
	}
	p, remove, err := l.newPlace(ctx)
	if err != nil {
		return err
	}
	defer remove()
	if p.config.Profile, err = embedded.FreeAddress(ctx); err != nil {
		return err
	}
	s := &soaking{place: p, begun: time.Now(), length: min(soakRound, l.Sizes.Soak/soakRounds), faults: map[string]int{}}
	if s.supply, err = newSupply(l.Seed); err != nil {
		return err
	}
	if s.loader, err = s.start(ctx, "serve"); err != nil {
		return err
	}
	if err = s.answers(ctx); err == nil {
		err = s.live(ctx)
		s.report(r)
	}
	return errors.Join(err, s.loader.stop())
}

// soaking is a soak that goes on.
type soaking struct {
	*place
	*supply

	loader *child // the same one all the time
	begun  time.Time
	length time.Duration // of a round
	rounds []soakState
	faults map[string]int
	rows   int

	unreadable int // objects
}

// soakState is what the pipeline was like at the end of a round.
type soakState struct {
	minutes     float64 // since the beginning
	fault       string  // that fell into the round; empty: none
	p50, p99    float64 // milliseconds until rows were visible
	memory      float64 // resident, of the loader, in MiB
	goroutines  float64
	connections float64
	bytesPerRow float64 // of the table and its indexes
	dead        float64 // rows, in all tables
	catalogue   float64 // MiB of the system's tables
}

// live goes through the rounds. Every sixth has a fault in its middle, more of them where there are few rounds; nothing may be lost
// or come twice by it.
func (s *soaking) live(ctx context.Context) error {
	last := max(soakRounds, int(s.Sizes.Soak/soakRound))
	faultEvery := min(6, last/4)
	for i := range last {
		state := soakState{}
		var fault func(context.Context) error
		if i%faultEvery == faultEvery/2 && i < last-1 {
			state.fault, fault = s.nextFault()
		}
		if err := s.round(ctx, &state, fault); err != nil {
			return fmt.Errorf("after %s, fault %q: %w", time.Since(s.begun).Round(time.Second), state.fault, err)
		}
		s.rounds = append(s.rounds, state)
		if i%faultEvery == 0 {
			s.tell("soak: p50 %.1f ms, p99 %.1f ms, %.1f MiB, %.0f goroutines", state.p50, state.p99, state.memory, state.goroutines)
		}
	}
	return errors.Join(s.exactly(ctx, s.rows), s.parked(ctx))
}

// round drops objects, waits until all are visible, and looks around.
func (s *soaking) round(ctx context.Context, state *soakState, fault func(context.Context) error) error {
	drops, err := s.drops(during(s.length, soakEvery), smallRows, soakEvery)
	if err != nil {
		return err
	}
	failed := make(chan error, 1)
	if fault == nil {
		failed <- nil
	} else {
		time.AfterFunc(s.length/2, func() { failed <- fault(ctx) })
	}
	w, err := s.observe(ctx, drops, closeLook)
	if err := errors.Join(err, <-failed); err != nil {
		return err
	}
	s.rows += len(drops) * smallRows
	state.p50, state.p99 = w.latencies().at(0.5), w.latencies().at(0.99)
	return s.lookAround(ctx, state)
}
