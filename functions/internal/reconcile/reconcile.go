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
	// List yields all objects below the prefix, every version where there are versions. An
	// error is yielded last.
	List(ctx context.Context) iter.Seq2[dropzone.Object, error]
}

// Ledger knows what was loaded.
type Ledger interface {
	// Missing returns the objects of one page that are neither settled nor waiting.
	Missing(ctx context.Context, page []dropzone.Object) ([]dropzone.Object, error)
	// Due returns failed objects whose next attempt is due.
	Due(ctx context.Context, limit int) ([]dropzone.Object, error)
}

// Load has one object loaded. An error does not stop the reconcile: the ledger knows when to try again.
type Load func(ctx context.Context, o dropzone.Object) error

// Report is what a reconcile found and did.
type Report struct {
	Listed  int64 `json:"listed"`  // objects in the bucket that the contract serves
	Missing int64 `json:"missing"` // of these: not settled and not waiting, so a notice was missed
	Due     int64 `json:"due"`     // failed objects whose next attempt was due
	Loaded  int64 `json:"loaded"`  // of both: handled without an error
	Failed  int64 `json:"failed"`
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
	// Workers is how many objects are loaded at a time; at least 1.
	Workers int
}

const (
	pageSize  = 1_000 // as many as one answer of the store holds
	dueLimit  = 1_000
	maxListed = 1_000
)

// Run retries what is due, then lists the whole bucket once and loads what is missing. With dryRun
// it only counts and names. Memory does not depend on the number of objects.
func (r *Reconciler) Run(ctx context.Context, dryRun bool) (Report, error) {
	run := r.begin(dryRun)
	return run.finish(ctx, func(ctx context.Context) error {
		return errors.Join(run.retryDue(ctx), run.loadMissing(ctx))
	})
}

// RetryDue loads failed objects whose next attempt is due, without a look at the bucket.
func (r *Reconciler) RetryDue(ctx context.Context) (Report, error) {
	run := r.begin(false)
	return run.finish(ctx, run.retryDue)
}

// reconcile is the state of one Run.
type reconcile struct {
	*Reconciler
	dryRun bool
	report Report
	loads  chan dropzone.Object
}

func (r *Reconciler) begin(dryRun bool) *reconcile {
	return &reconcile{Reconciler: r, dryRun: dryRun, loads: make(chan dropzone.Object)}
}

// finish runs find beside the workers that load what it finds, and counts how that went.
func (r *reconcile) finish(ctx context.Context, find func(context.Context) error) (Report, error) {
	found := make(chan error, 1)
	go func() {
		defer close(r.loads)
		found <- find(ctx)
	}()
	results := make(chan error)
	var workers sync.WaitGroup
	for range max(1, r.Workers) {
		workers.Go(func() {
			for o := range r.loads {
				results <- r.Load(ctx, o)
			}
		})
	}
	go func() {
		workers.Wait()
		close(results)
	}()
	for err := range results {
		if err != nil {
			r.report.Failed++
		} else {
			r.report.Loaded++
		}
	}
	return r.report, <-found
}

// retryDue goes first: what it loads is then no longer missing.
func (r *reconcile) retryDue(ctx context.Context) error {
	due, err := r.Ledger.Due(ctx, dueLimit)
	if err != nil {
		return fmt.Errorf("reconcile: %w", err)
	}
	for _, o := range due {
		if !r.Accepts(o) {
			continue
		}
		r.report.Due++
		if err := r.load(ctx, o); err != nil {
			return err
		}
	}
	return nil
}

func (r *reconcile) loadMissing(ctx context.Context) error {
	page := make([]dropzone.Object, 0, pageSize)
	for o, err := range r.Bucket.List(ctx) {
		if err != nil { // what was listed so far is there all the same
			return errors.Join(fmt.Errorf("reconcile: %w", err), r.comparePage(ctx, page))
		}
		if !r.Accepts(o) {
			continue
		}
		page = append(page, o)
		if len(page) == pageSize {
			if err := r.comparePage(ctx, page); err != nil {
				return err
			}
			page = page[:0]
		}
	}
	return r.comparePage(ctx, page)
}

func (r *reconcile) comparePage(ctx context.Context, page []dropzone.Object) error {
	r.report.Listed += int64(len(page))
	missing, err := r.Ledger.Missing(ctx, page)
	if err != nil {
		return fmt.Errorf("reconcile: %w", err)
	}
	r.report.Missing += int64(len(missing))
	for _, o := range missing {
		if r.dryRun && len(r.report.MissingObjects) < maxListed {
			r.report.MissingObjects = append(r.report.MissingObjects, o.String())
		}
		if err := r.load(ctx, o); err != nil {
			return err
		}
	}
	return nil
}

func (r *reconcile) load(ctx context.Context, o dropzone.Object) error {
	if r.dryRun {
		return nil
	}
	select {
	case r.loads <- o:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("reconcile: %w", context.Cause(ctx))
	}
}
