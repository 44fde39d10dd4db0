package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"eventdrop/functions/internal/wiring"
)

// Options say what to measure, and how thoroughly.
type Options struct {
	Only     []string // names of benchmarks; empty: all
	Sizes    Sizes
	Quick    bool
	Seed     uint64
	Program  string // the eventdrop that is measured
	Config   wiring.Config
	Progress io.Writer
}

// Sizes are how much is measured.
type Sizes struct {
	Runs    int           // measurements of each side
	Rows    int           // of the one large object
	Backlog int           // objects of 100 rows
	For     time.Duration // of each measurement at a steady rate
	Memory  []int         // sizes of objects in MB
	Listed  int           // objects that reconcile lists
	Offered []int         // rows a second, until they are too many
	Soak    time.Duration // length of the soak
}

// Standard are the sizes of a published report.
func Standard() Sizes {
	return Sizes{
		Runs: 5, Rows: 1_000_000, Backlog: 5_000, For: 30 * time.Second, Memory: []int{1, 100, 1_000},
		Listed: 100_000, Offered: []int{1_000, 2_000, 5_000, 10_000, 20_000, 40_000, 80_000}, Soak: time.Hour,
	}
}

// Quick are sizes that take less than three minutes together.
func Quick() Sizes {
	return Sizes{
		Runs: 3, Rows: 50_000, Backlog: 300, For: 4 * time.Second, Memory: []int{1, 20},
		Listed: 1_000, Offered: []int{2_000, 10_000, 40_000}, Soak: time.Minute,
	}
}

// missingError ends a benchmark for which something is missing that this machine or the given servers do not have.
type missingError string

func (e missingError) Error() string { return string(e) }

// benchmark is one row of the report.
type benchmark struct {
	name  string
	what  string
	floor string
	run   func(ctx context.Context, l *lab, r *Result) error
	// onlyByName is one that takes too long to be meant by all.
	onlyByName bool
}

// benchmarks lists all, in the order of the report.
func benchmarks() []benchmark {
	return []benchmark{
		{name: "bulk", what: "one object of many rows, from the end of its upload to the commit", floor: "COPY of the same rows, already clean, into an equal table, as `psql \\copy` does it", run: bulk},
		{name: "backlog", what: "small objects that wait, of 100 rows each, drained by `eventdrop reconcile`", floor: "the same merges fed from memory over as many connections: no S3, no CSV, no ledger", run: backlog},
		{name: "latency", what: "20 objects a second of 100 rows each, from the PUT's answer until another connection sees the rows", floor: "one GET and two fsyncs, at the same pace", run: latency},
		{name: "poison", what: "10 objects a second of 100 rows each, while one object in ten cannot be read", floor: "the same without those", run: poisonBeside},
		{name: "decode", what: "reading and cleaning 10 MB in memory on one core, no database", floor: "encoding/csv that reads the same bytes and does nothing", run: decode},
		{name: "memory", what: "the highest resident memory of a loader, for objects of several sizes", run: memory},
		{name: "start", what: "the Lambda function ingest, from the start of its process to its first answer", floor: "a function that does nothing", run: start},
		{name: "size", what: "the package of the Lambda function ingest as a zip file", run: size},
		{name: "reconcile", what: "a reconcile of many objects of which none is missing", floor: "the same program under a contract that serves none of them: it lists, and compares nothing", run: reconcileAll},
		{name: "scaling", what: "what PostgreSQL's processors do for rows that eight loaders bring side by side", floor: "the same rows by one loader", run: scaling},
		{name: "saturation", what: "more and more rows a second, until less than 0.9 of them is sustained", run: saturation},
		{name: "soak", what: "10 objects a second of 100 rows each for a long time, with a fault each minute", run: soak, onlyByName: true},
	}
}

// Names are the names of all benchmarks.
func Names() []string {
	var names []string
	for _, b := range benchmarks() {
		names = append(names, b.name)
	}
	return names
}

// Run measures, one benchmark after the other, and returns the results so far where one fails or ctx ends.
func Run(ctx context.Context, o Options) (results []Result, err error) {
	l, err := newLab(ctx, o)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, l.close(ctx)) }()
	origin := l.origin(ctx)
	for _, b := range choose(o.Only) {
		r, err := l.measure(ctx, b)
		if err != nil {
			return results, fmt.Errorf("%s: %w", b.name, err)
		}
		r.Origin = origin
		results = append(results, r)
	}
	return results, nil
}

// Known reports whether there is such a benchmark.
func Known(name string) bool { return slices.Contains(Names(), name) }

// choose returns the benchmarks that are wanted, in the order of the report.
func choose(only []string) []benchmark {
	all := benchmarks()
	return slices.DeleteFunc(all, func(b benchmark) bool {
		return len(only) == 0 && b.onlyByName || len(only) > 0 && !slices.Contains(only, b.name)
	})
}

func (l *lab) measure(ctx context.Context, b benchmark) (Result, error) {
	r := Result{Name: b.name, What: b.what, Floor: b.floor}
	l.tell("%s: %s", b.name, b.what)
	begun := time.Now()
	err := b.run(ctx, l, &r)
	if missing, ok := errors.AsType[missingError](err); ok {
		l.tell("%s: not measured: %s", b.name, missing)
		r.Missing, err = missing.Error(), nil
	}
	r.Took = seconds(time.Since(begun))
	return r, err
}
