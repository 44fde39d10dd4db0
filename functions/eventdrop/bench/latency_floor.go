package bench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// leastLatency is the least that a small object can take on these servers: one GET and two fsyncs, which are the commit's and the
// one that it may have to wait for, because another commit's is at work.
type leastLatency struct {
	*place

	file *os.File
}

// newLeastLatency opens a file beside PostgreSQL's data, so that it is on the same disk, or in the temporary folder where that is
// on another machine or closed to us.
func (p *place) newLeastLatency(ctx context.Context) (*leastLatency, error) {
	var data string
	if err := p.db.QueryRow(ctx, "show data_directory").Scan(&data); err == nil && data != "" {
		if file, err := os.CreateTemp(filepath.Dir(data), "eventdrop-bench-*"); err == nil {
			return &leastLatency{p, file}, nil
		}
	}
	file, err := os.CreateTemp("", "eventdrop-bench-*")
	if err != nil {
		return nil, fmt.Errorf("make a file for the floor: %w", err)
	}
	p.tell("the floor's fsyncs are in %s: PostgreSQL's data directory cannot be written to", filepath.Dir(file.Name()))
	return &leastLatency{p, file}, nil
}

func (f *leastLatency) close() { _ = errors.Join(f.file.Close(), os.Remove(f.file.Name())) } // nothing of it is needed

// measure takes the milliseconds for each of the objects, at the pace of the objects themselves: a processor that was at rest is
// slower, for both.
func (f *leastLatency) measure(ctx context.Context, drops []drop) (sample, error) {
	var all sample
	begun := time.Now()
	for i := range drops {
		if !waitUntil(ctx, begun.Add(drops[i].at)) {
			return nil, context.Cause(ctx)
		}
		took, err := f.once(ctx, drops[i].key)
		if err != nil {
			return nil, err
		}
		all = append(all, milliseconds(took))
	}
	return all, nil
}

func (f *leastLatency) once(ctx context.Context, key string) (time.Duration, error) {
	begun := time.Now()
	if _, err := f.store.Get(ctx, f.config.S3Bucket, key); err != nil {
		return 0, err
	}
	for range 2 {
		if _, err := f.file.Write(make([]byte, 4<<10)); err != nil {
			return 0, fmt.Errorf("write for the floor: %w", err)
		}
		if err := f.file.Sync(); err != nil {
			return 0, fmt.Errorf("fsync for the floor: %w", err)
		}
	}
	return time.Since(begun), nil
}
