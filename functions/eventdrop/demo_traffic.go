package main

import (
	"context"
	"errors"
	"time"

	"golang.org/x/sync/errgroup"

	"eventdrop/generator/storefront"
)

// traffic drops a shop's objects into the bucket at a steady rate.
type traffic struct {
	shop  *storefront.Shop
	put   func(ctx context.Context, key string, body []byte) error
	meter *meter
	every time.Duration
}

// uploads is how many objects are uploaded at a time: enough for a store that answers slowly.
const uploads = 8

const (
	// drainTime is how long to wait for the outcome of the last objects.
	drainTime = time.Minute
	// endPatience is how long it may take to be known that a store that refuses has died.
	endPatience = time.Second
)

// errInterrupted ends a demo that cannot say whether its books balance.
var errInterrupted = errors.New("interrupted before every object had its outcome")

// run drives, and then waits for the outcome of the last objects, if nothing failed; drained is false where some have none in time. Ctrl-C,
// the end of ctx, ends whichever of the two is going on. Once serving has ended neither makes sense.
func (t *traffic) run(ctx, serving context.Context, limit time.Duration) (truth []storefront.Manifest, drained bool, err error) {
	dropping, stop := context.WithCancel(ctx)
	defer stop()
	defer context.AfterFunc(serving, stop)()
	if truth, err = t.drive(dropping, limit); err != nil {
		patience, cancel := context.WithTimeout(serving, endPatience)
		defer cancel()
		<-patience.Done()
		return nil, false, err
	}
	draining := dropping
	if ctx.Err() != nil {
		draining = serving // Ctrl-C has ended the traffic: now the books are wanted
	}
	if drained = t.meter.drain(draining, drainTime); !drained && draining.Err() != nil {
		return nil, false, errInterrupted
	}
	return truth, drained, nil
}

// drive drops objects until the time is over or ctx ends, which is no error, and returns the truth
// about all that were stored. An object whose upload has begun is finished.
func (t *traffic) drive(ctx context.Context, limit time.Duration) ([]storefront.Manifest, error) {
	if limit > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, limit)
		defer cancel()
	}
	var truth []storefront.Manifest
	group, failed := errgroup.WithContext(context.WithoutCancel(ctx))
	group.SetLimit(uploads)
	ticker := time.NewTicker(t.every)
	defer ticker.Stop()
	for ctx.Err() == nil && failed.Err() == nil {
		object, err := t.shop.Next(time.Now())
		if err != nil {
			return nil, errors.Join(err, group.Wait())
		}
		truth = append(truth, object.Truth)
		group.Go(func() error { return t.upload(failed, object) })
		select {
		case <-ticker.C:
		case <-ctx.Done():
		case <-failed.Done():
		}
	}
	return truth, group.Wait()
}

func (t *traffic) upload(ctx context.Context, object storefront.Object) error {
	t.meter.dropping(object.Key)
	if err := t.put(ctx, object.Key, object.Body); err != nil {
		return err
	}
	t.meter.dropped(object.Key)
	return nil
}
