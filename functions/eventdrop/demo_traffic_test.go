package main

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"eventdrop/functions/internal/dropzone"
	"eventdrop/generator/storefront"
)

// A demo whose last objects have no outcome waits for them as long as that makes sense.
func TestHowLongADemoWaitsForTheLastOutcomes(t *testing.T) {
	t.Parallel()
	refused := errors.New("refused")
	const limit = 5 * time.Second
	tests := map[string]struct {
		put         error
		settled     bool          // every object has its outcome
		ctrlC, dead time.Duration // when; 0: never
		took        time.Duration
		drained     bool
		err         error
	}{
		"all is well":                       {settled: true, took: limit, drained: true},
		"no outcome":                        {took: limit + drainTime},
		"Ctrl-C while it waits":             {ctrlC: limit + time.Second, took: limit + time.Second, err: errInterrupted},
		"Ctrl-C under traffic":              {settled: true, ctrlC: time.Second, took: time.Second, drained: true},
		"Ctrl-C under traffic, no outcome":  {ctrlC: time.Second, took: time.Second + drainTime},
		"the runner ends under traffic":     {dead: time.Second, took: time.Second, err: errInterrupted},
		"the runner ends while it waits":    {dead: limit + time.Second, took: limit + time.Second, err: errInterrupted},
		"it ends while Ctrl-C's wait is on": {ctrlC: time.Second, dead: 2 * time.Second, took: 2 * time.Second, err: errInterrupted},
		"the store refuses":                 {put: refused, took: endPatience, err: refused},
		"the store has died":                {put: refused, dead: time.Millisecond, took: time.Millisecond, err: refused},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				<-time.After(2 * 365 * 24 * time.Hour) // the test's clock begins in 2000, the shop's years do in 2001
				ctx, serving := endingAfter(t, test.ctrlC), endingAfter(t, test.dead)
				shop, err := storefront.New(storefront.Options{Seed: 1, Rows: storefront.Rows{Min: 1, Max: 1}})
				if err != nil {
					t.Fatal(err)
				}
				meter := newMeter()
				put := func(_ context.Context, key string, _ []byte) error {
					if test.settled {
						meter.observe(dropzone.Receipt{Object: dropzone.Object{Key: key}, State: dropzone.Loaded})
					}
					return test.put
				}
				begun := time.Now()
				_, drained, err := (&traffic{shop: shop, put: put, meter: meter, every: 100 * time.Millisecond}).run(ctx, serving, limit)
				// Whoever waits looks every 20 ms.
				if took := time.Since(begun).Truncate(50 * time.Millisecond); took != test.took.Truncate(50*time.Millisecond) || drained != test.drained || !errors.Is(err, test.err) {
					t.Errorf("after %s drained %t, %v; want after %s %t, %v", took, drained, err, test.took, test.drained, test.err)
				}
			})
		})
	}
}

// endingAfter is a context that ends after a time; 0: never.
func endingAfter(t *testing.T, after time.Duration) context.Context {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	t.Cleanup(cancel)
	if after > 0 {
		time.AfterFunc(after, cancel)
	}
	return ctx
}
