package schedule

import (
	"fmt"
	"strings"

	"eventdrop/functions/internal/campaign"
	"eventdrop/functions/internal/campaign/model"
	"eventdrop/functions/internal/dropzone"
	"eventdrop/functions/internal/ingest"
	"eventdrop/functions/internal/pgtest"
	"eventdrop/functions/internal/reconcile"
)

// live has the pipeline live through a schedule, from empty tables.
func (s *subject) live(schedule *model.Schedule) (v model.Verdict) {
	s.server.enter()
	defer s.server.leave()
	s.number++
	s.prefix, s.complaint, s.reached = fmt.Sprintf("%s/%d/", s.db.Schema, s.number), "", map[string]bool{}
	s.empty(s.db)
	s.store.begin(&s.life, s.prefix)
	s.life.Run(schedule, s)
	s.rest(s.loader(), s.db)
	s.store.finish()
	seen, err := s.look(s.t.Context(), s.db)
	if err != nil {
		s.t.Fatal(err)
	}
	s.meetStates(seen)
	sources := model.Sources(s.store.bucket(), s.prefix)
	v = s.life.Judge(seen.claims, &seen.events, &sources)
	if len(seen.faults) > 0 {
		s.complain("%s", strings.Join(seen.faults, "\n"))
	}
	if v.Complaint == "" {
		v.Complaint = s.complaint
	} else if s.complaint != "" {
		v.Complaint += "\n" + s.complaint
	}
	if v.Complaint == "" && schedule.Versioned && s.life.Revision == 1 {
		v = s.compareRebuild(seen)
	}
	return v
}

// rest reconciles until nothing is missing and nothing waits.
func (s *subject) rest(l *loader, db pgtest.DB) {
	var err error
	for range 10 {
		var report reconcile.Report
		report, err = l.reconcile(s.prefix, 1, func(dropzone.Receipt) {})
		if err == nil && report.Missing+report.Due == 0 && !s.revive(l) && !s.letTimePass(db) {
			return
		}
	}
	s.complain("ten reconciles did not settle everything: %v", err)
}

// letTimePass lets the pauses of failed objects end, and reports whether there were any. One is left when the note of an
// attempt is committed after its loader has died, and after the next one has made due what dead ones left.
func (s *subject) letTimePass(db pgtest.DB) (some bool) {
	tag, err := db.Pool.Exec(s.t.Context(), `update objects set next_attempt_at = clock_timestamp() where state = 'failed'
		and next_attempt_at <= clock_timestamp() + interval '15 minutes'`)
	if err != nil {
		s.complain("let time pass: %v", err)
		return false
	}
	if some = tag.RowsAffected() > 0; some {
		s.meet("waited for a retry")
	}
	return some
}

// revive replays, as the hint says, what was parked because its loaders died.
func (s *subject) revive(l *loader) (some bool) {
	if s.life.Crashes < 5 {
		return false
	}
	var o dropzone.Object
	err := s.db.Pool.QueryRow(s.t.Context(), "select bucket, key, version_id from objects where reason = 'loader_died' limit 1").
		Scan(&o.Bucket, &o.Key, &o.VersionID)
	if err != nil {
		return false
	}
	s.meet("loader died")
	if _, err := l.handle(ingest.Order{Object: o, Kind: dropzone.Replay}); err != nil {
		s.complain("replay what killed its loaders: %v", err)
	}
	return true
}

func (s *subject) meetStates(seen *tables) {
	for state := range seen.states {
		if state != "loaded" {
			s.reached[state] = true
		}
	}
	for _, c := range seen.claims {
		if c.Number > 1 {
			s.reached["another drop of a key"] = true
		}
	}
}

// empty takes everything out of the tables. They are truncated now and then, which takes longer, but leaves no dead rows.
func (s *subject) empty(db pgtest.DB) {
	const all = "delete from rejected_rows; delete from quality_counts; delete from drift_entries; delete from receipts; delete from events; delete from objects"
	sql := all
	if s.number%100 == 0 {
		sql = "truncate objects, receipts, rejected_rows, quality_counts, drift_entries, events"
	}
	if _, err := db.Pool.Exec(s.t.Context(), sql); err != nil {
		s.t.Fatal(err)
	}
}

// rebuild is an empty schema beside the one that lives.
type rebuild struct {
	db      pgtest.DB
	loaders *loaders
}

// compareRebuild loads the bucket into empty tables, which must end as those that lived through the schedule.
func (s *subject) compareRebuild(lived *tables) (v model.Verdict) {
	s.empty(s.rebuild.db)
	s.rest(s.rebuild.loaders.under(terms{s.life.ByEventTime, 1}), s.rebuild.db)
	s.reached["rebuild"] = true
	rebuilt, err := s.look(s.t.Context(), s.rebuild.db)
	if err != nil {
		s.t.Fatal(err)
	}
	if s.complaint != "" {
		v.Complaint = "rebuild: " + s.complaint
	}
	for key := range lived.events {
		got, want := lived.events[key], rebuilt.events[key]
		if got == want {
			continue
		}
		v.Complaint = fmt.Sprintf("event %d lived as %+v, and was rebuilt as %+v", key, got, want)
		v.Differences = v.Add(difference(got, want))
	}
	return v
}

func difference(got, want model.Event) campaign.Differences {
	switch {
	case !got.Present:
		return campaign.Differences{Lost: 1}
	case !want.Present:
		return campaign.Differences{Doubled: 1}
	}
	return campaign.Differences{Wrong: 1}
}
