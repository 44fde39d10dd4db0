package schedule

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"eventdrop/functions/internal/campaign/model"
	"eventdrop/functions/internal/clean"
	"eventdrop/functions/internal/dropzone"
	"eventdrop/functions/internal/ingest"
	"eventdrop/functions/internal/reconcile"
	"eventdrop/functions/internal/warehouse"
)

// loaders are the processes that load, one for each contract. They are replaced when they crash.
type loaders struct {
	t        *testing.T
	url      string
	schema   string
	store    store
	cleaners map[terms]*clean.Cleaner
	running  map[terms]*loader
}

// terms tell the contracts of the model apart.
type terms struct {
	byEventTime bool
	revision    int32
}

// loader is what one process of eventdrop has.
type loader struct {
	*ingest.Pipeline

	name      string // of its sessions
	warehouse *warehouse.Warehouse
	store     store
	ctx       context.Context // ends when it crashes
	crash     func()
}

func newLoaders(t *testing.T, url, schema string, s store, cleaners map[terms]*clean.Cleaner) *loaders {
	t.Helper()
	l := &loaders{t: t, url: url, schema: schema, store: s, cleaners: cleaners, running: map[terms]*loader{}}
	t.Cleanup(func() {
		for _, running := range l.running {
			running.close()
		}
	})
	return l
}

// under returns the loader of a contract, started where none runs.
func (l *loaders) under(is terms) *loader {
	l.t.Helper()
	running := l.running[is]
	if running == nil {
		running = l.start(is)
		l.running[is] = running
	}
	running.Scope.Bucket = l.store.bucket()
	return running
}

func (l *loaders) start(is terms) *loader {
	l.t.Helper()
	cleaner := l.cleaners[is]
	name := fmt.Sprintf("%s_%t_%d", l.schema, is.byEventTime, is.revision)
	w, err := warehouse.Open(l.t.Context(), warehouse.Config{URL: l.url, Schema: l.schema, MaxConns: 3, ApplicationName: name}, cleaner.Contract())
	if err != nil {
		l.t.Fatal(err)
	}
	started := &loader{name: name, warehouse: w, store: l.store}
	started.ctx, started.crash = context.WithCancel(context.Background()) // it ends with the loader, not with the test
	started.Pipeline = &ingest.Pipeline{
		Source: l.store, Loader: w, Ledger: w, Cleaner: cleaner,
		Limits: ingest.Limits{RawBytes: 1 << 10}, Log: slog.New(slog.DiscardHandler),
		Jitter: func(time.Duration) time.Duration { return 0 },
		Apart:  &ingest.Apart{},
	}
	if _, err := w.ResumeInterrupted(started.ctx); err != nil {
		l.t.Fatal(err)
	}
	return started
}

// replace buries a loader that crashed.
func (l *loaders) replace(dead *loader) {
	for is, running := range l.running {
		if running == dead {
			dead.close()
			delete(l.running, is)
		}
	}
}

func (l *loader) close() {
	l.crash()
	l.warehouse.Close()
}

// handle is one notice.
func (l *loader) handle(order ingest.Order) (dropzone.Receipt, error) { return l.Handle(l.ctx, order) }

// handleFound is what a listing or the ledger showed.
func (l *loader) handleFound(objects []dropzone.Object) ([]dropzone.Receipt, []error) {
	return l.HandleTogether(l.ctx, ingest.Orders(objects, true))
}

// reconcile lists the bucket once.
func (l *loader) reconcile(prefix string, workers int, each func(dropzone.Receipt)) (reconcile.Report, error) {
	r := reconcile.Reconciler{
		Bucket: l.store, Ledger: ledger{l.warehouse, l.store.bucket(), prefix}, Workers: workers,
		Accepts: func(o dropzone.Object) bool { return strings.HasPrefix(o.Key, prefix) && l.Accepts(o) },
		Load: func(_ context.Context, objects []dropzone.Object) []error {
			receipts, errs := l.handleFound(objects)
			for _, receipt := range receipts {
				each(receipt)
			}
			return errs
		},
	}
	return r.Run(l.ctx, false)
}

// ledger is what the ledger knows of the bucket.
type ledger struct {
	*warehouse.Warehouse

	bucket, prefix string
}

// Due implements reconcile.Ledger.
func (l ledger) Due(ctx context.Context, from dropzone.DueMark, limit int) ([]dropzone.Object, dropzone.DueMark, error) {
	return l.Warehouse.Due(ctx, l.bucket, l.prefix, from, limit)
}

var _ model.Subject = (*subject)(nil)
