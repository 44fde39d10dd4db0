package crash

import (
	"encoding/json"
	"maps"

	"eventdrop/functions/internal/campaign"
)

// keepTables keeps the tables as they are now; restoreTables puts them back. Few rows are deleted faster than tables are truncated.
const (
	keepTables = `
		create table kept_objects as table objects; create table kept_receipts as table receipts; create table kept_events as table events;
		create table kept_rejected as table rejected_rows; create table kept_quality as table quality_counts;
		create table kept_drift as table drift_entries`
	restoreTables = `
		delete from drift_entries; delete from quality_counts; delete from rejected_rows; delete from receipts; delete from events; delete from objects;
		insert into objects overriding system value table kept_objects; insert into receipts table kept_receipts;
		insert into events table kept_events; insert into rejected_rows table kept_rejected; insert into quality_counts table kept_quality;
		insert into drift_entries table kept_drift`
)

// putBack makes the tables what they were before the program ran.
func (s *scene) putBack() {
	s.t.Helper()
	s.exec(restoreTables)
}

// hashEvents makes a view of the events, each with a hash of all that it is but for its object's number.
func (s *scene) hashEvents() {
	s.t.Helper()
	columns := s.Value(`select string_agg(quote_ident(column_name), ', ') from information_schema.columns
		where table_schema = current_schema() and table_name = 'events' and column_name <> 'object_id'`)
	s.exec("create view hashed_events as select event_id, object_id, hash_record_extended(row(" + columns + "), 0) as hash from events")
}

// visible is what can be seen of each object: its state where it is settled, its receipts, its rows.
type visible map[string]string

const visibleState = `
	select coalesce(jsonb_object_agg(name, content) filter (where content <> ''), '{}') from (
		select concat_ws(' ', o.key, o.version_id, o.drop_number) as name, concat_ws('; ',
			case when o.state in ('loaded', 'parked') then o.state end,
			(select string_agg(concat_ws(' ', kind, state, rows_read, inserted, updated, stale, duplicate, rejected), ', ' order by finished_at)
				from receipts r where r.object_id = o.object_id),
			(select concat_ws(' ', count(*), 'events', sum(hash)) from hashed_events e where e.object_id = o.object_id having count(*) > 0),
			(select 'rejects ' || md5(string_agg(concat_ws(' ', line_no, reason, raw, resolved_at is null), '' order by line_no))
				from rejected_rows q where q.object_id = o.object_id),
			(select 'quality ' || md5(string_agg(concat_ws(' ', rule, column_name, count), '' order by rule, column_name))
				from quality_counts q where q.object_id = o.object_id)) as content
		from objects o) each_object`

// settledState is what the ledger and the quarantine say of all objects, whatever runs it took. Superseded drops
// have no rows, and how many are known and under which numbers depends on who came first.
const settledState = `
	select string_agg(concat_ws(' ', o.key, o.version_id, o.drop_number, o.state, o.reason, o.open_attempts = 0,
		(select 'rejects ' || md5(string_agg(concat_ws(' ', line_no, reason, raw, resolved_at is null), '' order by line_no))
			from rejected_rows q where q.object_id = o.object_id),
		(select 'quality ' || md5(string_agg(concat_ws(' ', rule, column_name, count), '' order by rule, column_name))
			from quality_counts q where q.object_id = o.object_id)), e'\n' order by o.key, o.version_id, o.drop_number)
	from objects o where o.state <> 'superseded'`

func (s *scene) look() visible {
	s.t.Helper()
	var seen visible
	if err := json.Unmarshal([]byte(s.Value(visibleState)), &seen); err != nil {
		s.t.Fatal(err)
	}
	return seen
}

// whole reports whether what is seen is what was there before or what is there after the run, and nothing
// between: of all objects together, or, where they are independent, of each.
func (s *scene) whole(seen visible) bool {
	if !s.independent {
		return maps.Equal(seen, s.before) || maps.Equal(seen, s.after)
	}
	names := maps.Clone(seen)
	maps.Copy(names, s.before)
	maps.Copy(names, s.after)
	for name := range names {
		if seen[name] != s.before[name] && seen[name] != s.after[name] {
			return false
		}
	}
	return true
}

// differences compares the events, row by row and recency included, with those of an undisturbed run.
func (s *scene) differences() (d campaign.Differences) {
	s.t.Helper()
	err := s.DB.Pool.QueryRow(s.t.Context(), `
		select count(*) filter (where live.hash is null), count(*) filter (where expected.hash is null), count(*) filter (where live.hash <> expected.hash)
		from hashed_events live full join expected_events expected using (event_id)`).Scan(&d.Lost, &d.Doubled, &d.Wrong)
	if err != nil {
		s.t.Fatal(err)
	}
	return d
}
