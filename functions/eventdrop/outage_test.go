package main

import (
	"context"
	"errors"
	"os"
	"testing"
	"time"

	"github.com/minio/minio-go/v7"

	"eventdrop/generator/storefront"
)

// P1, P2, I11: the database restarts while objects are dropped, in order and by a crash; everything that
// failed meanwhile is found again.
func TestPostgreSQLRestartsUnderLoad(t *testing.T) {
	t.Parallel()
	o := newOutage(t, 31)
	s := o.stack
	o.drive()
	for _, crash := range []bool{false, true} {
		if crash {
			s.postgres.Kill()
		}
		restarted := make(chan error, 1)
		go func() { restarted <- s.postgres.Restart(t.Context()) }()
		o.drive()
		if err := <-restarted; err != nil {
			t.Fatal(err)
		}
	}
	o.drive()
	o.check()
}

// N1: MinIO is killed in a storm of PUTs. Notices of objects that it had acknowledged may be lost for
// ever; the reconcile finds the objects.
func TestMinIOKilledInAStormLosesNothing(t *testing.T) {
	t.Parallel()
	o := newOutage(t, 32)
	put := o.put
	o.put = func(ctx context.Context, key string, body []byte) error { return putUntilStored(ctx, put, key, body) }
	for range 2 {
		o.drive()
		restarted := make(chan error, 1)
		go func() {
			o.stack.minio.Kill()
			restarted <- o.stack.minio.Restart(t.Context())
		}()
		o.drive()
		if err := <-restarted; err != nil {
			t.Fatal(err)
		}
	}
	o.check()
}

// putUntilStored repeats an upload as a producer does that got no answer. A key that is taken by then
// was stored by the try without an answer.
func putUntilStored(ctx context.Context, put func(context.Context, string, []byte) error, key string, body []byte) error {
	pause := time.NewTicker(50 * time.Millisecond)
	defer pause.Stop()
	for {
		err := put(ctx, key, body)
		if answer, ok := errors.AsType[minio.ErrorResponse](err); err == nil || ok && answer.Code == minio.PreconditionFailed {
			return nil
		}
		select {
		case <-pause.C:
		case <-ctx.Done():
			return err
		}
	}
}

// outage is a stack under load whose servers a test takes away.
type outage struct {
	t     *testing.T
	stack *stack
	meter *meter
	shop  *storefront.Shop
	put   func(ctx context.Context, key string, body []byte) error
	truth []storefront.Manifest
}

func newOutage(t *testing.T, seed uint64) *outage {
	t.Helper()
	cfg := quietConfig()
	cfg.LogLevel = "error" // the outage is told at length
	cfg.ReconcileEvery = time.Second
	s, err := startStack(t.Context(), stackOptions{durable: true, listen: "127.0.0.1:0", config: cfg, progress: os.Stderr, logTo: os.Stderr})
	if err != nil {
		t.Fatal(err)
	}
	shop, err := storefront.New(storefront.Options{Seed: seed, Prefix: "shop", Rows: storefront.Rows{Min: 20, Max: 20}, Defects: 0.2})
	if err != nil {
		t.Fatal(err)
	}
	o := &outage{t: t, stack: s, meter: newMeter(), shop: shop, put: s.put}
	serving, stopServing := context.WithCancel(context.WithoutCancel(t.Context()))
	served := make(chan error, 1)
	go func() { served <- s.serve(serving, o.meter.observe) }()
	t.Cleanup(func() {
		stopServing()
		if err := errors.Join(<-served, s.stop(serving)); err != nil {
			t.Error(err)
		}
	})
	return o
}

// drive drops objects for a second.
func (o *outage) drive() {
	o.t.Helper()
	more, err := (&traffic{shop: o.shop, put: o.put, meter: o.meter, every: 20 * time.Millisecond}).drive(o.t.Context(), time.Second)
	if err != nil {
		o.t.Fatal(err)
	}
	o.truth = append(o.truth, more...)
}

// check waits for every object's outcome, and compares tables and truth.
func (o *outage) check() {
	o.t.Helper()
	if !o.meter.drain(o.t.Context(), 2*drainTime) { // an attempt that was noted when the server died is due after a minute
		o.t.Error("some objects have no outcome")
	}
	c, err := compare(o.t.Context(), o.truth, o.stack.parts.Warehouse)
	if err != nil {
		o.t.Fatal(err)
	}
	if c.wrong > 0 || len(o.truth) < 60 {
		o.t.Errorf("%d objects, %d differences: %v", len(o.truth), c.wrong, c.faults)
	}
	totals, err := o.stack.parts.Warehouse.Totals(o.t.Context())
	if err != nil || !totals.Balance() {
		o.t.Errorf("totals %+v, %v", totals, err)
	}
}
