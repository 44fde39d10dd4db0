package warehouse

import (
	"context"
	"fmt"
	"io"
	"log/slog"
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

func newHarness(t testing.TB) *harness {
	t.Helper()
	return newHarnessFor(t, nil)
}

// newHarnessFor lets a test change the default contract.
func newHarnessFor(t testing.TB, change func(*contract.Contract)) *harness {
	t.Helper()
	db := pgtest.New(t)
	c, err := contract.Default()
	if err != nil {
		t.Fatal(err)
	}
	if change != nil {
		change(c)
	}
	cleaner, err := clean.Compile(c)
	if err != nil {
		t.Fatal(err)
	}
	w, err := Open(t.Context(), Config{URL: db.LoaderURL, Schema: db.Schema, MaxConns: 4, Log: slog.New(slog.NewTextHandler(io.Discard, nil))}, c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.Close)
	return &harness{Warehouse: w, t: t, db: db, cleaner: cleaner}
}

// object is a version of a key whose bytes cannot be replaced.
func object(key string) dropzone.Object {
	return dropzone.Object{
		Bucket: "shop", Key: key, VersionID: "v-" + key, ETag: "e-" + key, Size: 1,
		LastModified: time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC),
	}
}

// run prepares a run of an object with these bytes.
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
		ID: uuid.NewString(), Kind: dropzone.Load, Object: o, Rows: rows, Dialect: records.Dialect, Started: time.Now(),
	}
}

// load runs an object and wants success.
func (h *harness) load(o dropzone.Object, csv string) dropzone.Receipt {
	h.t.Helper()
	receipt, err := h.Load(h.t.Context(), h.run(o, csv))
	if err != nil {
		h.t.Fatalf("load %s: %v", o, err)
	}
	return receipt
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

const (
	header = "event_id,event_type,event_time,user_id,product_id,price,quantity,total\n"
	id1    = "11111111-1111-4111-8111-111111111111"
	id2    = "22222222-2222-4222-8222-222222222222"
	id3    = "33333333-3333-4333-8333-333333333333"
)

func TestLoadBringsRowsRejectsAndBooks(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	receipt := h.load(object("a.csv"), header+
		id1+",view,2026-11-23T09:00:00Z,u1,p1,,,\n"+
		id2+",purchase,2026-11-23T09:01:00Z,u1,p1,12.50,2,25.00\n"+
		"nonsense,view,2026-11-23T09:01:00Z,u1,p1,,,\n"+
		id2+",purchase,2026-11-23T09:01:00Z,u1,p1,12.5,2,25\n")
	want := dropzone.Books{RowsRead: 4, Inserted: 2, Duplicate: 1, Rejected: 1}
	if receipt.Books != want || !receipt.Balance() {
		t.Errorf("books %+v, want %+v", receipt.Books, want)
	}
	h.expect("2", "select count(*) from events")
	h.expect("12.50", "select price from events where event_id = $1", id2)
	h.expect("5", "select line_no from events where event_id = $1", id2)
	h.expect("invalid_uuid/event_id/nonsense/4", "select concat_ws('/', reason, column_name, value, line_no) from rejected_rows")
	h.expect("nonsense,view,2026-11-23T09:01:00Z,u1,p1,,,", "select raw from rejected_rows")
	h.expect("loaded", "select state from objects")
	h.expect("true", "select output_hash is not null and dialect->>'delimiter' = ',' from objects")
	h.expect("1", "select count from quality_counts where rule = 'invalid_uuid'")
}

func TestALargeObjectLoadsAsASmallOneDoes(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	var csv strings.Builder
	csv.WriteString(header)
	const rows = 20_000
	for i := range rows {
		id := uuid.NewSHA1(uuid.NameSpaceOID, []byte{byte(i), byte(i >> 8)}).String()
		if i%7 == 0 {
			id = "broken"
		}
		fmt.Fprintf(&csv, "%s,view,2026-11-23T09:00:00Z,u%d,p1,1.25,,\n", id, i)
	}
	receipt := h.load(object("large.csv"), csv.String())
	rejected := int64((rows + 6) / 7)
	want := dropzone.Books{RowsRead: rows, Inserted: rows - rejected, Rejected: rejected}
	if receipt.Books != want {
		t.Errorf("books %+v, want %+v", receipt.Books, want)
	}
	h.expect(fmt.Sprint(rejected), "select count(*) from rejected_rows")
	h.expect(fmt.Sprint(want.Inserted), "select count(*) from events where price = 1.25")
}

func TestASecondDeliveryWritesNothing(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	csv := header + id1 + ",view,2026-11-23T09:00:00Z,u1,p1,,,\n"
	h.load(object("a.csv"), csv)
	before := h.value("select concat_ws(' ', xmin, ctid) from events")
	receipt := h.load(object("a.csv"), csv)
	if !receipt.Already || receipt.Books != (dropzone.Books{}) {
		t.Errorf("second delivery: %+v", receipt)
	}
	h.expect(before, "select concat_ws(' ', xmin, ctid) from events")
	h.expect("1", "select count(*) from receipts")
}
