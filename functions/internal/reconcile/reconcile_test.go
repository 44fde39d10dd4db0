package reconcile

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"eventdrop/functions/internal/clean"
	"eventdrop/functions/internal/contract"
	"eventdrop/functions/internal/csvfile"
	"eventdrop/functions/internal/dropzone"
	"eventdrop/functions/internal/pgtest"
	"eventdrop/functions/internal/warehouse"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

// listing is a bucket that holds n objects, made as they are asked for, and then may fail.
type listing struct {
	n   int
	err error
}

// List yields objects 0 to n-1, from the first after a key on.
func (l listing) List(_ context.Context, after string) iter.Seq2[dropzone.Object, error] {
	return func(yield func(dropzone.Object, error) bool) {
		for i := range l.n {
			if o := object(i); o.Key > after && !yield(o, nil) {
				return
			}
		}
		if l.err != nil {
			yield(dropzone.Object{}, l.err)
		}
	}
}

func object(i int) dropzone.Object {
	return dropzone.Object{
		Bucket: "shop", Key: fmt.Sprintf("%07d.csv", i), VersionID: "v", ETag: fmt.Sprint("e", i), Size: 1,
		LastModified: time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC),
	}
}

// harness loads objects of one row each into a real warehouse.
type harness struct {
	*warehouse.Warehouse
	t       *testing.T
	db      pgtest.DB
	cleaner *clean.Cleaner
}

func newHarness(t *testing.T) *harness {
	t.Helper()
	db := pgtest.New(t)
	c, err := contract.Default()
	if err != nil {
		t.Fatal(err)
	}
	cleaner, err := clean.Compile(c)
	if err != nil {
		t.Fatal(err)
	}
	w, err := warehouse.Open(t.Context(), warehouse.Config{URL: db.LoaderURL, Schema: db.Schema, MaxConns: 6}, c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.Close)
	return &harness{w, t, db, cleaner}
}

// load takes one object through the warehouse.
func (h *harness) load(ctx context.Context, o dropzone.Object) error {
	csv := "event_type,event_time,user_id\nview,2026-11-23T09:00:00Z," + o.ETag + "\n"
	records, err := csvfile.NewReader(strings.NewReader(csv), csvfile.Options{Known: h.cleaner.Known})
	if err != nil {
		return err
	}
	rows, err := h.cleaner.Rows(o, records, 1<<10)
	if err != nil {
		return err
	}
	_, err = h.Load(ctx, dropzone.Run{
		ID: uuid.NewString(), Kind: dropzone.Load, Object: o, Rows: rows, Dialect: records.Dialect, Started: time.Now(),
	})
	return err
}

func (h *harness) record(o dropzone.Object, state dropzone.State, retry time.Duration) {
	h.t.Helper()
	out := dropzone.Outcome{State: state, Retry: func(int) time.Duration { return retry }}
	if _, err := h.Record(h.t.Context(), dropzone.Run{ID: uuid.NewString(), Kind: dropzone.Load, Object: o}, out); err != nil {
		h.t.Fatal(err)
	}
}

func (h *harness) count(sql string) int {
	h.t.Helper()
	var n int
	if err := h.db.Pool.QueryRow(h.t.Context(), sql).Scan(&n); err != nil {
		h.t.Fatal(err)
	}
	return n
}

// Due is that of the service whose bucket the listings are.
func (h *harness) Due(ctx context.Context, from dropzone.DueMark, limit int) ([]dropzone.Object, dropzone.DueMark, error) {
	return h.Warehouse.Due(ctx, "shop", "", from, limit)
}

// each loads one object after the other.
func each(load func(context.Context, dropzone.Object) error) Load {
	return func(ctx context.Context, objects []dropzone.Object) []error {
		errs := make([]error, len(objects))
		for i, o := range objects {
			errs[i] = load(ctx, o)
		}
		return errs
	}
}

func (h *harness) reconciler(bucket Bucket) *Reconciler {
	return &Reconciler{Bucket: bucket, Ledger: h, Accepts: func(dropzone.Object) bool { return true }, Load: each(h.load), Workers: 3}
}

// run reconciles and wants no error.
func run(t *testing.T, r *Reconciler, dryRun bool) Report {
	t.Helper()
	report, err := r.Run(t.Context(), dryRun)
	if err != nil {
		t.Fatal(err)
	}
	return report
}

// N1, I6
func TestWhatNoNoticeDeliveredIsLoaded(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	if err := h.load(t.Context(), object(0)); err != nil {
		t.Fatal(err)
	}
	h.record(object(1), dropzone.Parked, 0)
	h.record(object(2), dropzone.Gone, 0)
	h.record(object(3), dropzone.Superseded, 0)
	h.record(object(4), dropzone.Failed, 15*time.Minute)
	h.record(object(5), dropzone.Failed, -time.Hour)
	r := h.reconciler(listing{n: 8})
	dry := run(t, r, true)
	if dry.Listed != 8 || dry.Missing != 4 || dry.Due != 1 || dry.Loaded != 0 || len(dry.MissingObjects) != 4 || dry.MissingObjects[0] != "s3://shop/0000002.csv" {
		t.Errorf("dry run: %+v", dry)
	}
	if n := h.count("select count(*) from events"); n != 1 {
		t.Errorf("the dry run loaded: %d rows", n)
	}
	report := run(t, r, false)
	if report.Listed != 8 || report.Missing != 4 || report.Due != 1 || report.Loaded != 5 || report.Failed != 0 || report.MissingObjects != nil {
		t.Errorf("report %+v", report)
	}
	if again := run(t, r, false); again.Missing != 0 || again.Due != 0 || again.Loaded != 0 {
		t.Errorf("again: %+v", again)
	}
}

// K4
func TestTwoAtOnceDoNoHarm(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			report, err := h.reconciler(listing{n: 60}).Run(t.Context(), false)
			if err != nil || report.Failed != 0 {
				t.Errorf("report %+v, %v", report, err)
			}
		})
	}
	wg.Wait()
	if events, receipts := h.count("select count(*) from events"), h.count("select count(*) from receipts"); events != 60 || receipts != 60 {
		t.Errorf("%d events, %d receipts", events, receipts)
	}
}

func TestOnlyAcceptedObjectsAreOfConcern(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.record(object(1), dropzone.Failed, -time.Hour)
	h.record(object(2), dropzone.Failed, -time.Hour)
	r := h.reconciler(listing{n: 6})
	r.Accepts = func(o dropzone.Object) bool { return o.ETag == "e2" || o.ETag == "e4" }
	if report := run(t, r, false); report.Listed != 2 || report.Due != 1 || report.Missing != 1 || report.Loaded != 2 {
		t.Errorf("report %+v", report)
	}
}

func TestAListingThatFailsIsReportedAndWhatItShowedIsLoaded(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	broken := errors.New("listing broke")
	report, err := h.reconciler(listing{n: 3, err: broken}).Run(t.Context(), false)
	if !errors.Is(err, broken) || report.Loaded != 3 {
		t.Errorf("report %+v, %v", report, err)
	}
}

func TestOneFailureDoesNotStopTheOthers(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	r := h.reconciler(listing{n: 10 * together})
	r.Load = each(func(ctx context.Context, o dropzone.Object) error {
		if o.ETag == "e2" {
			return errors.New("bad luck")
		}
		return h.load(ctx, o)
	})
	if report := run(t, r, false); report.Loaded != 10*together-1 || report.Failed != 1 {
		t.Errorf("report %+v", report)
	}
}

// failed records objects 0 to n-1 of a prefix as failed at one instant, all of them due.
func (h *harness) failed(prefix string, n int, ago time.Duration) {
	h.t.Helper()
	if _, err := h.db.Pool.Exec(h.t.Context(), `insert into objects (bucket, key, version_id, etag, drop_number, state, next_attempt_at)
		select 'shop', $1 || lpad(i::text, 7, '0') || '.csv', 'v', 'e' || i, 1, 'failed', now() - make_interval(secs => $3)
		from generate_series(0, $2 - 1) i`, prefix, n, ago.Seconds()); err != nil {
		h.t.Fatal(err)
	}
}

// N19: keys that no contract serves any more stay failed for ever, and are the oldest of all.
func TestDueObjectsThatAreOfNoConcernStarveNobody(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.failed("out/", 2*pageSize+1, time.Hour)
	h.failed("in/", 1, time.Minute)
	r := h.reconciler(listing{})
	r.Accepts = func(o dropzone.Object) bool { return strings.HasPrefix(o.Key, "in/") }
	for _, dryRun := range []bool{true, false} {
		if report := run(t, r, dryRun); report.Due != 1 || (report.Loaded == 1) == dryRun {
			t.Errorf("report %+v", report)
		}
	}
	h.failed("in/again/", 1, time.Minute)
	if report, err := r.RetryDue(t.Context()); err != nil || report.Due != 1 || report.Loaded != 1 {
		t.Errorf("report %+v, %v", report, err)
	}
}

// What fails again at once is due at once, but not a second time in this run.
func TestAllThatWasDueAtTheBeginIsTriedOnce(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	const objects = 2*pageSize + 1
	h.failed("", objects, time.Hour)
	r := h.reconciler(listing{})
	r.Load = each(func(ctx context.Context, o dropzone.Object) error {
		_, err := h.db.Pool.Exec(ctx, "update objects set next_attempt_at = clock_timestamp() where key = $1", o.Key)
		return errors.Join(errors.New("bad luck"), err)
	})
	if report := run(t, r, false); report.Due != objects || report.Failed != objects {
		t.Errorf("report %+v", report)
	}
}

func TestRetryDueDoesNotList(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.record(object(1), dropzone.Failed, -time.Hour)
	report, err := h.reconciler(listing{err: errors.New("listed")}).RetryDue(t.Context())
	if err != nil || report.Due != 1 || report.Loaded != 1 {
		t.Errorf("report %+v, %v", report, err)
	}
}

func TestTheEndOfTheContextEndsARun(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	ctx, cancel := context.WithCancel(t.Context())
	r := h.reconciler(listing{n: 5_000})
	r.Load = each(func(context.Context, dropzone.Object) error { cancel(); return nil })
	if report, err := r.Run(ctx, false); !errors.Is(err, context.Canceled) || report.Loaded > 10*together {
		t.Errorf("report %+v, %v", report, err)
	}
}

// ledger remembers only how it was asked.
type ledger struct{ largest, asked int }

// Missing counts.
func (l *ledger) Missing(_ context.Context, page []dropzone.Object) ([]dropzone.Object, error) {
	l.largest, l.asked = max(l.largest, len(page)), l.asked+len(page)
	return nil, nil
}

// Due finds nothing.
func (*ledger) Due(_ context.Context, from dropzone.DueMark, _ int) ([]dropzone.Object, dropzone.DueMark, error) {
	return nil, from, nil
}

// O9
func TestAHugeBucketIsComparedPageByPage(t *testing.T) {
	t.Parallel()
	var l ledger
	r := &Reconciler{Bucket: listing{n: 100_500}, Ledger: &l, Accepts: func(dropzone.Object) bool { return true }}
	if report := run(t, r, false); report.Listed != 100_500 || l.asked != 100_500 || l.largest != pageSize {
		t.Errorf("report %+v, asked for %d, at most %d at once", report, l.asked, l.largest)
	}
}
