package bench

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"

	"eventdrop/functions/internal/bucket"
	"eventdrop/functions/internal/dropzone"
	"eventdrop/functions/internal/reconcile"
)

// reconcileAll fills a bucket and a ledger that knows all of it, and lets reconcile compare them, by turns with the same program that only lists.
func reconcileAll(ctx context.Context, l *lab, r *Result) error {
	p, remove, err := l.newPlace(ctx)
	if err != nil {
		return err
	}
	defer remove()
	last, err := p.fillLedger(ctx)
	if err != nil {
		return err
	}
	lister, forget, err := p.lister()
	if err != nil {
		return err
	}
	defer forget()
	var ours, floor, peak, listerPeak sample
	for i := range l.Sizes.Runs + 1 {
		listed, err := lister.compare(ctx, 0, last)
		if err != nil {
			return err
		}
		compared, err := p.compare(ctx, l.Sizes.Listed, last)
		if err != nil {
			return err
		}
		if i == 0 {
			continue // the server has to warm up for whoever comes first
		}
		floor, listerPeak = append(floor, seconds(listed.wall)), append(listerPeak, listed.peak)
		ours, peak = append(ours, seconds(compared.wall)), append(peak, compared.peak)
		l.tell("reconcile %d of %d: %.2f s, floor %.2f s", i, l.Sizes.Runs, compared.wall.Seconds(), listed.wall.Seconds())
	}
	r.add("time against the floor", "x", ratios(ours, floor), atMost(1.3, 1.1))
	r.add("objects", "objects", sample{float64(l.Sizes.Listed)}, nil)
	r.add("time", "s", ours, nil)
	r.add("floor", "s", floor, nil)
	r.add("objects a second", "objects/s", rate(l.Sizes.Listed, ours), nil)
	if peak.median() > 0 {
		r.add("peak of memory", "MiB", peak, nil)
		r.add("peak of memory of the floor", "MiB", listerPeak, nil)
	}
	return nil
}

// compare runs a reconcile that must have listed the bucket up to its last key, have accepted so many objects, and miss nothing.
func (p *place) compare(ctx context.Context, accepted int, last string) (usage, error) {
	c, err := p.start(ctx, "reconcile", "--dry-run", "-o", "json")
	if err != nil {
		return usage{}, err
	}
	used, err := c.end()
	if err != nil {
		return usage{}, err
	}
	var report reconcile.Report
	if err := json.Unmarshal(c.stdout.Bytes(), &report); err != nil {
		return usage{}, fmt.Errorf("read the report of reconcile: %w", err)
	}
	if report.Listed != int64(accepted) || report.Missing != 0 || report.Due != 0 || report.Through != last {
		return usage{}, fmt.Errorf("of %d objects up to %s reconcile says: listed %d up to %s, missing %d, due %d",
			accepted, last, report.Listed, report.Through, report.Missing, report.Due)
	}
	return used, nil
}

// unserved is a contract for the same table that serves no key of the bucket.
const unserved = `contract: unserved
revision: 1
table: events
objects: {prefixes: [no such folder/], suffixes: [.csv]}
key: event_id
extras: extras
columns:
  - {name: event_id, type: uuid}
`

// lister is the place under a contract that serves nothing, until it is forgotten.
func (p *place) lister() (lister *place, forget func(), err error) {
	folder, err := os.MkdirTemp("", "eventdrop-bench-")
	if err != nil {
		return nil, nil, fmt.Errorf("make a folder for a contract: %w", err)
	}
	forget = func() { _ = os.RemoveAll(folder) } // it is in the temporary folder, and goes some day
	own := *p
	own.config.Contract = filepath.Join(folder, "unserved.yaml")
	if err := os.WriteFile(own.config.Contract, []byte(unserved), 0o600); err != nil {
		forget()
		return nil, nil, fmt.Errorf("write a contract: %w", err)
	}
	return &own, forget, nil
}

// fillLedger puts small objects, enters all that the bucket then lists into the ledger as loaded, and returns the last key.
func (p *place) fillLedger(ctx context.Context) (last string, err error) {
	if err := p.hush(ctx); err != nil {
		return "", err
	}
	p.full = p.minio != nil
	if err := p.putSmall(ctx, p.Sizes.Listed); err != nil {
		return "", err
	}
	store, err := p.config.OpenStore()
	if err != nil {
		return "", err
	}
	next, stop := iter.Pull2(store.List(ctx, p.config.S3Bucket, "", bucket.ListOptions{}))
	defer stop()
	rows := pgx.CopyFromFunc(func() ([]any, error) {
		o, err, ok := next()
		if !ok || err != nil {
			return nil, err
		}
		last = o.Key
		return entry(&o), nil
	})
	n, err := p.db.CopyFrom(ctx, pgx.Identifier{"objects"}, entryColumns(), rows)
	if err == nil && n != int64(p.Sizes.Listed) {
		err = fmt.Errorf("the bucket lists %d objects of %d", n, p.Sizes.Listed)
	}
	if err != nil {
		return "", fmt.Errorf("enter the bucket into the ledger: %w", err)
	}
	return last, p.exec(ctx, "vacuum analyze objects")
}

// entryColumns are those of a ledger's row that a reconcile looks at, and what it must have besides.
func entryColumns() []string {
	return []string{"bucket", "key", "version_id", "etag", "drop_number", "state", "size_bytes", "last_modified", "contract", "revision"}
}

func entry(o *dropzone.Object) []any {
	return []any{o.Bucket, o.Key, o.VersionID, o.ETag, 1, string(dropzone.Loaded), o.Size, o.LastModified, "ecommerce_events", 1}
}

// sideBySide are how many objects are put at a time.
const sideBySide = 32

// folderSize is how many small objects a folder has.
const folderSize = 1_000

// smallKey is the key of the i-th small object.
func smallKey(i int64) string { return fmt.Sprintf("%04d/%07d.csv", i/folderSize, i) }

// putSmall puts so many objects of a header each, a thousand to a folder. On a MinIO of ours only the first of each folder is uploaded:
// the others are links to it on the server's drive, because a million uploads take hours here, and a listing looks at
// the drive alone.
func (p *place) putSmall(ctx context.Context, objects int) error {
	step := int64(1)
	if p.minio != nil {
		step = folderSize
	}
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	var next, done atomic.Int64
	var putters sync.WaitGroup
	for range min(sideBySide, objects) {
		putters.Go(func() {
			for i := next.Add(step) - step; i < int64(objects) && ctx.Err() == nil; i = next.Add(step) - step {
				last := min(i+step, int64(objects))
				err := p.store.Put(ctx, p.config.S3Bucket, smallKey(i), []byte("event_id,event_type,event_time\n"))
				if err == nil {
					err = p.linkSmall(i, last)
				}
				if err != nil {
					stop(err)
				}
				done.Add(last - i)
			}
		})
	}
	told, end := context.WithCancel(ctx)
	defer end()
	go p.tellUploads(told, &done, objects)
	putters.Wait()
	return context.Cause(ctx)
}

// linkSmall gives the object with the first number the keys of those up to the last, on the server's drive: an object is a folder there with one file.
func (p *place) linkSmall(first, last int64) error {
	for i := first + 1; i < last; i++ {
		object := func(i int64) string {
			return filepath.Join(p.minio.Drive(), p.config.S3Bucket, filepath.FromSlash(smallKey(i)))
		}
		const meta = "xl.meta"
		err := os.Mkdir(object(i), 0o755) //nolint:gosec // as root, the server is another user
		if err == nil {
			err = os.Link(filepath.Join(object(first), meta), filepath.Join(object(i), meta))
		}
		if err != nil {
			return fmt.Errorf("link an object: %w", err)
		}
	}
	return nil
}

// tellUploads reports every ten seconds how far uploads are.
func (p *place) tellUploads(ctx context.Context, done *atomic.Int64, objects int) {
	tick := time.NewTicker(10 * time.Second)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			p.tell("reconcile: %s of %s objects are in the bucket", grouped(done.Load()), grouped(int64(objects)))
		}
	}
}
