package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"eventdrop/generator/storefront"
)

// Uploads: how many at once, and how long one may take after the run has ended.
const (
	uploaders    = 8
	uploadsGrace = 20 * time.Second
)

// produce makes objects one after the other and drops them concurrently, until there are enough, the time is over or
// ctx ends; none of these is an error, and what is on its way is finished. It returns what was dropped, also with an
// error.
func (j *job) produce(ctx context.Context, shop *storefront.Shop, p progress) (*sums, error) {
	if j.span > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, j.span)
		defer cancel()
	}
	group, making := errgroup.WithContext(ctx)
	objects := make(chan storefront.Object)
	total := new(sums)
	group.Go(func() error {
		defer close(objects)
		return j.makeObjects(making, shop, objects)
	})
	for range uploaders {
		group.Go(func() error { return j.dropAll(ctx, objects, total, p) })
	}
	return total, group.Wait()
}

// makeObjects makes objects at the asked pace.
func (j *job) makeObjects(ctx context.Context, shop *storefront.Shop, objects chan<- storefront.Object) error {
	began := time.Now()
	for i := 0; j.objects == 0 || i < j.objects; i++ {
		if !j.wait(ctx, began, i) {
			return nil
		}
		at := j.start.Add(time.Duration(i) * j.interval)
		if err := j.checkClock(at, time.Now()); err != nil {
			return err
		}
		o, err := shop.Next(at)
		if err != nil {
			return fmt.Errorf("make an object: %w", err)
		}
		select {
		case objects <- o:
		case <-ctx.Done():
			return nil
		}
	}
	return nil
}

// wait waits until the i-th object is due; false: the run is over.
func (j *job) wait(ctx context.Context, began time.Time, i int) bool {
	if j.rate > 0 {
		due := began.Add(time.Duration(float64(i) / j.rate * float64(time.Second)))
		timer := time.NewTimer(time.Until(due))
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-ctx.Done():
		}
	}
	return ctx.Err() == nil
}

// checkClock refuses objects whose truth would be wrong, because the bucket notes another time for them.
func (j *job) checkClock(at, now time.Time) error {
	behind := now.Sub(at)
	if !j.bucket || (behind > -truthHolds && (behind < truthHolds || j.options.NoFuture)) {
		return nil
	}
	return fmt.Errorf("the next object is of %s, but it is %s: choose --rate and --interval that keep pace, or use --out",
		at.Format(time.RFC3339), now.UTC().Format(time.RFC3339))
}

// dropAll drops objects until there are no more. An object on its way is finished even when ctx ends.
func (j *job) dropAll(ctx context.Context, objects <-chan storefront.Object, total *sums, p progress) error {
	for o := range objects {
		err := j.dropOne(ctx, o)
		if err != nil && !errors.Is(err, errExists) {
			return fmt.Errorf("drop %s: %w", o.Key, err)
		}
		if err := j.writeTruth(o.Truth); err != nil {
			return fmt.Errorf("write the truth about %s: %w", o.Key, err)
		}
		p.step(total.add(o, err != nil))
	}
	return nil
}

func (j *job) dropOne(ctx context.Context, o storefront.Object) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), uploadsGrace)
	defer cancel()
	return j.place.Put(ctx, drop{key: o.Key, body: o.Body, at: o.Truth.At, overwrite: j.overwrite})
}
