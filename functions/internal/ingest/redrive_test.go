package ingest

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"eventdrop/functions/internal/contract"
	"eventdrop/functions/internal/dropzone"
	"eventdrop/functions/internal/warehouse"
)

const (
	priced = "event_id,event_type,event_time,product_id,price\n"
	one    = "11111111-1111-4111-8111-111111111111"
	two    = "22222222-2222-4222-8222-222222222222"
	three  = "33333333-3333-4333-8333-333333333333"
)

// sale is a record that a cheap shop refuses from a price of 10 on.
func sale(id, price string) string { return id + ",view,2026-11-23T09:00:00Z,p1," + price + "\n" }

// cheap is a rule that is wrong: redrives are under the default contract with a higher revision.
func cheap(c *contract.Contract) { c.Columns[c.ColumnIndex("price")].Maximum = "10" }

func mended(c *contract.Contract) { c.Revision = 2 }

// newCheap returns a harness with the wrong rule, and one with the same tables and store where it is mended.
func newCheap(t *testing.T) (before, after *harness) {
	t.Helper()
	h := newHarness(t)
	return h.under(cheap), h.under(mended)
}

// quarantined are the objects that a filter selects.
func (h *harness) quarantined(f dropzone.Filter) []warehouse.QuarantinedObject {
	h.t.Helper()
	w, ok := h.Ledger.(*warehouse.Warehouse)
	if !ok {
		h.t.Fatal("not the real ledger")
	}
	objects, err := w.Quarantined(h.t.Context(), f)
	if err != nil {
		h.t.Fatal(err)
	}
	return objects
}

// redrive runs everything again that a filter selects, and wants no error.
func (h *harness) redrive(f dropzone.Filter) []dropzone.Receipt {
	h.t.Helper()
	var receipts []dropzone.Receipt
	for _, o := range h.quarantined(f) {
		receipts = append(receipts, h.redriveObject(Redrive{ObjectID: o.ID, Filter: f}))
	}
	return receipts
}

func (h *harness) redriveObject(r Redrive) dropzone.Receipt {
	h.t.Helper()
	receipt, err := h.Redrive(h.t.Context(), r)
	if err != nil {
		h.t.Fatalf("redrive %d: %v", r.ObjectID, err)
	}
	return receipt
}

// only wants one receipt with these books.
func (h *harness) only(receipts []dropzone.Receipt, want dropzone.Books) dropzone.Receipt {
	h.t.Helper()
	if len(receipts) != 1 || receipts[0].Books != want || receipts[0].Kind != dropzone.Redrive || receipts[0].State != dropzone.Loaded {
		h.t.Fatalf("receipts %+v, want one with %+v", receipts, want)
	}
	return receipts[0]
}

const dump = `select coalesce(string_agg(t, e'\n' order by t), '') from (
	select o::text as t from objects o union all select r::text from receipts r union all select q::text from quality_counts q
	union all select r::text from rejected_rows r union all select e::text from events e) all_rows`

func (h *harness) value(sql string, args ...any) (s string) {
	h.t.Helper()
	if err := h.db.Pool.QueryRow(h.t.Context(), sql, args...).Scan(&s); err != nil {
		h.t.Fatalf("%s: %v", sql, err)
	}
	return s
}

func (h *harness) exec(sql string) {
	h.t.Helper()
	if _, err := h.db.Pool.Exec(h.t.Context(), sql); err != nil {
		h.t.Fatalf("%s: %v", sql, err)
	}
}

func TestARedriveAfterARuleWasMendedBringsTheRowsWithTheirOriginalRecency(t *testing.T) {
	t.Parallel()
	for name, version := range map[string]string{"a version": "v", "a replaceable drop": ""} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			before, after := newCheap(t)
			before.store.rank = 3
			o := before.store.put("in/a.csv", version, priced+sale(one, "5")+sale(two, "50")+sale("broken", "5"), 1)
			before.handle(Order{Object: o})
			before.expect("2", "select count(*) from rejected_rows where resolved_at is null")
			delete(after.store.keys, o.Key) // single rows need no bytes of the store

			receipt := after.only(after.redrive(dropzone.Filter{}), dropzone.Books{RowsRead: 2, Inserted: 1, Rejected: 1})
			order := map[string]string{"v": "3", "": "1"}[version]
			after.expect("2026-11-23 10:00:01+00/3/"+order+"/2", `select concat(recency_at, '/', line_no, '/', drop_order, '/', revision)
				from events where event_id = '`+two+`' and recency_at = object_modified`)
			after.expect("1", "select count(distinct source_hash) from events")
			after.expect("invalid_uuid/event_id/broken/2/true", `select concat_ws('/', reason, column_name, value, revision, (run_id = $1::uuid)::text)
				from rejected_rows where resolved_at is null`, receipt.RunID)
			after.expect("true", "select resolved_run = $1::uuid from rejected_rows where line_no = 3", receipt.RunID)
			after.expect("above_maximum/0,invalid_uuid/1", "select string_agg(rule || '/' || count, ',' order by rule) from quality_counts where not repaired")
			after.expect("loaded/1", "select state || '/' || revision from objects")
			after.books()
		})
	}
}

// K10
func TestASecondRedriveChangesNoEvent(t *testing.T) {
	t.Parallel()
	before, after := newCheap(t)
	o := before.store.put("in/a.csv", "v", priced+sale(one, "50")+sale("broken", "5.005"), 1)
	before.handle(Order{Object: o})
	after.redrive(dropzone.Filter{})
	const tables = "select string_agg(ctid::text || xmin, ' ') || (select string_agg(q::text, ' ' order by rule) from quality_counts q) from events"
	events := after.value(tables)
	after.only(after.redrive(dropzone.Filter{}), dropzone.Books{RowsRead: 1, Rejected: 1})
	if again := after.value(tables); again != events {
		t.Errorf("it changed\n%s\nto\n%s", events, again)
	}
	all := after.value(dump)
	if objects := after.quarantined(dropzone.Filter{Reason: dropzone.AboveMaximum}); len(objects) != 0 {
		t.Errorf("still to do: %v", objects)
	}
	if r := after.redriveObject(Redrive{ObjectID: 1, Filter: dropzone.Filter{Reason: dropzone.AboveMaximum}}); !r.Already || r.State != dropzone.Loaded {
		t.Errorf("nothing to do, and yet %+v", r)
	}
	if after.value(dump) != all {
		t.Error("a redrive of nothing wrote something")
	}
	after.books()
}

func TestARedrivenRowMeetsOtherVersionsOfItsEvent(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name   string
		second int // when the other object was stored
		want   dropzone.Books
		price  string
	}{
		{"a newer one stays", 2, dropzone.Books{RowsRead: 1, Stale: 1}, "7.00"},
		{"an older one is replaced", 0, dropzone.Books{RowsRead: 1, Updated: 1}, "50.00"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			before, after := newCheap(t)
			before.handle(Order{Object: before.store.put("in/a.csv", "v", priced+sale(one, "50"), 1)})
			before.handle(Order{Object: before.store.put("in/b.csv", "v", priced+sale(one, "7"), test.second)})
			after.only(after.redrive(dropzone.Filter{}), test.want)
			after.expect(test.price, "select price from events")
			after.books()
		})
	}
}

func TestOlderVersionsOfOneSecondStayBelowNewerOnes(t *testing.T) {
	t.Parallel()
	before, after := newCheap(t)
	before.handle(Order{Object: before.store.put("in/a.csv", "v1", priced+sale(one, "50"), 1)})
	before.store.rank = 1
	newer := before.store.put("in/a.csv", "v2", priced+sale(one, "60"), 1)
	before.handle(Order{Object: newer})
	before.store.rank = 0
	before.handle(Order{Object: newer, Kind: dropzone.Replay}) // after the older version left the listing
	for _, o := range after.quarantined(dropzone.Filter{}) {
		after.redriveObject(Redrive{ObjectID: o.ID})
	}
	after.expect("60.00/1", "select price || '/' || drop_order from events")
	after.books()
}

func TestAReplayKeepsTheOrderThatADropHadWhenItWasLoaded(t *testing.T) {
	t.Parallel()
	before, after := newCheap(t)
	before.handle(Order{Object: before.store.put("in/a.csv", "v1", priced+sale(two, "5")+sale(one, "5"), 1)})
	before.store.rank = 1
	newer := before.store.put("in/a.csv", "v2", priced+sale(one, "60"), 1)
	before.handle(Order{Object: newer})
	before.store.rank = 0 // the older version left the listing
	after.handle(Order{Object: newer, Kind: dropzone.Replay})
	after.expect("60.00/1", "select price || '/' || drop_order from events where event_id = '"+one+"'")
	after.books()
}

func TestADryRedriveWritesNothing(t *testing.T) {
	t.Parallel()
	before, after := newCheap(t)
	before.handle(Order{Object: before.store.put("in/rows.csv", "v", priced+sale(one, "50")+sale("broken", "5"), 1)})
	before.handle(Order{Object: before.store.put("in/whole.csv", "v", priced+sale("", "50"), 1)})
	all := after.value(dump)
	want := []dropzone.Books{{RowsRead: 2, Inserted: 1, Rejected: 1}, {RowsRead: 1, Inserted: 1}}
	for i, o := range after.quarantined(dropzone.Filter{}) {
		if r := after.redriveObject(Redrive{ObjectID: o.ID, DryRun: true}); !r.DryRun || r.Books != want[i] || r.State != dropzone.Loaded {
			t.Errorf("receipt %+v, want %+v", r, want[i])
		}
	}
	if after.value(dump) != all {
		t.Error("it wrote something")
	}
}

func TestAFilterSelectsTheRowsThatRunAgain(t *testing.T) {
	t.Parallel()
	before, after := newCheap(t)
	text := priced + sale(one, "50") + sale("broken", "5")
	for _, key := range []string{"in/a.csv", "in/b.csv"} {
		before.handle(Order{Object: before.store.put(key, "v", text, 1)})
	}
	now, hour := time.Now(), time.Hour
	for name, test := range map[string]struct {
		filter dropzone.Filter
		want   string
	}{
		"all":                {dropzone.Filter{}, "a2 b2"},
		"a reason":           {dropzone.Filter{Reason: dropzone.InvalidUUID}, "a1 b1"},
		"no such reason":     {dropzone.Filter{Reason: dropzone.TooOld}, ""},
		"an object":          {dropzone.Filter{Bucket: "shop", Key: "in/b.csv"}, "b2"},
		"a key":              {dropzone.Filter{Key: "in/b.csv", Reason: dropzone.AboveMaximum}, "b1"},
		"part of a key":      {dropzone.Filter{Key: "in/"}, ""},
		"another bucket":     {dropzone.Filter{Bucket: "other", Key: "in/b.csv"}, ""},
		"since an hour":      {dropzone.Filter{Since: now.Add(-hour)}, "a2 b2"},
		"from an hour on":    {dropzone.Filter{Since: now.Add(hour)}, ""},
		"until in an hour":   {dropzone.Filter{Until: now.Add(hour)}, "a2 b2"},
		"until an hour ago":  {dropzone.Filter{Until: now.Add(-hour)}, ""},
		"reason and a time":  {dropzone.Filter{Reason: dropzone.InvalidUUID, Since: now.Add(-hour), Until: now.Add(hour)}, "a1 b1"},
		"reason, wrong time": {dropzone.Filter{Reason: dropzone.InvalidUUID, Until: now.Add(-hour)}, ""},
	} {
		var got []string
		for _, o := range after.quarantined(test.filter) {
			r := after.redriveObject(Redrive{ObjectID: o.ID, Filter: test.filter, DryRun: true})
			got = append(got, fmt.Sprint(strings.Trim(r.Object.Key, "in/.csv"), r.RowsRead))
		}
		if s := strings.Join(got, " "); s != test.want {
			t.Errorf("%s: %q, want %q", name, s, test.want)
		}
		for _, id := range []int64{1, 2} { // the rows themselves are selected, too
			r := after.redriveObject(Redrive{ObjectID: id, Filter: dropzone.Filter{Reason: test.filter.Reason, Since: test.filter.Since, Until: test.filter.Until}, DryRun: true})
			if selects := strings.Contains(test.want, strconv.FormatInt(r.RowsRead, 10)); test.filter.Key == "" && r.Already == selects {
				t.Errorf("%s: object %d: %+v", name, id, r)
			}
		}
	}
}

func TestDamagedRecordsStayAsTheyAre(t *testing.T) {
	t.Parallel()
	before, after := newCheap(t)
	text := priced +
		sale(one, "50") +
		two + ",view,2026-11-23T09:00:00Z,p\xff1,5\n" +
		two + ",view,2026-11-23T09:00:00Z,p\x001,5\n" +
		two + ",view,2026-11-23T09:00:00Z\n" +
		two + "," + strings.Repeat("x", 2000) + "\n" +
		two + ",view,2026-11-23T09:00:00Z,\"p\"1,5\n" +
		three + ",view,2026-11-23T09:00:00Z,\"open,5\n" +
		two + ",view,2026-11-23T09:00:00Z,a\"b,5\n" + // fine alone; here it may close the quote above
		strings.Repeat("x", 2<<20) + "\n" +
		strings.TrimSpace(sale(three, "5"))
	before.handle(Order{Object: before.store.put("in/a.csv", "v", text, 1)})
	const rows = `select string_agg(concat(line_no, ' ', reason, ' ', md5(raw), ' ', raw_bytes, ' ', raw_cut), e'\n' order by line_no)
		from rejected_rows where resolved_at is null and reason <> 'above_maximum'`
	damaged := before.value(rows)
	for _, reason := range []string{"invalid_encoding", "nul_byte", "wrong_field_count", "malformed_quotes", "unbalanced_quote", "record_too_large", "missing_final_newline"} {
		if !strings.Contains(damaged, reason) {
			t.Errorf("no %s among\n%s", reason, damaged)
		}
	}
	delete(after.store.keys, "in/a.csv")
	r := after.redrive(dropzone.Filter{})
	after.only(r, dropzone.Books{RowsRead: int64(strings.Count(damaged, "\n")) + 2, Inserted: 1, Rejected: int64(strings.Count(damaged, "\n")) + 1})
	if again := after.value(rows); again != damaged {
		t.Errorf("they were\n%s\nand are\n%s", damaged, again)
	}
	after.books()
}

func TestParkedObjectsAreNotRedriven(t *testing.T) {
	t.Parallel()
	before, after := newCheap(t)
	before.handle(Order{Object: before.store.put("in/a.csv", "v", priced+sale(one, "50"), 1)})
	before.exec("update objects set state = 'parked', reason = 'too_large'")
	all := after.value(dump)
	if objects := after.quarantined(dropzone.Filter{}); len(objects) != 0 {
		t.Errorf("to be redriven: %v", objects)
	}
	if r := after.redriveObject(Redrive{ObjectID: 1}); !r.Already || r.State != dropzone.Parked {
		t.Errorf("receipt %+v", r)
	}
	if after.value(dump) != all {
		t.Error("it wrote something")
	}
}

func TestObjectsOfOtherContractsAreNotRedriven(t *testing.T) {
	t.Parallel()
	before, after := newCheap(t)
	before.handle(Order{Object: before.store.put("in/a.csv", "v", priced+sale(one, "50"), 1)})
	all := after.value(dump)
	other := after.under(func(c *contract.Contract) { c.Name = "another" })
	if objects := other.quarantined(dropzone.Filter{}); len(objects) != 0 {
		t.Errorf("to be redriven: %v", objects)
	}
	for _, id := range []int64{1, 99} {
		if r, err := other.Redrive(t.Context(), Redrive{ObjectID: id}); err == nil || r.State != dropzone.Failed {
			t.Errorf("object %d: receipt %+v, error %v", id, r, err)
		}
	}
	if after.value(dump) != all {
		t.Error("it wrote something")
	}
}

func TestRedrivesAndReplaysOfOneObjectTakeTurns(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"row by row": priced + sale(one, "50") + sale(two, "60") + sale("broken", "1"),
		"whole":      priced + sale("", "50") + sale("", "50") + sale("broken", "1"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			before, after := newCheap(t)
			o := before.store.put("in/a.csv", "", text, 1)
			before.handle(Order{Object: o})
			var all sync.WaitGroup
			for i := range 6 {
				all.Go(func() {
					var err error
					if i%3 == 0 {
						_, err = after.Handle(t.Context(), Order{Object: o, Kind: dropzone.Replay})
					} else {
						_, err = after.Redrive(t.Context(), Redrive{ObjectID: 1})
					}
					if err != nil && !errors.Is(err, dropzone.ErrBusy) {
						t.Error(err)
					}
				})
			}
			all.Wait()
			after.expect("2", "select count(*) from events")
			after.expect("2", "select sum(inserted) from receipts")
			after.expect("1", "select count(*) from rejected_rows where resolved_at is null")
			after.expect("above_maximum/0,invalid_uuid/1", "select string_agg(rule || '/' || count, ',' order by rule) from quality_counts where not repaired")
			after.books()
		})
	}
}
