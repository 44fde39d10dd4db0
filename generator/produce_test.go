package main

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"eventdrop/generator/storefront"
)

// shelf is a place in memory.
type shelf struct {
	mu    sync.Mutex
	drops map[string]drop
	times []time.Time
	fail  error         // what Put returns
	slow  time.Duration // how long Put takes
}

func (s *shelf) String() string { return "the shelf" }

func (s *shelf) Put(ctx context.Context, d drop) error {
	select {
	case <-time.After(s.slow):
	case <-ctx.Done():
		return ctx.Err()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.drops == nil {
		s.drops = make(map[string]drop)
	}
	s.drops[d.key] = d
	s.times = append(s.times, time.Now())
	return s.fail
}

func testJob(p place) *job {
	return &job{place: p, start: defaultStart(), interval: time.Second, rate: 1}
}

func newShop(t *testing.T) *storefront.Shop {
	t.Helper()
	shop, err := storefront.New(storefront.Options{Rows: storefront.Rows{Min: 2, Max: 2}})
	if err != nil {
		t.Fatal(err)
	}
	return shop
}

func TestObjectsAppearAtTheAskedPace(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &shelf{}
		j := testJob(s)
		j.objects, j.rate, j.interval = 5, 4, 250*time.Millisecond
		began := time.Now()
		total, err := j.produce(t.Context(), newShop(t), silence{})
		if err != nil || total.objects != 5 || total.rows != 10 || len(s.drops) != 5 {
			t.Fatalf("%+v, %v", total, err)
		}
		for i, when := range s.times {
			if want := time.Duration(i) * 250 * time.Millisecond; when.Sub(began) != want {
				t.Errorf("object %d after %s, want %s", i, when.Sub(began), want)
			}
		}
		for _, d := range s.drops {
			if d.overwrite || d.at.Before(j.start.Truncate(time.Microsecond)) {
				t.Errorf("drop of %s, overwriting: %v", d.at, d.overwrite)
			}
		}
	})
}

func TestBoundedRunStopsByItself(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &shelf{slow: 300 * time.Millisecond}
		j := testJob(s)
		j.span, j.rate = 9900*time.Millisecond, 2
		began := time.Now()
		total, err := j.produce(t.Context(), newShop(t), silence{})
		if err != nil || total.objects != 20 || time.Since(began) > 10*time.Second {
			t.Errorf("%d objects after %s, %v", total.objects, time.Since(began), err)
		}
	})
}

func TestCtrlCFinishesWhatIsOnItsWay(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 4500*time.Millisecond)
		defer cancel()
		s := &shelf{slow: 2 * time.Second}
		total, err := testJob(s).produce(ctx, newShop(t), silence{})
		if err != nil || total.objects != 5 || len(s.drops) != 5 {
			t.Errorf("%d objects, %d on the shelf, %v", total.objects, len(s.drops), err)
		}
	})
}

func TestSlowUploadsRunSideBySide(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		j := testJob(&shelf{slow: 300 * time.Millisecond})
		j.objects, j.rate = 100, 20
		began := time.Now()
		if total, err := j.produce(t.Context(), newShop(t), silence{}); err != nil || total.objects != 100 {
			t.Fatalf("%d objects, %v", total.objects, err)
		}
		if took := time.Since(began); took > 5500*time.Millisecond {
			t.Errorf("100 objects at 20 a second took %s", took)
		}
	})
}

func TestAPlaceThatFailsEndsTheRun(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		broken := errors.New("disk full")
		_, err := testJob(&shelf{fail: broken}).produce(t.Context(), newShop(t), silence{})
		if !errors.Is(err, broken) || !strings.HasPrefix(err.Error(), "drop ") {
			t.Errorf("error %v", err)
		}
	})
}

func TestTakenKeysAreCounted(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		j := testJob(&shelf{fail: errExists})
		j.objects = 3
		total, err := j.produce(t.Context(), newShop(t), silence{})
		if err != nil || total.taken != 3 || !strings.Contains(total.report(time.Second), "3 keys existed already") {
			t.Errorf("%+v, %v", total, err)
		}
	})
}

func TestABucketRefusesMomentsThatAreNotNow(t *testing.T) {
	t.Parallel()
	now := time.Now()
	for _, test := range []struct {
		name     string
		behind   time.Duration
		bucket   bool
		noFuture bool
		fails    bool
	}{
		{"now", 0, true, false, false},
		{"a little ahead", -20 * time.Minute, true, false, false},
		{"ahead", -40 * time.Minute, true, true, true},
		{"behind", 40 * time.Minute, true, false, true},
		{"behind, but nothing is planted in the future", 40 * time.Minute, true, true, false},
		{"a directory notes what it is told", -40 * time.Hour, false, false, false},
	} {
		j := job{bucket: test.bucket, options: storefront.Options{NoFuture: test.noFuture}}
		if err := j.checkClock(now.Add(-test.behind), now); (err != nil) != test.fails {
			t.Errorf("%s: error %v", test.name, err)
		}
	}
}

func TestAnIntervalThatRunsAheadOfTheClockEndsTheRun(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		<-time.After(time.Until(defaultStart())) // the bubble begins in the year 2000
		j := testJob(&shelf{})
		j.bucket, j.interval = true, time.Minute
		total, err := j.produce(t.Context(), newShop(t), silence{})
		if err == nil || !strings.Contains(err.Error(), "--interval") || total.objects < 30 {
			t.Errorf("%d objects, error %v", total.objects, err)
		}
	})
}

func TestReportCountsWhatWasPlanted(t *testing.T) {
	t.Parallel()
	var s sums
	s.add(storefront.Object{Body: make([]byte, 1_500_000), Truth: storefront.Manifest{
		Rows: 2, Class: storefront.Redrop, Lines: []storefront.Line{{Class: "time_dmy"}, {}},
	}}, false)
	want := "1 objects, 2 rows, 1.5 MB in 0.5 s (2.0 objects/s, 4 rows/s)\n1 rows with a planted defect, 1 objects damaged or dropped again"
	if got := s.report(500 * time.Millisecond); got != want {
		t.Errorf("report\n%s\nwant\n%s", got, want)
	}
	if got := new(sums).report(0); !strings.HasPrefix(got, "0 objects") {
		t.Errorf("report %s", got)
	}
}
