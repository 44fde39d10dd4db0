package main

import (
	"context"
	"os"
	"testing"
	"time"

	"eventdrop/generator/storefront"
)

// P1, P2: the database restarts while objects are dropped, in order and by a crash; everything that
// failed meanwhile is found again.
func TestPostgreSQLRestartsUnderLoad(t *testing.T) {
	t.Parallel()
	cfg := quietConfig()
	cfg.LogLevel = "error" // the outage is told at length
	cfg.ReconcileEvery = time.Second
	s, err := startStack(t.Context(), stackOptions{durable: true, listen: "127.0.0.1:0", config: cfg, progress: os.Stderr, logTo: os.Stderr})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := s.stop(t.Context()); err != nil {
			t.Error(err)
		}
	}()
	serving, stopServing := context.WithCancel(t.Context())
	meter := newMeter()
	served := make(chan error, 1)
	go func() { served <- s.serve(serving, meter.observe) }()
	shop, err := storefront.New(storefront.Options{Seed: 31, Prefix: "shop", Rows: storefront.Rows{Min: 20, Max: 20}, Defects: 0.2})
	if err != nil {
		t.Fatal(err)
	}
	var truth []storefront.Manifest
	drive := func(limit time.Duration) {
		more, err := (&traffic{shop: shop, put: s.put, meter: meter, every: 20 * time.Millisecond}).drive(t.Context(), limit)
		if err != nil {
			t.Fatal(err)
		}
		truth = append(truth, more...)
	}
	drive(time.Second)
	for _, crash := range []bool{false, true} {
		if crash {
			s.postgres.Kill()
		}
		restarted := make(chan error, 1)
		go func() { restarted <- s.postgres.Restart(t.Context()) }()
		drive(time.Second)
		if err := <-restarted; err != nil {
			t.Fatal(err)
		}
	}
	drive(time.Second)
	if !meter.drain(drainTime) {
		t.Error("some objects have no outcome")
	}
	c, err := compare(t.Context(), truth, s.parts.Warehouse)
	if err != nil {
		t.Fatal(err)
	}
	if c.wrong > 0 || len(truth) < 100 {
		t.Errorf("%d objects, %d differences: %v", len(truth), c.wrong, c.faults)
	}
	totals, err := s.parts.Warehouse.Totals(t.Context())
	if err != nil || !totals.Balance() {
		t.Errorf("totals %+v, %v", totals, err)
	}
	stopServing()
	if err := <-served; err != nil {
		t.Error(err)
	}
}
