package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"time"

	"eventdrop/functions/internal/wiring"
	"eventdrop/generator/storefront"
)

type demoCmd struct {
	For     time.Duration `help:"End after this time; without it the demo runs until Ctrl-C."`
	Rate    float64       `default:"20" help:"Objects dropped per second."`
	Rows    int           `default:"100" help:"Rows per object."`
	Defects float64       `default:"0.2" help:"Share of rows with a planted defect, 0 to 1."`
	Redrops float64       `default:"0.02" help:"Share of objects that are an earlier file again, under another name."`
	Seed    uint64        `help:"Seed of the generator; 0: a random one, which is shown."`
}

// errBooks ends a demo whose books do not balance.
var errBooks = errors.New("books do not balance: this is a fault of eventdrop, please report it with the seed above")

// Run starts a stack, lets the generator drop dirty objects into its bucket, shows what happens, and at
// the end compares what was planted with what was loaded, row by row.
func (c *demoCmd) Run(a *app) error {
	shop, cfg, err := c.prepare()
	if err != nil {
		return err
	}
	stack, err := startStack(a.ctx, stackOptions{
		durable: true, passing: true, listen: "127.0.0.1:0", config: cfg, progress: a.stderr, logTo: a.stderr,
	})
	if err != nil {
		return err
	}
	report, err := c.play(a, stack, shop)
	if err == nil {
		err = a.print(report, report.write)
	}
	if err == nil && !report.Balance {
		err = errBooks
	}
	return errors.Join(err, stack.stop(a.ctx))
}

func (c *demoCmd) prepare() (*storefront.Shop, wiring.Config, error) {
	if c.Seed == 0 {
		c.Seed = rand.Uint64N(1 << 32) //nolint:gosec // a seed is no secret
	}
	var faults []error
	if !(c.Rate > 0 && c.Rate <= 1000) { // NaN is neither
		faults = append(faults, fmt.Errorf("%w: --rate=%v: want more than 0 and at most 1000 objects per second", errUsage, c.Rate))
	}
	if c.For < 0 {
		faults = append(faults, fmt.Errorf("%w: --for=%s: want a positive duration", errUsage, c.For))
	}
	shop, err := storefront.New(storefront.Options{
		Seed: c.Seed, Prefix: "shop", Rows: storefront.Rows{Min: c.Rows, Max: c.Rows}, Defects: c.Defects, Redrops: c.Redrops,
		Versions: map[string]float64{"v1": 1, "v2": 3, "v3": 1}, Compression: storefront.CompressionMixed,
	})
	if err != nil {
		faults = append(faults, fmt.Errorf("%w: %w", errUsage, err))
	}
	cfg, err := wiring.Read(0)
	cfg.LogLevel = "error" // parked objects are planted on purpose: the report tells of them
	return shop, cfg, errors.Join(append(faults, err)...)
}

// play runs the traffic through the runner until the time is over and everything has its outcome.
func (c *demoCmd) play(a *app, s *stack, shop *storefront.Shop) (*demoReport, error) {
	meter := newMeter()
	serving, stopServing := context.WithCancel(context.WithoutCancel(a.ctx))
	served := make(chan error, 1)
	go func() {
		defer stopServing()
		served <- s.run(serving, meter.observe)
	}()

	c.introduce(a.stderr, s)
	stopShowing := showProgress(a.stderr, meter)
	traffic := &traffic{shop: shop, put: s.put, meter: meter, every: time.Duration(float64(time.Second) / c.Rate)}
	truth, drained, err := traffic.run(a.ctx, serving, c.For)
	stopShowing()
	stopServing()
	if err := cmp.Or(<-served, err); err != nil { // the end of a server is why the traffic failed
		return nil, err
	}
	if !drained {
		fmt.Fprintf(a.stderr, "after %s some objects still have no outcome\n", drainTime)
	}
	return newDemoReport(context.WithoutCancel(a.ctx), c.Seed, truth, meter, s)
}

func (s *stack) put(ctx context.Context, key string, body []byte) error {
	return s.store.Put(ctx, s.parts.Config.S3Bucket, key, body)
}

// introduce tells what runs and how to look at it.
func (c *demoCmd) introduce(w io.Writer, s *stack) {
	fmt.Fprintf(w, `
%s
%.0f objects per second of %d rows, %.0f %% of them defective (seed %d)

Look at it with
  %s
and try
  select * from load_history limit 10;
  select * from rejects_by_reason;
  select * from purchase_funnel;
Metrics for Prometheus: %s

`, s.servers(), c.Rate, c.Rows, c.Defects*100, c.Seed, s.psql(), s.url("/metrics"))
	if c.For == 0 {
		fmt.Fprint(w, "Ctrl-C ends it and shows the books.\n\n")
	}
}
