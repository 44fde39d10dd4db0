package model

import (
	"testing"

	"eventdrop/functions/internal/campaign"
)

// 0 in n: no schedule ends in another table than the bucket's.
func TestSchedulesOnThePureModel(t *testing.T) { //nolint:paralleltest // rapid takes its orders from flags
	d := campaign.New(t, "schedules on the pure model", 100_000)
	d.Expect(faultNames()...)
	Check(t, d, newSystem().life(d))
}

func newSystem() *system { return &system{Life: &Life{}, sources: Sources("shop", "")} }

// life is one schedule's way, as a property.
func (s *system) life(d *campaign.Drill) func(*Schedule) Verdict {
	names := faultNames()
	return func(schedule *Schedule) Verdict {
		verdict := s.live(schedule)
		for i, name := range names {
			if s.reached&(1<<i) != 0 {
				d.Reached(name)
			}
		}
		return verdict
	}
}
