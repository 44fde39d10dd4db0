package reconcile

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"eventdrop/functions/internal/dropzone"
)

// page is a part of the listing. It may end amid the versions of a key, so only a key that another one follows is
// known to be complete.
type page struct {
	objects  []dropzone.Object
	complete string // the greatest key whose versions are all in this page or in those before
	err      error  // ended the listing
}

// pages lists, one page ahead of whoever compares. The channel is closed at the end, or when ctx ends.
func (r *reconcile) pages(ctx context.Context) <-chan page {
	pages := make(chan page)
	go func() {
		defer close(pages)
		r.list(ctx, func(p page) bool {
			select {
			case pages <- p:
				return true
			case <-ctx.Done():
				return false
			}
		})
	}()
	return pages
}

// list cuts the listing into pages of objects that are of concern.
func (r *reconcile) list(ctx context.Context, send func(page) bool) {
	next, last := page{complete: r.After}, r.After
	for o, err := range r.Bucket.List(ctx, r.After) {
		if err != nil {
			next.err = err
			send(next)
			return
		}
		if o.Key != last {
			last, next.complete = o.Key, last
		}
		if !r.Accepts(o) {
			continue
		}
		if next.objects = append(next.objects, o); len(next.objects) == pageSize {
			if !send(next) {
				return
			}
			next.objects = make([]dropzone.Object, 0, pageSize)
		}
	}
	next.complete = last
	send(next)
}

func (r *reconcile) loadMissing(ctx context.Context) error {
	listing, stop := context.WithCancel(ctx)
	pages := r.pages(listing)
	defer func() {
		stop()
		for range pages {
		}
	}()
	for p := range pages {
		err := r.compare(ctx, p)
		if p.err != nil { // what was listed so far is there all the same
			err = errors.Join(fmt.Errorf("reconcile: %w", p.err), err)
		}
		if err != nil {
			return err
		}
	}
	if ctx.Err() != nil {
		return fmt.Errorf("reconcile: %w", context.Cause(ctx))
	}
	return nil
}

// compare has the missing objects of a page loaded.
func (r *reconcile) compare(ctx context.Context, p page) error {
	r.report.Listed += int64(len(p.objects))
	missing, err := r.Ledger.Missing(ctx, p.objects)
	if err != nil {
		return fmt.Errorf("reconcile: %w", err)
	}
	r.report.Missing += int64(len(missing))
	for _, o := range missing {
		if r.dryRun && len(r.report.MissingObjects) < maxListed {
			r.report.MissingObjects = append(r.report.MissingObjects, o.String())
		}
	}
	for objects := range slices.Chunk(missing, r.handful(len(missing))) {
		if err := r.load(ctx, job{objects: objects, listed: true, before: r.compared}); err != nil {
			return err
		}
	}
	r.compared = p.complete
	return nil
}

// handful is how many of n objects a worker gets at a time, so that every worker has some.
func (r *reconcile) handful(n int) int {
	workers := max(1, r.Workers)
	return max(1, min(together, (n+workers-1)/workers))
}
