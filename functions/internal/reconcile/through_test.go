package reconcile

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math/rand/v2"
	"strconv"
	"sync"
	"testing"

	"eventdrop/functions/internal/dropzone"
)

// versions is a bucket whose keys have some versions each, and whose listing breaks after so many objects.
type versions struct {
	keys    []string
	of      []int
	breakAt int
}

var errBroken = errors.New("listing broke")

// List yields the versions of each key after the given one.
func (v versions) List(_ context.Context, after string) iter.Seq2[dropzone.Object, error] {
	return func(yield func(dropzone.Object, error) bool) {
		listed := 0
		for i, key := range v.keys {
			if key <= after {
				continue
			}
			for n := range v.of[i] {
				if listed++; listed > v.breakAt {
					yield(dropzone.Object{}, errBroken)
					return
				}
				if !yield(dropzone.Object{Bucket: "shop", Key: key, VersionID: strconv.Itoa(n)}, nil) {
					return
				}
			}
		}
	}
}

// memory is a ledger, and what loads into it.
type memory struct {
	mu     sync.Mutex
	loaded map[dropzone.Object]bool
	refuse func() error
}

// Missing asks the map.
func (m *memory) Missing(_ context.Context, page []dropzone.Object) (missing []dropzone.Object, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, o := range page {
		if !m.loaded[o] {
			missing = append(missing, o)
		}
	}
	return missing, nil
}

// Due finds nothing.
func (*memory) Due(_ context.Context, from dropzone.DueMark, _ int) ([]dropzone.Object, dropzone.DueMark, error) {
	return nil, from, nil
}

func (m *memory) load(_ context.Context, o dropzone.Object) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.refuse(); err != nil {
		return err
	}
	m.loaded[o] = true
	return nil
}

// O9: an interrupted reconcile goes on where it stopped, and no version is passed over: whatever page or key it
// breaks in, and also where a load failed without a trace.
func TestAReconcileThatIsInterruptedAgainAndAgainMissesNothing(t *testing.T) {
	t.Parallel()
	for seed := range uint64(20) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			random := rand.New(rand.NewPCG(seed, 1))
			bucket, all := versions{breakAt: 1 << 30}, 0
			for i := range 40 {
				n := 1 + random.IntN(3)
				if i == 11 || i == 12 {
					n = pageSize + random.IntN(2*pageSize) // pages end, and begin, amid its versions
				}
				bucket.keys, bucket.of, all = append(bucket.keys, fmt.Sprintf("%02d", i)), append(bucket.of, n), all+n
			}
			var dice sync.Mutex
			m := &memory{loaded: map[dropzone.Object]bool{}, refuse: func() error {
				dice.Lock()
				defer dice.Unlock()
				if random.IntN(2000) == 0 {
					return errors.New("no connection")
				}
				return nil
			}}
			r := &Reconciler{Bucket: bucket, Ledger: m, Accepts: func(dropzone.Object) bool { return true }, Load: each(m.load), Workers: 3}
			interrupted := 0
			for {
				bucket.breakAt = 1 + random.IntN(2*all)
				if interrupted == 0 {
					bucket.breakAt = random.IntN(all)
				}
				r.Bucket = bucket
				report, err := r.Run(t.Context(), false)
				if report.Through < r.After {
					t.Fatalf("it went back from %q to %q", r.After, report.Through)
				}
				if err == nil && report.Failed == 0 {
					break
				}
				interrupted++
				r.After = report.Through
			}
			if len(m.loaded) != all {
				t.Errorf("%d of %d loaded, after %d interruptions", len(m.loaded), all, interrupted)
			}
		})
	}
}

// What a pause holds back must not be passed over, and there is no use in going on.
func TestAPauseEndsAReconcileWhereItIs(t *testing.T) {
	t.Parallel()
	left := 1500
	m := &memory{loaded: map[dropzone.Object]bool{}, refuse: func() error {
		if left--; left < 0 {
			return dropzone.ErrPaused
		}
		return nil
	}}
	r := &Reconciler{Bucket: listing{n: 100_000}, Ledger: m, Accepts: func(dropzone.Object) bool { return true }, Load: each(m.load), Workers: 1}
	report, err := r.Run(t.Context(), false)
	if !errors.Is(err, dropzone.ErrPaused) || report.Loaded != 1500 || report.Failed != 0 || report.Listed > 3000 {
		t.Errorf("report %+v, %v", report, err)
	}
	if report.Through != object(pageSize-2).Key {
		t.Errorf("through %q: want the last key of the first page that is certainly complete", report.Through)
	}
}

// N19: what failed before may be slow again. What is missing was not even tried yet.
func TestMissingObjectsDoNotWaitForDueOnes(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.record(object(1), dropzone.Failed, -1)
	var order []string
	r := h.reconciler(listing{n: 3})
	r.Workers = 1
	r.Load = each(func(_ context.Context, o dropzone.Object) error { order = append(order, o.ETag); return nil })
	run(t, r, false)
	if got := fmt.Sprint(order); got != "[e0 e2 e1]" {
		t.Errorf("order %s", got)
	}
	order = nil
	if report, err := r.LoadMissing(t.Context()); err != nil || report.Due != 0 || fmt.Sprint(order) != "[e0 e2]" {
		t.Errorf("report %+v, %v: %s", report, err, order)
	}
}

// K3: notices arrive while the bucket is reconciled, by two at once.
func TestReconcileBesideLiveTrafficDoesNoHarm(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	const objects = 60
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			if report, err := h.reconciler(listing{n: objects}).Run(t.Context(), false); err != nil || report.Failed != 0 {
				t.Errorf("report %+v, %v", report, err)
			}
		})
		wg.Go(func() {
			for _, i := range rand.Perm(objects) {
				if err := h.load(t.Context(), object(i)); err != nil {
					t.Errorf("notice: %v", err)
				}
			}
		})
	}
	wg.Wait()
	if events, receipts := h.count("select count(*) from events"), h.count("select count(*) from receipts"); events != objects || receipts != objects {
		t.Errorf("%d events, %d receipts", events, receipts)
	}
}
