package warehouse

import (
	"bytes"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"eventdrop/functions/internal/contract"
	"eventdrop/functions/internal/dropzone"
	"eventdrop/functions/internal/migrations"
	"eventdrop/functions/internal/pgtest"
)

// P15: PostgreSQL keeps microseconds. What is finer must not decide in one place and be lost in another.
func TestNothingFinerThanAMicrosecondDecides(t *testing.T) {
	t.Parallel()
	at := func(fraction, user string) string {
		return header + id1 + ",view,2026-11-23T09:00:00." + fraction + "Z," + user + ",p1,,,\n"
	}
	older, newer := drop("older.csv", "a", 1), drop("newer.csv", "b", 2)
	csvs := map[string]string{older.Key: at("123456900", "older"), newer.Key: at("123456100", "newer")}
	for name, order := range map[string][]dropzone.Object{"in order": {older, newer}, "reversed": {newer, older}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHarnessFor(t, func(c *contract.Contract) { c.Recency = "event_time" })
			for _, o := range order {
				h.load(o, csvs[o.Key])
			}
			h.expect("newer 123456", "select user_id || ' ' || to_char(recency_at, 'US') from events")
			h.books()
		})
	}
}

// O11: an object that the store dates back is older, the same everywhere: no order of arrival makes another table of it.
func TestAStoreWhoseClockJumpsBackGivesOneTableAllTheSame(t *testing.T) {
	t.Parallel()
	before, after := object("before.csv"), object("after.csv")
	after.LastModified = after.LastModified.Add(-time.Hour)
	again := drop("replaced.csv", "b", 0) // replaces "a" with an earlier time: the drop number cannot help, the time decides first
	for name, order := range map[string][]dropzone.Object{"as dropped": {before, after}, "reversed": {after, before}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHarness(t)
			for _, o := range order {
				h.load(o, header+view(id1, o.Key))
			}
			h.expect("before.csv", "select user_id from events")
			h.load(drop("replaced.csv", "a", 30), header+view(id2, "a"))
			h.load(again, header+view(id2, "b"))
			h.load(again, header+view(id2, "b"))
			h.expect("a 2", "select user_id || ' ' || (select count(*) from objects where key = 'replaced.csv') from events where event_id = $1", id2)
			h.books()
		})
	}
}

// identified makes the key a text, which PostgreSQL could sort by the rules of a language.
func identified(c *contract.Contract) {
	c.Table = "orders"
	c.Columns[c.ColumnIndex("event_id")].TypeID = contract.TypeName(dropzone.Identifier)
}

// elsewhere is a schema in a database whose texts are sorted by the rules of a language.
func elsewhere(t *testing.T) pgtest.DB {
	t.Helper()
	db := pgtest.New(t)
	locale := `locale_provider icu icu_locale 'de-DE'`
	if (&harness{t: t, db: db}).value("exists (select from pg_collation where collprovider = 'i')") != "true" {
		locale = `lc_collate 'C.UTF-8'`
		t.Log("this PostgreSQL was built without ICU: the collation differs in name only")
	}
	name := pgx.Identifier{db.Schema}.Sanitize()
	if _, err := db.Pool.Exec(t.Context(), "create database "+name+" template template0 encoding 'UTF8' "+locale); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if _, err := db.Pool.Exec(t.Context(), "drop database "+name+" with (force)"); err != nil && t.Context().Err() == nil {
			t.Error(err)
		}
	})
	address, err := url.Parse(db.URL)
	if err != nil {
		t.Fatal(err)
	}
	address.Path = "/" + db.Schema
	if _, err := migrations.Up(t.Context(), address.String(), "eventdrop"); err != nil {
		t.Fatal(err)
	}
	return pgtest.At(t, address.String(), "eventdrop")
}

// P14: keys sort by their bytes, in every database, so that locks are taken in one order everywhere.
func TestTextsSortByTheirBytesWhateverTheDatabasesLanguage(t *testing.T) {
	t.Parallel()
	c, err := contract.Default()
	if err != nil {
		t.Fatal(err)
	}
	identified(c)
	db := elsewhere(t)
	ddl, err := CreateTable(c, db.Schema)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Pool.Exec(t.Context(), ddl); err != nil {
		t.Fatal(err)
	}
	h := newHarnessAt(t, db, identified)
	keys := []string{"a", "B", "ä", "z", "Z", "_", "-1", "1", "10", "9", "ß", "e\u0301", "é"}
	var csv strings.Builder
	for _, key := range keys {
		csv.WriteString(view(key, "u"))
	}
	for _, name := range []string{"a.csv", "B.csv", "ä.csv"} {
		o := object(name)
		h.load(o, header+csv.String())
	}
	slices.SortFunc(keys, func(a, b string) int { return bytes.Compare([]byte(a), []byte(b)) })
	h.expect(strings.Join(keys, " "), "select string_agg(event_id, ' ' order by event_id) from orders")
	h.expect("B.csv a.csv ä.csv", "select string_agg(key, ' ' order by key) from objects")
	h.expect("0", `select count(*) from pg_attribute where attrelid in ('orders'::regclass, 'events'::regclass) and attcollation <> 0
		and attname in ('recency_at', 'object_modified', 'source_hash', 'drop_order', 'line_no', 'revision')`)
	// The rows were written sorted: concurrent merges meet their locks in this order.
	h.expect(strings.Join(keys, " "), "select string_agg(event_id, ' ' order by ctid) from orders")
}

// K6: an old and a new program load side by side. Who loads an object first must not decide whose row wins.
func TestTwoRevisionsOfAContractLoadSideBySide(t *testing.T) {
	t.Parallel()
	objects, csvs, oracle := overlapping(18)
	old := newHarness(t)
	next := newHarnessAt(t, old.db, func(c *contract.Contract) { c.Revision = 2 })
	errs := make(chan error)
	for _, h := range []*harness{old, next} {
		go func() {
			for i := range objects {
				if h == next {
					i = len(objects) - 1 - i
				}
				if _, err := h.Load(t.Context(), h.run(objects[i], csvs[i])); err != nil {
					errs <- fmt.Errorf("%s: %w", objects[i], err)
					return
				}
			}
			errs <- nil
		}()
	}
	for range 2 {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
	for key, user := range oracle {
		old.expect(user, "select user_id from events where event_id = $1", key)
	}
	old.expect("18/18", "select count(*) || '/' || count(distinct object_id) from receipts")
	old.books()
	// Once all runs under the new revision, nothing tells any more who loaded what.
	for i := range objects {
		next.replay(objects[i], csvs[i])
	}
	next.expect("10", "select count(*) from events where revision = 2")
	next.books()
}
