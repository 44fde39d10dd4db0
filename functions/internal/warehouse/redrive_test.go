package warehouse

import (
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"eventdrop/functions/internal/clean"
	"eventdrop/functions/internal/contract"
	"eventdrop/functions/internal/csvfile"
	"eventdrop/functions/internal/dropzone"
)

// newMended returns a harness under a contract that refuses prices from 10 on, and one on the same tables that does not.
func newMended(t *testing.T) (before, after *harness) {
	t.Helper()
	before = newHarnessFor(t, func(c *contract.Contract) { c.Columns[c.ColumnIndex("price")].Maximum = "10" })
	return before, newHarnessAt(t, before.db, func(c *contract.Contract) { c.Revision = 2 })
}

// priced is one record with a price.
func priced(id, price string) string { return id + ",view,2026-11-23T09:00:00Z,u,p1," + price + ",,\n" }

// pulled are records that come from the quarantine.
type pulled struct {
	drop dropzone.Drop
	next func() (dropzone.Quarantined, error)
}

func (p *pulled) Header() []string { return p.drop.Dialect.Header }

func (p *pulled) Next() (*csvfile.Record, error) {
	q, err := p.next()
	if err != nil {
		return nil, err
	}
	record, ok := csvfile.Again(q.Raw, true, *p.drop.Dialect, csvfile.Options{})
	if !ok {
		return nil, fmt.Errorf("line %d is damaged", q.Line)
	}
	record.Line = q.Line
	return record, nil
}

var _ clean.Records = (*pulled)(nil)

// redriveRun is a run of all quarantined rows of an object.
func (h *harness) redriveRun(objectID int64) dropzone.RedriveRun {
	return dropzone.RedriveRun{
		ID: uuid.NewString(), ObjectID: objectID, Started: time.Now(),
		Rows: func(drop dropzone.Drop, next func() (dropzone.Quarantined, error)) (dropzone.Rows, error) {
			return h.cleaner.Rows(drop.Object, &pulled{drop, next}, 1<<10)
		},
	}
}

func (h *harness) redrive(run dropzone.RedriveRun) dropzone.Receipt {
	h.t.Helper()
	receipt, err := h.Redrive(h.t.Context(), run)
	if err != nil {
		h.t.Fatalf("redrive: %v", err)
	}
	return receipt
}

// Pages of the quarantine, several COPYs and one merge.
func TestARedriveOfManyRowsRunsThemPageByPage(t *testing.T) {
	t.Parallel()
	before, after := newMended(t)
	var csv strings.Builder
	csv.WriteString(header)
	const n = 2*maxPendingRejects + 500
	for i := range n {
		switch i % 3 {
		case 0:
			csv.WriteString(priced(id(i), "50"))
		case 1:
			csv.WriteString(priced(id(i/30), "70")) // ten of each, in other pages too
		default:
			csv.WriteString(priced("broken", "5"))
		}
	}
	first := before.load(object("a.csv"), csv.String())
	if first.Rejected != n {
		t.Fatalf("%d of %d are rejected", first.Rejected, n)
	}
	receipt := after.redrive(after.redriveRun(first.ObjectID))
	whole := newHarnessFor(t, nil)
	want := whole.load(object("a.csv"), csv.String())
	if receipt.Books != want.Books {
		t.Errorf("books %+v, those of a load %+v", receipt.Books, want.Books)
	}
	const rows = "select md5(string_agg(concat(event_id, line_no, price, drop_order, recency_at, source_hash), ' ' order by event_id)) from events"
	after.expect(whole.value(rows), rows)
	after.expect(whole.value("select count(*) from rejected_rows"), "select count(*) from rejected_rows where resolved_at is null")
	after.expect(strconv.FormatInt(receipt.Inserted+receipt.Duplicate, 10), "select count(*) from rejected_rows where resolved_run = $1::uuid", receipt.RunID)
	after.books()
}

func TestAnUnknownCommitOfARedriveIsFoundOutByTheSameRun(t *testing.T) {
	t.Parallel()
	for name, after := range map[string]bool{"not committed": false, "committed": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			before, direct := newMended(t)
			object := before.load(object("a.csv"), header+priced(id1, "50")+priced("broken", "5")).ObjectID
			proxy, db := newCutter(t, direct.db)
			h := newHarnessAt(t, db, func(c *contract.Contract) { c.Revision = 2 })
			run := h.redriveRun(object)
			proxy.before.Store(!after)
			proxy.after.Store(after)
			if _, err := h.Redrive(t.Context(), run); !errors.Is(err, dropzone.ErrCommitUnknown) || !h.Transient(err) {
				t.Fatalf("error %v", err)
			}
			receipt := h.redrive(run)
			if want := (dropzone.Books{RowsRead: 2, Inserted: 1, Rejected: 1}); receipt.Already || receipt.Books != want || receipt.RunID != run.ID {
				t.Errorf("receipt %+v, want books %+v", receipt, want)
			}
			if proxy.cuts.Load() != 1 {
				t.Errorf("%d cuts", proxy.cuts.Load())
			}
			direct.expect("1", "select count(*) from receipts where kind = 'redrive'")
			direct.expect("above_maximum/0,invalid_uuid/1", "select string_agg(rule || '/' || count, ',' order by rule) from quality_counts")
			direct.await("not exists (select from pg_stat_activity where application_name = $1 and state like 'idle in transaction%')", h.db.Schema)
			direct.books()
		})
	}
}

// Repairs of rows that are accepted later add to those of the object's other rows.
func TestARedriveKeepsTheQualityCountsTrue(t *testing.T) {
	t.Parallel()
	before, after := newMended(t)
	csv := header + priced(id1, "1.005") + priced(id2, "50.005") + priced(id3, "50") + priced("broken", "1.005") + priced("worse", "2")
	loaded := before.load(object("a.csv"), csv).ObjectID
	const counts = "select string_agg(concat(rule, '/', column_name, '/', repaired, '/', count), ',' order by rule) from quality_counts where count > 0"
	before.expect("above_maximum/price/f/2,invalid_uuid/event_id/f/2,rounded/price/t/1", counts)
	for range 2 {
		after.redrive(after.redriveRun(loaded))
		after.expect("invalid_uuid/event_id/f/2,rounded/price/t/2", counts)
	}
	one := after.redriveRun(loaded)
	one.Filter.Reason = dropzone.AboveMaximum
	if receipt := after.redrive(one); !receipt.Already {
		t.Errorf("receipt %+v", receipt)
	}
	whole := newHarnessFor(t, nil)
	whole.load(object("a.csv"), csv)
	after.expect(whole.value(counts), counts)
}

// An accepted row that the resolving statement does not find would be counted for ever.
func TestARedriveResolvesExactlyWhatItAccepted(t *testing.T) {
	t.Parallel()
	before, after := newMended(t)
	object := before.load(object("a.csv"), header+priced(id1, "50")).ObjectID
	run := after.redriveRun(object)
	rows := run.Rows
	run.Rows = func(drop dropzone.Drop, next func() (dropzone.Quarantined, error)) (dropzone.Rows, error) {
		inner, err := rows(drop, next)
		return &withOneMore{Rows: inner}, err
	}
	if _, err := after.Redrive(t.Context(), run); !errors.Is(err, errQuarantineChanged) {
		t.Errorf("error %v", err)
	}
	after.expect("0", "select count(*) from events")
}

// withOneMore gives its first event twice.
type withOneMore struct {
	dropzone.Rows

	event *dropzone.Event
	given bool
}

func (w *withOneMore) Next() (*dropzone.Event, *dropzone.Reject, error) {
	if w.event != nil && !w.given {
		w.given = true
		return w.event, nil, nil
	}
	event, reject, err := w.Rows.Next()
	if w.event == nil && event != nil {
		w.event = event
	}
	return event, reject, err
}

// A redrive waits for the run that has the object, and not for ever.
func TestARedriveIsBusyWhileAnotherRunHasTheObject(t *testing.T) {
	t.Parallel()
	before, after := newMended(t)
	object := before.load(object("a.csv"), header+priced(id1, "50")).ObjectID
	tx, err := after.db.Pool.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer rollback(t.Context(), tx)
	if _, err := tx.Exec(t.Context(), "update objects set updated_at = updated_at"); err != nil {
		t.Fatal(err)
	}
	if _, err := after.Redrive(t.Context(), after.redriveRun(object)); !errors.Is(err, dropzone.ErrBusy) {
		t.Errorf("error %v", err)
	}
}

// Two redrives of objects with the same keys in other orders: one merge each, sorted.
func TestRedrivesOfObjectsWithTheSameKeysDoNotDeadlock(t *testing.T) {
	t.Parallel()
	before, after := newMended(t)
	const n = 3 * maxPendingRejects
	var forth, back strings.Builder
	forth.WriteString(header)
	back.WriteString(header)
	for i := range n {
		forth.WriteString(priced(id(i), "50"))
		back.WriteString(priced(id(n-1-i), "60"))
	}
	a, b := before.load(object("a.csv"), forth.String()).ObjectID, before.load(object("b.csv"), back.String()).ObjectID
	var all sync.WaitGroup
	for _, object := range []int64{a, b} {
		all.Go(func() {
			if _, err := after.Redrive(t.Context(), after.redriveRun(object)); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	after.expect(strconv.Itoa(n), "select count(*) from events")
	after.books()
}

// What the rows themselves say comes through, and nothing is written.
func TestAnErrorOfTheRowsEndsARedriveWithoutATrace(t *testing.T) {
	t.Parallel()
	before, after := newMended(t)
	object := before.load(object("a.csv"), header+priced(id1, "50")+priced(id2, "50")).ObjectID
	all := after.dump()
	for _, want := range []error{io.ErrUnexpectedEOF, dropzone.ErrGone} {
		run := after.redriveRun(object)
		rows := run.Rows
		run.Rows = func(drop dropzone.Drop, next func() (dropzone.Quarantined, error)) (dropzone.Rows, error) {
			inner, err := rows(drop, next)
			return &faultyRows{Rows: inner, at: 1, fault: func() error { return want }}, err
		}
		if _, err := after.Redrive(t.Context(), run); !errors.Is(err, want) {
			t.Errorf("error %v, want %v", err, want)
		}
	}
	if after.dump() != all {
		t.Error("it wrote something")
	}
	after.books()
}

// The claim of a whole object's redrive, which comes after the look at its rows.
func TestAWholeRedriveClaimsWhatIsLoadedOnly(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	parked := object("parked.csv")
	h.record(parked, dropzone.Outcome{State: dropzone.Parked, Reason: dropzone.TooLarge})
	run := h.run(parked, mixed)
	run.Kind = dropzone.Redrive
	if receipt := h.loadRun(run); !receipt.Already || receipt.State != dropzone.Parked {
		t.Errorf("receipt %+v", receipt)
	}
	h.expect("parked", "select state from objects")
	h.expect("0", "select count(*) from events")
}

// I13: a redrive of single rows has no hash, and does not hide the one before it.
func TestAReplayAfterARedriveIsComparedWithTheLastWholeRun(t *testing.T) {
	t.Parallel()
	before, after := newMended(t)
	csv := header + priced(id1, "50") + priced("broken", "5")
	loaded := before.load(object("a.csv"), csv).ObjectID
	after.replay(object("a.csv"), csv)
	if receipt := after.redrive(after.redriveRun(loaded)); receipt.Rejected != 1 {
		t.Fatalf("receipt %+v", receipt)
	}
	if receipt := after.replay(object("a.csv"), header+priced(id1, "51")); receipt.Hint == "" {
		t.Error("other rows under the same revision were not noticed")
	}
}

func TestNoThresholdParksRowsThatAreInQuarantineAlready(t *testing.T) {
	t.Parallel()
	before, _ := newMended(t)
	loaded := before.load(object("a.csv"), header+priced("broken", "5")+priced(id1, "5")).ObjectID
	strict := newHarnessAt(t, before.db, func(c *contract.Contract) { c.MaxRejectedRows, c.MaxRejectedPercent = 1, 10 })
	run := strict.redriveRun(loaded)
	if receipt := strict.redrive(run); receipt.Rejected != 1 || receipt.State != dropzone.Loaded {
		t.Errorf("receipt %+v", receipt)
	}
}
