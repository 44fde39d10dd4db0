// Package reconcile finds what no notice delivered: it lists the bucket, compares every page with the
// ledger and has the missing objects loaded, together with the failed ones that are due.
//
// It needs no memory of its own: no watermark of names or times that could skip an object for ever.
package reconcile

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"sync"

	"eventdrop/functions/internal/dropzone"
)

// Bucket lists what is there.
type Bucket interface {
	// List yields all objects below the prefix whose keys are greater than after, in the order of their keys,
	// every version where there are versions. An error is yielded last.
	List(ctx context.Context, after string) iter.Seq2[dropzone.Object, error]
}

// Ledger knows what was loaded.
type Ledger interface {
	// Missing returns the objects of one page that are neither settled nor waiting.
	Missing(ctx context.Context, page []dropzone.Object) ([]dropzone.Object, error)
	// Due returns a page of the failed objects of that bucket and prefix whose next attempt was due when the first page was asked
	// for, and where it ends. After a page with fewer objects than limit there is no other.
	Due(ctx context.Context, from dropzone.DueMark, limit int) ([]dropzone.Object, dropzone.DueMark, error)
}

// Load has objects loaded, small ones together, and returns an error for each; nil: none has one. An error does not stop the
// reconcile: the ledger knows when to try again. Only dropzone.ErrPaused does.
type Load func(ctx context.Context, objects []dropzone.Object) []error

// Report is what a reconcile found and did.
type Report struct {
	Listed  int64 `json:"listed"`  // objects in the bucket that the contract serves
	Missing int64 `json:"missing"` // of these: not settled and not waiting, so a notice was missed
	Due     int64 `json:"due"`     // failed objects whose next attempt was due
	Loaded  int64 `json:"loaded"`  // of both: handled without an error
	Failed  int64 `json:"failed"`
	// Through is the greatest key up to which every version was compared and every load has ended well. A
	// reconcile that was interrupted can go on after it.
	Through string `json:"through,omitempty"`
	// Compared is the greatest key up to which every version was compared, and its load was begun.
	Compared string `json:"-"`
	// MissingObjects names the missing ones of a dry run, at most 1,000.
	MissingObjects []string `json:"missing_objects,omitempty"`
}

// Reconciler compares a bucket with a ledger. Two at once do no harm: the claim lets one of them load.
type Reconciler struct {
	Bucket Bucket
	Ledger Ledger
	// Accepts tells which objects are of concern.
	Accepts func(dropzone.Object) bool
	Load    Load
	// After is the key after which the listing begins: the Through of an interrupted reconcile.
	After string
	// Workers is how many objects are loaded at a time; at least 1.
	Workers int
}

const (
	pageSize  = 1_000 // as many as one answer of the store holds
	together  = 32    // objects that are handed to a worker at a time, at most
	maxListed = 1_000
)

// Run lists the whole bucket once and loads what is missing, then what was due at the begin. With dryRun it
// only counts and names. Memory does not depend on the number of objects.
func (r *Reconciler) Run(ctx context.Context, dryRun bool) (Report, error) {
	run := r.begin(dryRun)
	return run.finish(ctx, func(ctx context.Context) error {
		due, err := run.lookDue(ctx, dropzone.DueMark{}) // before anything is loaded: what fails now has its time to wait
		return errors.Join(err, run.loadMissing(ctx), run.loadDue(ctx, due))
	})
}

// LoadMissing is Run without what is due.
func (r *Reconciler) LoadMissing(ctx context.Context) (Report, error) {
	run := r.begin(false)
	return run.finish(ctx, run.loadMissing)
}

// RetryDue loads failed objects whose next attempt is due, without a look at the bucket.
func (r *Reconciler) RetryDue(ctx context.Context) (Report, error) {
	run := r.begin(false)
	return run.finish(ctx, func(ctx context.Context) error {
		due, err := run.lookDue(ctx, dropzone.DueMark{})
		return errors.Join(err, run.loadDue(ctx, due))
	})
}

// reconcile is the state of one Run.
type reconcile struct {
	*Reconciler
	dryRun   bool
	report   Report
	jobs     chan job
	compared string // the greatest key up to which everything was compared and handed to the workers

	mu       sync.Mutex // for what the workers count
	stumbled *job       // the first object of the listing whose load did not end well
}

// job is a few objects to load. They were listed when all up to the key before had been compared.
type job struct {
	objects []dropzone.Object
	listed  bool
	before  string
}

func (r *Reconciler) begin(dryRun bool) *reconcile {
	return &reconcile{Reconciler: r, dryRun: dryRun, jobs: make(chan job), compared: r.After}
}

// finish runs find beside the workers that load what it finds, and counts how that went.
func (r *reconcile) finish(ctx context.Context, find func(context.Context) error) (Report, error) {
	finding, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	found := make(chan error, 1)
	go func() {
		defer close(r.jobs)
		found <- find(finding)
	}()
	var workers sync.WaitGroup
	for range max(1, r.Workers) {
		workers.Go(func() { r.work(ctx, stop) })
	}
	workers.Wait()
	r.report.Through, r.report.Compared = r.compared, r.compared
	if r.stumbled != nil {
		r.report.Through = r.stumbled.before
	}
	err := <-found
	if cause := context.Cause(finding); errors.Is(cause, dropzone.ErrPaused) {
		err = fmt.Errorf("reconcile: %w", cause)
	}
	return r.report, err
}

// work loads until there is nothing more to find. A pause ends the search.
func (r *reconcile) work(ctx context.Context, stop context.CancelCauseFunc) {
	for j := range r.jobs {
		errs := r.Load(ctx, j.objects)
		r.count(j, errs)
		if err := errors.Join(errs...); errors.Is(err, dropzone.ErrPaused) {
			stop(err)
		}
	}
}

func (r *reconcile) count(j job, errs []error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.report.Loaded += int64(len(j.objects))
	for _, err := range errs {
		if err == nil {
			continue
		}
		r.report.Loaded--
		if !errors.Is(err, dropzone.ErrPaused) {
			r.report.Failed++
		}
		if j.listed && (r.stumbled == nil || j.before < r.stumbled.before) {
			r.stumbled = &j
		}
	}
}

// due is a page of due objects.
type due struct {
	objects []dropzone.Object
	end     dropzone.DueMark
	last    bool
}

func (r *reconcile) lookDue(ctx context.Context, from dropzone.DueMark) (due, error) {
	objects, end, err := r.Ledger.Due(ctx, from, pageSize)
	if err != nil {
		return due{last: true}, fmt.Errorf("reconcile: %w", err)
	}
	return due{objects, end, len(objects) < pageSize}, nil
}

// loadDue comes last: an object that failed before may be slow, and must not hold up one that nobody looked at yet. It goes
// through all pages: those of no concern fail for ever, and are the oldest.
func (r *reconcile) loadDue(ctx context.Context, page due) error {
	for {
		for _, o := range page.objects {
			if !r.Accepts(o) {
				continue
			}
			r.report.Due++
			if err := r.load(ctx, job{objects: []dropzone.Object{o}}); err != nil {
				return err
			}
		}
		if page.last {
			return nil
		}
		var err error
		if page, err = r.lookDue(ctx, page.end); err != nil {
			return err
		}
	}
}

// load hands objects to a free worker.
func (r *reconcile) load(ctx context.Context, j job) error {
	if r.dryRun {
		return nil
	}
	jobs := r.jobs
	if ctx.Err() != nil {
		jobs = nil // although a worker may be free
	}
	select {
	case jobs <- j:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("reconcile: %w", context.Cause(ctx))
	}
}
