package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"time"

	"eventdrop/functions/eventdrop/bench"
	"eventdrop/functions/internal/wiring"
)

type benchCmd struct {
	Names   []string      `arg:"" optional:"" name:"benchmark" help:"Only these; see --list."`
	Quick   bool          `help:"Small sizes: less than three minutes together."`
	List    bool          `help:"List the benchmarks and leave."`
	Report  string        `type:"path" placeholder:"FILE" help:"Write the results into this document, too, as docs/performance_metrics.md, and plots beside it."`
	Seed    uint64        `default:"1" help:"Seed of the generator."`
	Runs    int           `help:"Measurements of each side; 0: 5, quick 3."`
	Rows    int           `help:"Rows of the large object; 0: 1,000,000, quick 50,000."`
	Backlog int           `help:"Objects of 100 rows that wait; 0: 5,000, quick 300."`
	For     time.Duration `help:"Length of each measurement at a steady rate; 0: 30s, quick 4s. Of soak: 1h, quick 1m."`
	Memory  []int         `placeholder:"MB" help:"Sizes of the objects whose memory is measured; by default 1, 100 and 1000 MB, quick 1 and 20."`
	Listed  int           `help:"Objects that reconcile lists; 0: 100,000, quick 1,000."`
}

// Run measures and tells the results.
func (c *benchCmd) Run(a *app) error {
	if c.List {
		_, err := fmt.Fprintln(a.stdout, strings.Join(bench.Names(), "\n"))
		return err
	}
	options, err := c.options(a)
	if err != nil {
		return err
	}
	results, failed := bench.Run(a.ctx, options)
	if errors.Is(failed, context.Canceled) {
		failed = fmt.Errorf("interrupted: %w", failed)
	}
	err = a.print(results, func(w io.Writer) error { return bench.Write(w, results) })
	if err == nil && c.Report != "" {
		err = bench.Publish(c.Report, results)
	}
	return errors.Join(failed, err)
}

func (c *benchCmd) options(a *app) (bench.Options, error) {
	for _, n := range append(c.Memory, c.Runs, c.Rows, c.Backlog, c.Listed, int(c.For)) {
		if n < 0 {
			return bench.Options{}, fmt.Errorf("%w: a size is at least 1", errUsage)
		}
	}
	if slices.Contains(c.Memory, 0) {
		return bench.Options{}, fmt.Errorf("%w: --memory: an object has at least 1 MB", errUsage)
	}
	for _, name := range c.Names {
		if !bench.Known(name) {
			return bench.Options{}, fmt.Errorf("%w: there is no benchmark %q: they are %s", errUsage, name, strings.Join(bench.Names(), ", "))
		}
	}
	cfg, err := wiring.Read(0)
	if err != nil {
		return bench.Options{}, err
	}
	program, err := os.Executable()
	if err != nil {
		return bench.Options{}, fmt.Errorf("find the program that is to be measured: %w", err)
	}
	if c.Seed == 0 {
		c.Seed = rand.Uint64N(1 << 32) //nolint:gosec // a seed is no secret
	}
	return bench.Options{Only: c.Names, Sizes: c.sizes(), Quick: c.Quick, Seed: c.Seed, Program: program, Config: cfg, Progress: a.stderr}, nil
}

// sizes are the standard or the quick ones, but for what was given.
func (c *benchCmd) sizes() bench.Sizes {
	s := bench.Standard()
	if c.Quick {
		s = bench.Quick()
	}
	for size, given := range map[*int]int{&s.Runs: c.Runs, &s.Rows: c.Rows, &s.Backlog: c.Backlog, &s.Listed: c.Listed} {
		if given > 0 {
			*size = given
		}
	}
	if c.For > 0 {
		s.For, s.Soak = c.For, c.For
	}
	if len(c.Memory) > 0 {
		s.Memory = c.Memory
	}
	return s
}
