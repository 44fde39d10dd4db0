package schedule

import (
	"testing"

	"eventdrop/functions/internal/campaign"
	"eventdrop/functions/internal/campaign/model"
)

// sideBySide is how many subjects live at a time, so that the processors work while some wait.
const sideBySide = 4

// I5. 0 in n: the table is a function of what is in the bucket, and can be rebuilt from it.
func TestSchedulesOnPostgreSQL(t *testing.T) { //nolint:paralleltest // it restarts the server, and rapid takes its orders from flags
	d := campaign.New(t, "schedules on real PostgreSQL", 500)
	stores := make([]store, sideBySide)
	for i := range stores {
		stores[i] = &memory{}
	}
	check(t, d, newSubjects(t, stores...))
}

// The same with objects, versions and clock of a real MinIO.
func TestSchedulesOnPostgreSQLAndMinIO(t *testing.T) { //nolint:paralleltest // as above
	d := campaign.New(t, "schedules on PostgreSQL and MinIO", 100)
	check(t, d, newSubjects(t, newRemotes(t, sideBySide)...))
}

func check(t *testing.T, d *campaign.Drill, subjects []*subject) {
	t.Helper()
	d.Expect("crash", "cut before", "cut after", "overwritten meanwhile", "store failed", "superseded", "gone", "parked", "twin", "replay",
		"redrive", "delivered again", "another drop of a key", "revision raised", "sessions ended", "database restarted", "rebuild", "put in order")
	lives := make([]func(*model.Schedule) model.Verdict, len(subjects))
	for i, s := range subjects {
		lives[i] = s.property(d)
	}
	model.Check(t, d, lives...)
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
