package warehouse

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"eventdrop/functions/internal/clean"
	"eventdrop/functions/internal/contract"
	"eventdrop/functions/internal/csvfile"
	"eventdrop/functions/internal/dropzone"
	"eventdrop/functions/internal/pgtest"
)

// harness is a warehouse with the rights of a loader, on a schema of its own.
type harness struct {
	*Warehouse
	t       testing.TB
	db      pgtest.DB
	cleaner *clean.Cleaner
}

func newHarness(tb testing.TB) *harness {
	tb.Helper()
	return newHarnessFor(tb, nil)
}

// newHarnessFor lets a test change the default contract.
func newHarnessFor(tb testing.TB, change func(*contract.Contract)) *harness {
	tb.Helper()
	return newHarnessAt(tb, pgtest.New(tb), change)
}

// newHarnessAt takes a schema that is there, so that two contracts or two routes can share it.
func newHarnessAt(tb testing.TB, db pgtest.DB, change func(*contract.Contract)) *harness {
	tb.Helper()
	c, err := contract.Default()
	if err != nil {
		tb.Fatal(err)
	}
	if change != nil {
		change(c)
	}
	cleaner, err := clean.Compile(c)
	if err != nil {
		tb.Fatal(err)
	}
	w, err := Open(tb.Context(), Config{URL: db.LoaderURL, Schema: db.Schema, MaxConns: 8, ApplicationName: db.Schema}, c)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(w.Close)
	return &harness{Warehouse: w, t: tb, db: db, cleaner: cleaner}
}

// object is a version of a key whose bytes cannot be replaced.
func object(key string) dropzone.Object {
	return dropzone.Object{
		Bucket: "shop", Key: key, VersionID: "v-" + key, ETag: "e-" + key, Size: 1,
		LastModified: time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC),
	}
}

// drop is what a key without versions holds, with these bytes, since this second.
func drop(key, etag string, second int) dropzone.Object {
	return dropzone.Object{
		Bucket: "shop", Key: key, ETag: etag, Size: 1,
		LastModified: time.Date(2026, 11, 23, 10, 0, second, 0, time.UTC),
	}
}

// run prepares a run of an object with these bytes. A key without versions holds it still.
func (h *harness) run(o dropzone.Object, csv string) dropzone.Run {
	h.t.Helper()
	records, err := csvfile.NewReader(strings.NewReader(csv), csvfile.Options{Known: h.cleaner.Known})
	if err != nil {
		h.t.Fatal(err)
	}
	rows, err := h.cleaner.Rows(o, records, 1<<10)
	if err != nil {
		h.t.Fatal(err)
	}
	return dropzone.Run{
		ID: uuid.NewString(), Kind: dropzone.Load, Object: o, Rows: rows, Started: time.Now(),
		Dialect: func() dropzone.Dialect {
			dialect := records.Dialect()
			dialect.Unknown, dialect.Absent = rows.Unknown(), rows.Absent()
			return dialect
		},
		Current: func(context.Context) (dropzone.Object, error) { return o, nil },
	}
}

// load runs an object and wants success.
func (h *harness) load(o dropzone.Object, csv string) dropzone.Receipt {
	h.t.Helper()
	receipt, err := h.Load(h.t.Context(), h.run(o, csv))
	if errors.Is(err, dropzone.ErrStage) { // the pipeline does so
		return h.loadRun(h.staged(o, csv))
	}
	if err != nil {
		h.t.Fatalf("load %s: %v", o, err)
	}
	return receipt
}

// staged is a run whose rows go through the staging table, if they are many.
func (h *harness) staged(o dropzone.Object, csv string) dropzone.Run {
	h.t.Helper()
	run := h.run(o, csv)
	run.Staged = true
	return run
}

func (h *harness) loadRun(run dropzone.Run) dropzone.Receipt {
	h.t.Helper()
	receipt, err := h.Load(h.t.Context(), run)
	if err != nil {
		h.t.Fatalf("load %s: %v", run.Object, err)
	}
	return receipt
}

// replay runs an object again on purpose.
// loadAll loads runs together, where they are several, and wants no error.
func (h *harness) loadAll(runs []dropzone.Run) []dropzone.Receipt {
	h.t.Helper()
	if len(runs) == 1 {
		return []dropzone.Receipt{h.loadRun(runs[0])}
	}
	receipts, errs := h.LoadTogether(h.t.Context(), runs)
	if err := errors.Join(errs...); err != nil {
		h.t.Errorf("load together: %v", err)
	}
	return receipts
}

func (h *harness) replay(o dropzone.Object, csv string) dropzone.Receipt {
	h.t.Helper()
	run := h.run(o, csv)
	run.Kind = dropzone.Replay
	return h.loadRun(run)
}

// refuse runs an object and wants this error.
func (h *harness) refuse(run dropzone.Run, want error) {
	h.t.Helper()
	if _, err := h.Load(h.t.Context(), run); !errors.Is(err, want) {
		h.t.Fatalf("load %s: error %v, want %v", run.Object, err, want)
	}
}

// record notes an outcome of a run that loaded nothing.
func (h *harness) record(o dropzone.Object, out dropzone.Outcome) int64 {
	h.t.Helper()
	if out.Retry == nil {
		out.Retry = func(int) time.Duration { return 0 }
	}
	id, err := h.Record(h.t.Context(), dropzone.Run{ID: uuid.NewString(), Kind: dropzone.Load, Object: o, Started: time.Now()}, out)
	if err != nil {
		h.t.Fatalf("record %s of %s: %v", out.State, o, err)
	}
	return id
}

// value asks the database, as its owner, for one value in text.
func (h *harness) value(sql string, args ...any) string {
	h.t.Helper()
	var s *string
	if err := h.db.Pool.QueryRow(context.WithoutCancel(h.t.Context()), "select ("+sql+")::text", args...).Scan(&s); err != nil {
		h.t.Fatalf("%s: %v", sql, err)
	}
	if s == nil {
		return "null"
	}
	return *s
}

func (h *harness) expect(want, sql string, args ...any) {
	h.t.Helper()
	if got := h.value(sql, args...); got != want {
		h.t.Errorf("%s\n got %s\nwant %s", sql, got, want)
	}
}

// await asks until the answer is true.
func (h *harness) await(sql string, args ...any) {
	h.t.Helper()
	for h.value("pg_sleep(0.005) is not null and ("+sql+")", args...) != "true" {
		if h.t.Context().Err() != nil {
			h.t.Fatalf("never true: %s", sql)
		}
	}
}

func (h *harness) exec(sql string) {
	h.t.Helper()
	if _, err := h.db.Pool.Exec(h.t.Context(), sql); err != nil {
		h.t.Fatalf("%s: %v", sql, err)
	}
}

// books checks what must hold after whatever happened (I1, I3, I8 and I9 of docs/failure_modes.md).
func (h *harness) books() {
	h.t.Helper()
	h.expect("true", "(select coalesce(sum(inserted), 0) from receipts) = (select count(*) from events)")
	h.expect("0", "select count(*) from receipts where rows_read <> inserted + updated + stale + duplicate + rejected")
	h.expect("0", "select count(*) from events e left join objects o using (object_id) where o.state is distinct from 'loaded'")
	h.expect("0", "select count(*) from pg_stat_activity where application_name = $1 and state like 'idle in transaction%'", h.db.Schema)
}

// dump is all that the tables hold.
func (h *harness) dump() string {
	h.t.Helper()
	var all strings.Builder
	for _, table := range []string{"objects", "receipts", "rejected_rows", "quality_counts", "drift_entries", "events"} {
		fmt.Fprintln(&all, table, h.value("select string_agg(t::text, E'\\n' order by t::text) from "+table+" t"))
	}
	return all.String()
}

// faultyRows does something before a row is asked for: the row of this number, from 0.
type faultyRows struct {
	dropzone.Rows
	at    int
	fault func() error
}

// Next counts down to the fault.
func (f *faultyRows) Next() (*dropzone.Event, *dropzone.Reject, error) {
	f.at--
	if f.at == -1 {
		if err := f.fault(); err != nil {
			return nil, nil, err
		}
	}
	return f.Rows.Next()
}

// many is an object of n views, each with an id of its own.
func many(n int) string {
	var csv strings.Builder
	csv.WriteString(header)
	for i := range n {
		fmt.Fprintf(&csv, "%s,view,2026-11-23T09:00:00Z,u%d,p1,1.25,,\n", id(i), i)
	}
	return csv.String()
}

// id is the n-th of a fixed row of ids, which are in no order.
func id(n int) string { return uuid.NewSHA1(uuid.NameSpaceOID, fmt.Append(nil, n)).String() }

// view is one record.
func view(id, user string) string { return id + ",view,2026-11-23T09:00:00Z," + user + ",p1,,,\n" }

const (
	header = "event_id,event_type,event_time,user_id,product_id,price,quantity,total\n"
	id1    = "11111111-1111-4111-8111-111111111111"
	id2    = "22222222-2222-4222-8222-222222222222"
	id3    = "33333333-3333-4333-8333-333333333333"
)
