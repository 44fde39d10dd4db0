package schedule

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"eventdrop/functions/internal/campaign/model"
	"eventdrop/functions/internal/clean"
	"eventdrop/functions/internal/ingest"
	"eventdrop/functions/internal/pgtest"
)

// names are the keys of the universe's events as the table has them.
type names struct{ events map[string]int }

// learnNames loads every record without an id that there is, and reads what keys it was given.
func learnNames(t *testing.T, cleaners map[terms]*clean.Cleaner) *names {
	t.Helper()
	n := &names{events: map[string]int{}}
	for id := uint8(1); id <= model.IDs; id++ {
		n.events[eventID(id)] = model.EventKey(model.Row{ID: id}, 0)
	}
	var body model.Body
	var keys []int
	model.EachDerived(func(r model.Row, occurrence int) {
		body.Rows = append(body.Rows, r)
		keys = append(keys, model.EventKey(r, occurrence))
	})
	m := &memory{}
	db := pgtest.New(t)
	l := newLoaders(t, db.LoaderURL, db.Schema, m, cleaners).under(terms{revision: 2})
	var life model.Life
	life.Run(&model.Schedule{Bodies: []model.Body{body}, Steps: []model.Step{{Action: model.Put}}}, &subject{store: m})
	m.begin(&life, "")
	if receipt, err := l.handle(ingest.Order{Object: m.notice(0)}); err != nil || receipt.Inserted != int64(len(keys)) {
		t.Fatalf("learn the derived keys: %+v, %v", receipt, err)
	}
	rows, err := db.Pool.Query(t.Context(), "select event_id::text, line_no from events")
	if err != nil {
		t.Fatal(err)
	}
	var name string
	var line int
	if _, err := pgx.ForEachRow(rows, []any{&name, &line}, func() error {
		n.events[name] = keys[line-2]
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return n
}

// tables is what can be seen of one schema at rest.
type tables struct {
	claims []model.Claim
	events model.Table
	states map[string]int
	faults []string // invariants that are broken
}

const (
	selectClaims = `
		select o.version_id, o.etag, o.key, o.last_modified, o.drop_number, o.state = 'parked', coalesce(o.reason, ''),
			coalesce(max(r.revision) filter (where r.kind <> 'redrive' or r.output_hash is not null), 0),
			coalesce(max(r.revision) filter (where r.kind = 'redrive' and r.output_hash is null), 0),
			array(select line_no from rejected_rows q where q.object_id = o.object_id and resolved_at is null)
		from objects o left join receipts r using (object_id)
		where o.state in ('loaded', 'parked')
		group by o.object_id`
	selectEvents = `
		select event_id::text, event_time, user_id, quantity = ` + fixable + `, recency_at, object_modified, source_hash, drop_order, line_no, revision
		from events`
	selectStates = `select state, count(*) from objects group by state`
	// Each query must answer 0.
	selectBooks = `
		select 'the receipts'' inserted rows are the table', abs((select coalesce(sum(inserted), 0) from receipts) - (select count(*) from events))
		union all select 'every row comes from a loaded object, of its last-modified', count(*) from events e
			where not exists (select from objects o where o.object_id = e.object_id and o.state = 'loaded' and o.last_modified = e.object_modified)
		union all select 'a settled object has a receipt of its state', count(*) from objects o
			where o.state in ('loaded', 'parked') and not exists (select from receipts r where r.object_id = o.object_id and r.state = o.state)
		union all select 'an object is loaded once, and again only on purpose', count(*) from (select from receipts
			where kind = 'load' and state = 'loaded' group by object_id having count(*) > 1) d
		union all select 'failed objects are settled at last', count(*) from objects where state = 'failed'
		union all select 'no attempt is left open', count(*) from objects where open_attempts > 0 and state in ('loaded', 'parked') and reason is distinct from 'loader_died'`
	selectOpen = `select count(*) from pg_stat_activity where starts_with(application_name, current_schema) and state <> 'idle' and pid <> pg_backend_pid()`
)

// look reads a schema in one go.
func (s *subject) look(ctx context.Context, db pgtest.DB) (*tables, error) {
	seen := &tables{states: map[string]int{}}
	if err := awaitEndOfTransactions(ctx, db); err != nil {
		seen.faults = append(seen.faults, err.Error())
	}
	batch := &pgx.Batch{}
	batch.Queue(selectClaims).Query(s.readClaims(seen))
	batch.Queue(selectEvents).Query(s.readEvents(seen))
	batch.Queue(selectStates).Query(func(rows pgx.Rows) error {
		var state string
		var n int
		_, err := pgx.ForEachRow(rows, []any{&state, &n}, func() error { seen.states[state] = n; return nil })
		return err
	})
	batch.Queue(selectBooks).Query(func(rows pgx.Rows) error {
		var name string
		var n int
		_, err := pgx.ForEachRow(rows, []any{&name, &n}, func() error {
			if n != 0 {
				seen.faults = append(seen.faults, fmt.Sprintf("%s: broken %d times", name, n))
			}
			return nil
		})
		return err
	})
	return seen, db.Pool.SendBatch(ctx, batch).Close()
}

// awaitEndOfTransactions gives PostgreSQL the moment that it needs to hear of a loader's death: until then the dead one's
// session is idle in its transaction.
func awaitEndOfTransactions(ctx context.Context, db pgtest.DB) error {
	const patience = time.Minute
	for began := time.Now(); ; {
		var open int
		if err := db.Pool.QueryRow(ctx, selectOpen).Scan(&open); err != nil || open == 0 {
			return err //nolint:wrapcheck // the test prints it
		}
		if time.Since(began) > patience {
			return fmt.Errorf("%d sessions are idle in a transaction", open)
		}
	}
}

func (s *subject) readClaims(seen *tables) func(pgx.Rows) error {
	return func(rows pgx.Rows) error {
		var version, etag, key, reason string
		var modified time.Time
		var lines []int64
		var c model.Claim
		_, err := pgx.ForEachRow(rows, []any{
			&version, &etag, &key, &modified, &c.Number, &c.Parked, &reason, &c.Loaded, &c.Rows, &lines,
		}, func() error {
			c.Drop, c.Body = s.store.identify(version, etag)
			c.Key, c.Second = strings.TrimPrefix(key, s.prefix)[0]-'a', s.second(modified)
			c.Quarantined = 0
			for _, line := range lines {
				c.Quarantined |= 1 << (line - 2)
			}
			seen.claims = append(seen.claims, c)
			return nil
		})
		return err
	}
}

func (s *subject) second(t time.Time) int32 { return int32(t.Sub(s.store.base()) / time.Second) }

func (s *subject) readEvents(seen *tables) func(pgx.Rows) error {
	return func(rows pgx.Rows) error {
		var name, user string
		var at, recency, modified time.Time
		var isFixable bool
		var e model.Event
		_, err := pgx.ForEachRow(rows, []any{
			&name, &at, &user, &isFixable, &recency, &modified, &e.Source, &e.Drop, &e.Line, &e.Revision,
		}, func() error {
			key, known := s.names.events[name]
			if !known {
				return fmt.Errorf("nobody knows the event %s", name)
			}
			e.Present, e.Time, e.Value = true, uint8(at.Sub(eventBase)/time.Second), user[1]-'0'
			e.Fault = model.Sound
			if isFixable {
				e.Fault = model.Fixable
			}
			e.Modified, e.Line = s.second(modified), e.Line-2
			e.At = s.second(recency)
			if s.life.ByEventTime {
				e.At = int32(recency.Sub(eventBase) / time.Second)
			}
			seen.events[key] = e
			return nil
		})
		return err
	}
}
