package bench

import (
	"context"
	"time"

	"golang.org/x/sync/errgroup"
)

// uploads is how many objects are stored at a time: more than a steady rate ever needs here.
const uploads = 16

// offer stores objects, each at its time: one that comes late, because the store was slow, does not put off the next. Where w is
// not nil, it is told.
func (p *place) offer(ctx context.Context, drops []drop, w *watcher) error {
	group, groupCtx := errgroup.WithContext(ctx)
	group.SetLimit(uploads)
	begun := time.Now()
	for i := range drops {
		if !waitUntil(groupCtx, begun.Add(drops[i].at)) {
			break
		}
		group.Go(func() error { return p.upload(groupCtx, &drops[i], w) })
	}
	if err := group.Wait(); err != nil {
		return err
	}
	return context.Cause(ctx)
}

func (p *place) upload(ctx context.Context, d *drop, w *watcher) error {
	if w == nil || d.poison {
		return p.store.Put(ctx, p.config.S3Bucket, d.key, d.body)
	}
	w.expect(d.key)
	if err := p.store.Put(ctx, p.config.S3Bucket, d.key, d.body); err != nil {
		return err
	}
	w.answered(d.key)
	return nil
}

// waitUntil returns false where ctx ends first.
func waitUntil(ctx context.Context, moment time.Time) bool {
	timer := time.NewTimer(time.Until(moment))
	defer timer.Stop()
	select {
	case <-timer.C:
		return ctx.Err() == nil
	case <-ctx.Done():
		return false
	}
}
