package lambdahost_test

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"eventdrop/functions/internal/campaign/world"
)

type sliceReport struct {
	Paused, Done bool
	Listed, Due  int
	Loaded       int
	Failed       int
	Missing      int    `json:"missed_notices"`
	Through      string `json:"through"`
}

func (f *function) reconcile(limit time.Duration) sliceReport {
	f.t.Helper()
	f.begin("{}", limit)
	a := f.end()
	var r sliceReport
	if err := json.Unmarshal([]byte(a.Body), &r); err != nil || a.Failed {
		f.t.Fatalf("got %+v, %v\n%s", a, err, f.logs)
	}
	return r
}

// Slices of a pass, each by an environment of its own at times, add up to the whole bucket.
func TestReconcileInSlicesLoadsTheWholeBucket(t *testing.T) {
	t.Parallel()
	const objects = 2_000
	w := world.New(t, world.Options{Versioned: true})
	var puts errgroup.Group
	puts.SetLimit(16)
	for i := range objects {
		puts.Go(func() error {
			return w.MinIO.Put(t.Context(), w.Config.S3Bucket, fmt.Sprintf("%05d.csv", i*7919%objects), []byte(rows(10*i, 1)))
		})
	}
	if err := puts.Wait(); err != nil {
		t.Fatal(err)
	}
	f := start(t, w, "reconcile")
	slices, passes := 0, 0
	for unloaded := objects; unloaded > 0; slices++ {
		if slices == 400 {
			t.Fatalf("400 slices left %d objects\n%s", unloaded, f.logs)
		}
		if slices == 2 { // another environment goes on
			f = start(t, w, "reconcile")
		}
		before := w.Value("select coalesce(max(after_key), '') from reconciles")
		r := f.reconcile(3 * time.Second)
		if r.Done {
			passes++
		} else if r.Listed > 0 && r.Through < before {
			t.Errorf("slice %d went back from %q: %+v", slices, before, r)
		}
		loaded, _ := strconv.Atoi(w.Value("select count(*) from objects where state = 'loaded'"))
		unloaded = objects - loaded
	}
	for last := (sliceReport{}); !last.Done; {
		last = f.reconcile(long)
	}
	t.Logf("%d slices, %d passes before all was loaded", slices, passes)
	if got := w.Value("select count(*) from events"); got != strconv.Itoa(objects) || slices < 3 {
		t.Errorf("%s events in %d slices", got, slices)
	}
	if r := f.reconcile(long); !r.Done || r.Listed != objects || r.Missing != 0 {
		t.Errorf("a pass over what is loaded: %+v", r)
	}
	if got := w.Value("select passed_missing || ' ' || passed_listed || ' ' || after_key from reconciles"); got != fmt.Sprintf("0 %d ", objects) {
		t.Errorf("the position: %q", got)
	}
	w.CheckBooks()
}

// What failed is retried when it is due, a pause is respected, and young objects are left to their notices.
func TestReconcileRetriesWaitsAndPauses(t *testing.T) {
	t.Parallel()
	w := world.New(t, world.Options{Versioned: true})
	store := newMoodyStore(t, w)
	f := start(t, w, "reconcile", "EVENTDROP_S3_ENDPOINT="+store.URL)
	put(t, w, "moody.csv", rows(0, 3))
	put(t, w, "good.csv", rows(10, 3))
	if r := f.reconcile(long); r.Missing != 2 || r.Loaded != 1 || r.Failed == 0 || !r.Done { // it may fail twice: its pause is random
		t.Errorf("first: %+v", r)
	}
	store.heal()
	if _, err := w.DB.Pool.Exec(t.Context(), "update objects set next_attempt_at = clock_timestamp() where state = 'failed'"); err != nil {
		t.Fatal(err)
	}
	if r := f.reconcile(long); r.Due != 1 || r.Loaded != 1 || r.Missing != 0 {
		t.Errorf("second: %+v", r)
	}
	put(t, w, "young.csv", rows(20, 3))
	patient := start(t, w, "reconcile", "EVENTDROP_RECONCILE_AGE=1h")
	if r := patient.reconcile(long); r.Missing != 0 || r.Listed != 0 || !r.Done {
		t.Errorf("young: %+v", r)
	}
	if _, err := w.Parts.Warehouse.Pause(t.Context(), "a test"); err != nil {
		t.Fatal(err)
	}
	if r := f.reconcile(long); !r.Paused || r.Listed != 0 {
		t.Errorf("paused: %+v", r)
	}
	w.CheckBooks()
}

// A large object may need more than half of the slice.
func TestARetryMayTakeMoreThanHalfOfASlice(t *testing.T) {
	t.Parallel()
	w := world.New(t, world.Options{Versioned: true})
	store := newMoodyStore(t, w)
	f := start(t, w, "reconcile", "EVENTDROP_S3_ENDPOINT="+store.URL)
	putDue(t, w, "slow.csv")
	const limit = 30 * time.Second
	begun := time.Now()
	f.begin("{}", limit)
	select {
	case <-store.stalled:
	case <-time.After(limit):
		t.Fatalf("the retry has not begun:\n%s", f.logs)
	}
	w.Eventually("true", "select clock_timestamp() > $1", begun.Add(limit/2+time.Second))
	store.heal()
	a := f.end()
	var r sliceReport
	if err := json.Unmarshal([]byte(a.Body), &r); err != nil || r.Due != 1 || r.Loaded != 1 || r.Failed != 0 {
		t.Errorf("got %+v, %v\n%s", a, err, f.logs)
	}
	w.CheckBooks()
}

// putDue stores a large object that was tried before, and is due.
func putDue(t *testing.T, w *world.World, key string) {
	t.Helper()
	o := put(t, w, key, strings.ReplaceAll(rows(0, 20_000), ",u", ","+strings.Repeat("a user with a very long name", 30)))
	if err := w.Parts.Warehouse.NoteAttempt(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Parts.Warehouse.ResumeInterrupted(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// Retries that take all of a slice keep the pass waiting for a few slices only, however many they are, and the pass does not take the whole
// slice from them. That thirty lots in a row are equal has a chance of one in a thousand million.
func TestRetriesThatTakeAWholeSliceAndThePassHaveTheirTurns(t *testing.T) {
	t.Parallel()
	w := world.New(t, world.Options{Versioned: true})
	store := newMoodyStore(t, w)
	f := start(t, w, "reconcile", "EVENTDROP_S3_ENDPOINT="+store.URL)
	for _, key := range []string{"slow-1.csv", "slow-2.csv", "slow-3.csv"} {
		putDue(t, w, key)
	}
	put(t, w, "unannounced.csv", rows(100_000, 1))
	allDue := func() {
		t.Helper()
		if _, err := w.DB.Pool.Exec(t.Context(), "update objects set next_attempt_at = clock_timestamp() where state = 'failed'"); err != nil {
			t.Fatal(err)
		}
	}
	loaded, whole := 0, 0
	for slices := 0; loaded == 0 || whole == 0; slices++ {
		if slices == 30 {
			t.Fatalf("%d slices have loaded %d objects that were missing, and %d were a retry's alone\n%s", slices, loaded, whole, f.logs)
		}
		allDue()
		r := f.reconcile(3 * time.Second)
		loaded += r.Loaded
		if r.Due > 0 && r.Listed == 0 {
			whole++
		}
	}
	store.heal()
	allDue()
	if r := f.reconcile(long); r.Due != 3 || r.Loaded != 3 {
		t.Errorf("got %+v, want the three that are due loaded\n%s", r, f.logs)
	}
	w.CheckBooks()
}
