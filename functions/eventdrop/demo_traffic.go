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
