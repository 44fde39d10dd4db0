package reconcile

import (
	"context"
	"iter"
	"runtime"
	"slices"
	"testing"

	"eventdrop/functions/internal/dropzone"
)

// measured is a listing that looks at the heap on its way.
type measured struct {
	listing
	heaps []uint64 // in use after a collection, in bytes, at equal distances
}

const looks = 10

// List implements Bucket.
func (m *measured) List(ctx context.Context, after string) iter.Seq2[dropzone.Object, error] {
	return func(yield func(dropzone.Object, error) bool) {
		n := 0
		for o, err := range m.listing.List(ctx, after) {
			if n++; n%(m.n/looks) == 0 {
				m.heaps = append(m.heaps, heap())
			}
			if !yield(o, err) {
				return
			}
		}
	}
}

func heap() uint64 {
	runtime.GC()
	runtime.GC() // what pools keep goes with the second
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return stats.HeapInuse
}

// O9: a reconcile of a huge bucket against the real ledger needs no more memory on its way than for a page or two. One object
// in a hundred is missing and is handed to the workers.
func TestMemoryDoesNotDependOnTheNumberOfObjects(t *testing.T) { //nolint:paralleltest // it measures the heap of the process
	h := newHarness(t)
	const objects, bound = 100_000, 4 << 20
	if _, err := h.db.Pool.Exec(t.Context(), `insert into objects (bucket, key, version_id, etag, drop_number, state, last_modified)
		select 'shop', lpad(i::text, 7, '0') || '.csv', 'v', 'e' || i, 1, 'loaded', '2026-11-23T10:00:00Z'
		from generate_series(0, $1 - 1) i where i % 100 <> 0`, objects); err != nil {
		t.Fatal(err)
	}
	if _, err := h.db.Pool.Exec(t.Context(), "analyze objects"); err != nil {
		t.Fatal(err)
	}
	r := h.reconciler(listing{n: 2 * pageSize})
	r.Load = func(context.Context, []dropzone.Object) []error { return nil }
	run(t, r, false) // connections and buffers are there from now on
	before := heap()
	m := &measured{listing: listing{n: objects}}
	r.Bucket = m
	report := run(t, r, false)
	if report.Listed != objects || report.Missing != objects/100 || report.Loaded != objects/100 {
		t.Errorf("report %+v", report)
	}
	t.Logf("heap in use: %d KiB before, at most %d KiB on the way through %d objects", before>>10, slices.Max(m.heaps)>>10, objects)
	if len(m.heaps) != looks || slices.Max(m.heaps) > before+bound {
		t.Errorf("the heap was %d bytes before, and then %d", before, m.heaps)
	}
}
