package model

import (
	"flag"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"

	"pgregory.net/rapid"

	"eventdrop/functions/internal/campaign"
)

// Check carries out a drill: it draws as many schedules as the drill has, from its seed, and wants the verdict on
// each to be without complaint. The lives are those of as many subjects, which work side by side. What fails is shrunk, and
// printed with how to see it again. It must not run beside another one in the same process, because rapid takes its
// orders from flags.
func Check(t *testing.T, d *campaign.Drill, lives ...func(*Schedule) Verdict) {
	t.Helper()
	c := &check{t: t, d: d, draws: Draws()}
	c.failed.Store(int64(d.N()))
	var subjects sync.WaitGroup
	for _, live := range lives {
		subjects.Go(func() { c.work(live) })
	}
	subjects.Wait()
	if i := int(c.failed.Load()); i < d.N() {
		c.shrink(i, lives[0])
	} else if passed := c.passed.Load(); passed < int64(d.N()) && !t.Failed() {
		t.Errorf("only %d of %d schedules", passed, d.N())
	}
}

type check struct {
	t             *testing.T
	d             *campaign.Drill
	draws         *rapid.Generator[Schedule]
	begun, passed atomic.Int64
	failed        atomic.Int64 // the first schedule that did; none: as many as there are

	mu      sync.Mutex
	verdict Verdict // on that one
}

// seed is what the i-th schedule is drawn from.
func (c *check) seed(i int) uint64 { return c.d.Rand(i).Uint64() | 1 } // 0 would be one by chance

// work lives through schedules until there are no more, or one has failed.
func (c *check) work(live func(*Schedule) Verdict) {
	for int(c.failed.Load()) == c.d.N() && !c.t.Failed() {
		i := int(c.begun.Add(1)) - 1
		if i >= c.d.N() {
			return
		}
		schedule := c.draws.Example(int(c.seed(i))) //nolint:gosec // all 64 bits are wanted
		if v := live(&schedule); v.Complaint != "" {
			c.fail(i, v)
			return
		}
		c.passed.Add(1)
	}
}

func (c *check) fail(i int, v Verdict) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if int64(i) < c.failed.Load() {
		c.failed.Store(int64(i))
		c.verdict = v
	}
}

// shrink has rapid draw the i-th schedule again, as its first one, and make it as small as it can.
func (c *check) shrink(i int, live func(*Schedule) Verdict) {
	c.t.Helper()
	for name, value := range map[string]string{
		"rapid.checks": "1", "rapid.seed": strconv.FormatUint(c.seed(i), 10), "rapid.nofailfile": "true",
	} {
		if err := flag.Set(name, value); err != nil {
			c.t.Fatal(err)
		}
	}
	defer func() { c.d.Differ(i, c.verdict.Differences) }()
	schedule, first := c.draws.Example(int(c.seed(i))), c.verdict.Complaint //nolint:gosec // as above
	rapid.Check(c.t, func(rt *rapid.T) {
		smaller := c.draws.Draw(rt, "schedule")
		if v := live(&smaller); v.Complaint != "" {
			c.verdict = v
			rt.Fatalf("%s\nin the life of:\n%s\n%s", v.Complaint, &smaller, c.d.Again(i))
		}
	})
	c.d.Failf(i, "%s\nin the first life, but not in the second, of:\n%s", first, &schedule)
}
