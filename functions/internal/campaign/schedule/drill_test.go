package schedule

import (
	"testing"

	"eventdrop/functions/internal/campaign"
	"eventdrop/functions/internal/campaign/model"
)

// 0 in n: the table is a function of what is in the bucket, and can be rebuilt from it.
func TestSchedulesOnPostgreSQL(t *testing.T) { //nolint:paralleltest // it restarts the server, and rapid takes its orders from flags
	d := campaign.New(t, "schedules on real PostgreSQL", 500)
	d.Expect("crash", "cut before", "cut after", "overwritten meanwhile", "store failed", "superseded", "gone", "parked", "busy twin", "replay",
		"redrive", "delivered again", "another drop of a key", "revision raised", "sessions ended", "database restarted", "rebuild")
	model.Check(t, d, newSubject(t, &memory{}).property(d))
}

func (s *subject) property(d *campaign.Drill) func(*model.Schedule) model.Verdict {
	return func(schedule *model.Schedule) model.Verdict {
		verdict := s.live(schedule)
		for fault := range s.reached {
			d.Reached(fault)
		}
		return verdict
	}
}
