package runner

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"eventdrop/functions/internal/dropzone"
)

// slowOnes makes a runner whose objects named slow take a minute, and all others a millisecond. It returns
// the longest time that one of the others waited and took, from the begin of the bubble on.
func slowOnes(r *Runner) (longest *atomic.Int64) {
	longest = new(atomic.Int64)
	begin := time.Now()
	r.Handle = func(_ context.Context, objects []dropzone.Object, _ bool) []error {
		if strings.HasPrefix(objects[0].Key, "slow") {
			<-time.After(time.Minute)
			return []error{errors.New("too slow")}
		}
		<-time.After(time.Millisecond)
		longest.Store(max(longest.Load(), int64(time.Since(begin))))
		return nil
	}
	return longest
}

// N19, I12: poison that takes its time must not make the others wait, be it announced, found by a
// reconcile, or tried again.
func TestSlowObjectsDoNotHoldUpTheOthers(t *testing.T) {
	t.Parallel()
	feed := func(handle handleFunc, names ...string) {
		for _, name := range names {
			handle(context.Background(), []dropzone.Object{versioned(name)})
		}
	}
	slow := []string{"slow1", "slow2", "slow3", "slow4"}
	tests := []struct {
		name string
		set  func(r *Runner, q *queue)
	}{
		{"behind slow notices", func(_ *Runner, q *queue) {
			for _, name := range append(slow, "good") {
				q.offer(versioned(name))
			}
		}},
		{"behind slow objects of a reconcile", func(r *Runner, _ *queue) {
			r.Reconcile = func(_ context.Context, handle handleFunc) error {
				feed(handle, append(slow, "good")...)
				return nil
			}
		}},
		{"behind slow retries", func(r *Runner, _ *queue) {
			r.ReconcileEvery = 4 * time.Second // the second one is behind the first retry
			good := atomic.Int32{}
			r.Reconcile = func(_ context.Context, handle handleFunc) error {
				if good.Add(1) == 2 {
					feed(handle, "good")
				}
				return nil
			}
			r.RetryDue = func(_ context.Context, handle handleFunc) error {
				feed(handle, "slow1", "slow2", "slow3", "slow4", "slow5", "slow6")
				return nil
			}
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				r, q := newTestRunner(&recorder{}), newQueue(10)
				longest := slowOnes(r)
				test.set(r, q)
				ctx, cancel := context.WithCancel(t.Context())
				var loads sync.WaitGroup
				r.begin(ctx, context.Background(), q, newLanes(r.Workers, &loads), &loads)
				<-time.After(10 * time.Second)
				if took := time.Duration(longest.Load()); took == 0 || took > 5*time.Second {
					t.Errorf("the good object took %s", took)
				}
				cancel()
				q.close()
				loads.Wait()
			})
		})
	}
}

// Backpressure: slow objects get so many places and no more.
func TestALaneWithoutSparePlacesWaits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var loads sync.WaitGroup
		lane, begin := newLane(1, &loads), time.Now()
		slow := func() []error { <-time.After(time.Minute); return []error{errors.New("slow")} }
		if errs := lane.load(slow); errs != nil || time.Since(begin) != patience {
			t.Errorf("the first was waited for: %v, %s", errs, time.Since(begin))
		}
		if errs := lane.load(slow); errs != nil || time.Since(begin) != time.Minute {
			t.Errorf("the second got its place after %s, %v; want the first's, after a minute", time.Since(begin), errs)
		}
		if errs := lane.load(func() []error { return []error{errors.New("quick")} }); len(errs) != 1 {
			t.Error("the error of a quick load is lost")
		}
		loads.Wait()
	})
}
