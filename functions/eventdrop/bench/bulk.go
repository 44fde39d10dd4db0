package bench

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"time"

	"eventdrop/generator/storefront"
)

const bulkKey = "bulk.csv"

// bulk loads one large object, and by turns copies the rows that came of it into an equal table.
func bulk(ctx context.Context, l *lab, r *Result) error {
	p, remove, err := l.newPlace(ctx)
	if err != nil {
		return err
	}
	defer remove()
	size, err := p.putLarge(ctx, bulkKey, l.Sizes.Rows)
	if err != nil {
		return err
	}
	clean, err := p.cleanRows(ctx)
	if err != nil {
		return err
	}
	defer os.Remove(clean) //nolint:errcheck // it lies in the temporary folder
	var ours, floor, cpu sample
	for i := range l.Sizes.Runs {
		copied, err := p.copyClean(ctx, clean)
		if err != nil {
			return err
		}
		floor = append(floor, seconds(copied))
		used, err := p.loadLarge(ctx, bulkKey, p.Sizes.Rows)
		if err != nil {
			return err
		}
		ours, cpu = append(ours, seconds(used.wall)), append(cpu, seconds(used.cpu))
		l.tell("bulk %d of %d: %.2f s, floor %.2f s", i+1, l.Sizes.Runs, used.wall.Seconds(), copied.Seconds())
	}
	r.add("time against the floor", "x", ratios(ours, floor), atMost(1.3, 1.0))
	r.add("time", "s", ours, nil)
	r.add("floor", "s", floor, nil)
	r.add("rows a second", "rows/s", rate(l.Sizes.Rows, ours), nil)
	r.add("bytes a second", "MB/s", rate(int(size/1e6), ours), nil)
	r.add("processor time of the loader", "s", cpu, nil)
	return nil
}

// rate divides an amount by each time.
func rate(amount int, times sample) sample {
	rates := make(sample, len(times))
	for i := range times {
		rates[i] = float64(amount) / times[i]
	}
	return rates
}

// putLarge stores a clean object of so many rows, which never lies in memory, and returns its size.
func (p *place) putLarge(ctx context.Context, key string, rows int) (size int64, err error) {
	shop, err := storefront.New(storefront.Options{Seed: p.Seed})
	if err != nil {
		return 0, err
	}
	reader, writer := io.Pipe()
	counter := &counting{w: writer}
	go func() { writer.CloseWithError(shop.Stream(counter, time.Now().Add(-time.Hour), rows)) }()
	err = p.store.PutStream(ctx, p.config.S3Bucket, key, reader)
	_ = reader.CloseWithError(err) // ends the writer, if it is still at work
	return counter.n, err
}

// counting counts what is written.
type counting struct {
	w io.Writer
	n int64
}

func (c *counting) Write(b []byte) (int, error) {
	n, err := c.w.Write(b)
	c.n += int64(n)
	return n, err
}

// loadLarge loads an object into empty tables, and counts what came of its rows.
func (p *place) loadLarge(ctx context.Context, key string, rows int) (usage, error) {
	if err := p.renew(ctx); err != nil {
		return usage{}, err
	}
	used, err := p.eventdrop(ctx, "load", "s3://"+p.config.S3Bucket+"/"+key)
	if err != nil {
		return used, err
	}
	return used, p.expectRows(ctx, rows)
}

// expectRows fails unless exactly so many events are there.
func (p *place) expectRows(ctx context.Context, rows int) error {
	n, err := p.value(ctx, "select count(*) from events")
	if err == nil && n != int64(rows) {
		err = fmt.Errorf("%d rows came of %d", n, rows)
	}
	return err
}

// cleanRows loads the object once and writes the rows that came of it, in the order of the file, as CSV.
func (p *place) cleanRows(ctx context.Context) (name string, err error) {
	if _, err := p.loadLarge(ctx, bulkKey, p.Sizes.Rows); err != nil {
		return "", err
	}
	file, err := os.CreateTemp("", "eventdrop-bench-*.csv")
	if err != nil {
		return "", fmt.Errorf("keep the clean rows: %w", err)
	}
	defer file.Close()
	_, err = p.db.PgConn().CopyTo(ctx, file, "copy (select * from events order by line_no) to stdout (format csv)")
	if err != nil {
		return "", fmt.Errorf("write the clean rows: %w", err)
	}
	return file.Name(), nil
}

// copyClean does what `psql \copy events from 'FILE' csv` does.
func (p *place) copyClean(ctx context.Context, name string) (time.Duration, error) {
	if err := p.renew(ctx); err != nil {
		return 0, err
	}
	text, err := os.ReadFile(name) //nolint:gosec // written above
	if err != nil {
		return 0, fmt.Errorf("read the clean rows: %w", err)
	}
	begun := time.Now()
	if _, err := p.db.PgConn().CopyFrom(ctx, bytes.NewReader(text), "copy events from stdin (format csv)"); err != nil {
		return 0, fmt.Errorf("copy the clean rows: %w", err)
	}
	return time.Since(begun), nil
}
