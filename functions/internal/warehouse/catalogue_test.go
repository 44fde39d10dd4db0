package warehouse

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"eventdrop/functions/internal/dropzone"
)

// P18: a temporary table for each object would leave a row in several catalogues each time. There is one for each
// connection, however many objects it loads.
func TestLargeObjectsLeaveTheCatalogueAsItWas(t *testing.T) {
	t.Parallel()
	h := newHarnessAt(t, elsewhere(t), nil) // a database of its own, in which nobody else makes tables
	h.await(`not exists (select from pg_stat_activity
		where datname = current_database() and backend_type = 'client backend' and pid <> pg_backend_pid())`) // the migrating session tells its statistics at its end
	const loads = 60
	large := header + strings.Repeat(view(id1, "u"), smallRows+1)
	load := func(n int) {
		for i := range n {
			o := object(fmt.Sprint(n, "-", i, ".csv"))
			o.LastModified = o.LastModified.Add(time.Duration(i) * time.Second)
			h.load(o, large)
		}
	}
	load(1)
	const grown = `select string_agg(c || ' ' || pg_relation_size(c::regclass) || ' ' || coalesce(pg_stat_get_tuples_inserted(c::regclass), 0), ', ')
		from unnest(array['pg_catalog.pg_class', 'pg_catalog.pg_attribute', 'pg_catalog.pg_type', 'pg_catalog.pg_depend']) c`
	h.flushStatistics()
	before := h.value(grown)
	load(loads)
	h.flushStatistics()
	h.expect(before, grown) // to the row: a table for each load would show after the first
	h.expect("1", "select count(*) from pg_class where relname like 'stage\\_%' and relpersistence = 't'")
	h.expect(strconv.Itoa(loads+1), "select count(*) from objects where state = 'loaded'")
}

// flushStatistics has every session of the database tell what it counted.
func (h *harness) flushStatistics() {
	h.t.Helper()
	for range h.pool.Stat().TotalConns() {
		conn, err := h.pool.Acquire(h.t.Context())
		if err != nil {
			h.t.Fatal(err)
		}
		defer conn.Release()
		if _, err := conn.Exec(h.t.Context(), "select pg_stat_force_next_flush()"); err != nil {
			h.t.Fatal(err)
		}
	}
}

// I2: an object's rows and its row in the ledger become visible together, in the small path and in the large one.
func TestRowsAreVisibleExactlyWhenTheirObjectIsLoaded(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	const small, large, objects = 100, smallRows + 500, 12
	loading := make(chan error, 1)
	go func() {
		defer close(loading)
		for i := range objects {
			rows := small
			if i%2 == 1 {
				rows = large
			}
			if _, err := h.Load(t.Context(), h.run(object(fmt.Sprint(i, ".csv")), own(i, rows))); err != nil {
				loading <- err
			}
		}
	}()
	looks := 0
	for open := true; open; looks++ {
		var err error
		select {
		case err, open = <-loading:
		default:
		}
		if err != nil {
			t.Fatal(err)
		}
		h.expect("0", fmt.Sprintf(`select count(*) from objects o full join (select object_id, count(*) as rows from events group by object_id) e
			using (object_id) where o.state is distinct from 'loaded' or e.rows is null or e.rows not in (%d, %d)`, small, large))
	}
	h.expect(strconv.Itoa(objects/2*(small+large)), "select count(*) from events")
	if looks < objects {
		t.Errorf("only %d looks at %d loads", looks, objects)
	}
}

// own is an object of so many events that no other object has.
func own(number, rows int) string {
	csv := []byte(header)
	for row := range rows {
		csv = fmt.Appendf(csv, "%08x-1111-4111-8111-%012x,view,2026-11-23T09:00:00Z,u,p1,,,\n", number, row)
	}
	return string(csv)
}

// watchRecency has the database refuse an update that takes an event to a lower recency, or leaves it where it is.
const watchRecency = `create function recency_fell() returns trigger language plpgsql as $$ begin
	if (new.recency_at, new.object_modified, new.source_hash, new.drop_order, new.line_no, new.revision)
		<= (old.recency_at, old.object_modified, old.source_hash, old.drop_order, old.line_no, old.revision) then
		raise exception 'the recency of an event fell';
	end if;
	return new;
end $$;
create trigger recency_never_falls before update on events for each row execute function recency_fell()`

// I7
func TestTheRecencyOfAnEventNeverFalls(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.exec(watchRecency)
	objects, csvs, _ := overlapping(12)
	for round := range 3 {
		for i := range objects {
			at := (i*5 + round*7) % len(objects)
			if round == 2 {
				h.replay(objects[at], csvs[at])
				continue
			}
			h.load(objects[at], csvs[at])
		}
	}
	if h.value("select sum(updated) > 0 from receipts") != "true" {
		t.Error("nothing was ever updated: the watch saw nothing")
	}
	if _, err := h.db.Pool.Exec(t.Context(), "update events set line_no = line_no - 1"); err == nil {
		t.Error("the watch sleeps")
	}
	var none dropzone.Books
	if r := h.load(objects[0], csvs[0]); !r.Already || r.Books != none {
		t.Errorf("again: %+v", r)
	}
}
