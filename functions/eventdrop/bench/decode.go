package bench

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"runtime"
	"syscall"
	"time"

	"eventdrop/functions/internal/clean"
	"eventdrop/functions/internal/contract"
	"eventdrop/functions/internal/csvfile"
	"eventdrop/functions/internal/dropzone"
	"eventdrop/generator/storefront"
)

// decodeRows are 10 MB, more than the caches of a processor hold.
const decodeRows = 75_000

// decodePasses make one measurement longer than the clock of processor time is coarse.
const decodePasses = 4

// decode reads and cleans a file in memory, and by turns lets encoding/csv read it. It counts the processor time of all threads, the
// collector's included: a machine that is busy otherwise distorts that little.
func decode(ctx context.Context, l *lab, r *Result) error {
	c, err := contract.Default()
	if err != nil {
		return err
	}
	cleaner, err := clean.Compile(c)
	if err != nil {
		return err
	}
	rows := min(l.Sizes.Rows, decodeRows)
	text, err := l.file(rows)
	if err != nil {
		return err
	}
	var ours, floor, only sample
	for i := range l.Sizes.Runs {
		times, err := byTurns(ctx, decodePasses,
			func() error { return cleanAll(cleaner, text, rows) },
			func() error { return readAll(cleaner, text, rows) },
			func() error { return readPlainly(text, rows) })
		if err != nil {
			return err
		}
		ours, only, floor = append(ours, times[0]), append(only, times[1]), append(floor, times[2])
		l.tell("decode %d of %d: %.3f s, floor %.3f s", i+1, l.Sizes.Runs, times[0], times[2])
	}
	r.add("processor time against the floor", "x", ratios(ours, floor), atMost(1.5, 1.0))
	r.add("the same without cleaning", "x", ratios(only, floor), nil)
	r.add("megabytes a second", "MB/s", rate(decodePasses*len(text), ours).times(1e-6), nil)
	r.add("megabytes a second of the floor", "MB/s", rate(decodePasses*len(text), floor).times(1e-6), nil)
	r.add("rows a second", "rows/s", rate(decodePasses*rows, ours), nil)
	return nil
}

// file is a clean file of a shop, as it is dropped.
func (l *lab) file(rows int) ([]byte, error) {
	shop, err := storefront.New(storefront.Options{Seed: l.Seed})
	if err != nil {
		return nil, err
	}
	var text bytes.Buffer
	err = shop.Stream(&text, time.Now().Add(-time.Hour), rows)
	return text.Bytes(), err
}

// byTurns does everything once, again and again, and returns the processor time of each in seconds.
func byTurns(ctx context.Context, passes int, all ...func() error) ([]float64, error) {
	times := make([]float64, len(all))
	for range passes {
		for i, do := range all {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			runtime.GC() // nobody pays for another's garbage
			begun, err := processorTime()
			if err != nil {
				return nil, err
			}
			if err := do(); err != nil {
				return nil, err
			}
			ended, err := processorTime()
			if err != nil {
				return nil, err
			}
			times[i] += seconds(ended - begun)
		}
	}
	return times, nil
}

// processorTime is what this process has taken so far.
func processorTime() (time.Duration, error) {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		return 0, fmt.Errorf("ask for the processor time: %w", err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano()), nil
}

// cleanAll wants an event of every row.
func cleanAll(cleaner *clean.Cleaner, text []byte, rows int) error {
	records, err := csvfile.NewReader(bytes.NewReader(text), csvfile.Options{Known: cleaner.Known})
	if err != nil {
		return fmt.Errorf("decode: %w", err)
	}
	cleaned, err := cleaner.Rows(dropzone.Object{LastModified: time.Now()}, records, 8<<10)
	if err != nil {
		return fmt.Errorf("clean: %w", err)
	}
	return count(rows, func() (bool, error) {
		event, _, err := cleaned.Next()
		return event != nil, err
	})
}

// readAll decodes and does not clean.
func readAll(cleaner *clean.Cleaner, text []byte, rows int) error {
	records, err := csvfile.NewReader(bytes.NewReader(text), csvfile.Options{Known: cleaner.Known})
	if err != nil {
		return fmt.Errorf("decode: %w", err)
	}
	return count(rows, func() (bool, error) {
		record, err := records.Next()
		return record != nil && record.Damage == "", err
	})
}

// readPlainly lets the standard library read, to whom the header is a record like others.
func readPlainly(text []byte, rows int) error {
	records := csv.NewReader(bytes.NewReader(text))
	records.ReuseRecord = true
	return count(rows+1, func() (bool, error) {
		record, err := records.Read()
		return record != nil, err
	})
}

// count calls next up to the end, and wants so many that are sound and none that is not.
func count(want int, next func() (sound bool, err error)) error {
	for n := 0; ; n++ {
		sound, err := next()
		switch {
		case errors.Is(err, io.EOF) && n == want:
			return nil
		case errors.Is(err, io.EOF):
			return fmt.Errorf("%d records came of %d", n, want)
		case err != nil:
			return fmt.Errorf("record %d: %w", n+1, err)
		case !sound:
			return fmt.Errorf("record %d is not sound", n+1)
		}
	}
}
