package schedule

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"
	"sync"
	"time"

	"eventdrop/functions/internal/campaign/model"
	"eventdrop/functions/internal/dropzone"
)

// store is the bucket of a schedule, as the pipeline sees it, and as the schedule does.
type store interface {
	Open(ctx context.Context, o dropzone.Object) (dropzone.Object, io.ReadCloser, error)
	Stat(ctx context.Context, o dropzone.Object) (dropzone.Object, error)
	VersionRank(ctx context.Context, o dropzone.Object) (int32, error)
	List(ctx context.Context, after string) iter.Seq2[dropzone.Object, error]

	begin(l *model.Life, prefix string)
	put(drop int)
	remove(key uint8)
	purge(drop int)
	tick()
	// fail has the next Open fail; failed reports whether it has.
	fail()
	failed() bool
	// notice is what a notice tells of a drop.
	notice(drop int) dropzone.Object
	// identify finds the drop of a version, and the body of an ETag.
	identify(version, etag string) (drop int, body uint8)
	// finish has the life know what the store says.
	finish()
	bucket() string
	base() time.Time // from which the life counts its seconds
}

var errStore = errors.New("the store does not answer")

// memory is a store in memory: the bucket of a life.
type memory struct {
	mu      sync.Mutex
	life    *model.Life
	prefix  string
	failing bool
}

func (m *memory) begin(l *model.Life, prefix string) { m.life, m.prefix, m.failing = l, prefix, false }
func (m *memory) put(int)                            {}
func (m *memory) remove(uint8)                       {}
func (m *memory) purge(int)                          {}
func (m *memory) tick()                              {}
func (m *memory) finish()                            {}
func (m *memory) bucket() string                     { return "shop" }
func (m *memory) base() time.Time                    { return time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC) }

func (m *memory) fail() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.failing = true
}

func (m *memory) failed() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	failed := !m.failing
	m.failing = false
	return failed
}

func (m *memory) object(drop int) dropzone.Object {
	d := m.life.Drops[drop]
	o := dropzone.Object{
		Bucket: m.bucket(), Key: m.prefix + model.KeyName(int(d.Key)), ETag: fmt.Sprintf("etag-%d", d.Body),
		Size: int64(len(csv(m.life.Bodies[d.Body]))), LastModified: m.base().Add(time.Duration(d.Second) * time.Second),
	}
	if m.life.Versioned {
		o.VersionID = fmt.Sprintf("version-%d", drop)
	}
	return o
}

// notice tells a precise last-modified, which is the same for all versions of a second: only a listing tells their order.
func (m *memory) notice(drop int) dropzone.Object {
	o := m.object(drop)
	return dropzone.Object{Bucket: o.Bucket, Key: o.Key, VersionID: o.VersionID, ETag: o.ETag, PreciseModified: o.LastModified}
}

func (m *memory) identify(version, etag string) (drop int, body uint8) {
	if m.life.Versioned {
		mustScan(version, "version-%d", &drop)
	}
	mustScan(etag, "etag-%d", &body)
	return drop, body
}

func mustScan(text, format string, to any) {
	if _, err := fmt.Sscanf(text, format, to); err != nil {
		panic(fmt.Sprintf("%s: %v", text, err)) // the ledger has a name that nobody gave
	}
}

func (m *memory) key(o dropzone.Object) uint8 {
	return o.Key[len(m.prefix)] - 'a'
}

// find is what Open and Stat find; -1: nothing.
func (m *memory) find(o dropzone.Object) int {
	if o.VersionID == "" {
		return m.life.Current(m.key(o))
	}
	drop, _ := m.identify(o.VersionID, "etag-0")
	if m.life.Drops[drop].Purged {
		return -1
	}
	return drop
}

// Open implements ingest.Source.
func (m *memory) Open(ctx context.Context, o dropzone.Object) (dropzone.Object, io.ReadCloser, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return o, nil, err
	}
	if m.failing {
		m.failing = false
		return o, nil, errStore
	}
	if o.ETag == "" && o.VersionID == "" {
		m.life.Opening(m.key(o))
	}
	drop := m.find(o)
	if drop < 0 {
		return o, nil, dropzone.ErrGone
	}
	found := m.object(drop)
	if o.VersionID == "" && o.ETag != "" && o.ETag != found.ETag {
		return o, nil, dropzone.ErrSuperseded
	}
	m.life.Opened(drop)
	return found, io.NopCloser(strings.NewReader(csv(m.life.Bodies[m.life.Drops[drop].Body]))), nil
}

// Stat implements ingest.Source.
func (m *memory) Stat(_ context.Context, o dropzone.Object) (dropzone.Object, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	drop := m.find(o)
	if drop < 0 {
		return o, dropzone.ErrGone
	}
	return m.object(drop), nil
}

// VersionRank implements ingest.Source.
func (m *memory) VersionRank(_ context.Context, o dropzone.Object) (int32, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	drop := m.find(o)
	if drop < 0 {
		return 0, dropzone.ErrGone
	}
	return m.life.Rank(drop), nil
}

// List implements reconcile.Bucket: in the order of the keys, the newest version first.
func (m *memory) List(context.Context, string) iter.Seq2[dropzone.Object, error] {
	m.mu.Lock()
	defer m.mu.Unlock()
	var listed []dropzone.Object
	for drop := range slices.Backward(m.life.Drops) {
		if m.life.Listed(drop) {
			o := m.object(drop)
			if o.Versioned() {
				o.VersionRank, o.Ranked = m.life.Rank(drop), true
			}
			listed = append(listed, o)
		}
	}
	slices.SortStableFunc(listed, func(a, b dropzone.Object) int { return cmp.Compare(a.Key, b.Key) })
	return func(yield func(dropzone.Object, error) bool) {
		for _, o := range listed {
			if !yield(o, nil) {
				return
			}
		}
	}
}
