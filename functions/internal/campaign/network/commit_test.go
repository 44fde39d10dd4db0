package network

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strconv"
	"sync"
	"testing"

	"eventdrop/functions/internal/campaign"
	"eventdrop/functions/internal/campaign/world"
	"eventdrop/functions/internal/dropzone"
)

// P11: the connection dies at a COMMIT, before the server sees it or after it took effect, once or
// several times in a row. The pipeline finds out by itself what happened: each row is there once, and each run has
// one receipt.
func TestCommitsCut(t *testing.T) {
	t.Parallel()
	d := campaign.New(t, "COMMITs cut", 100)
	d.Expect("cut before", "cut after")
	for _, s := range append(steps(false), steps(true)...) {
		d.Expect(s.name+", cut before", s.name+", cut after")
	}
	for i, name := range []string{"versioned", "not versioned"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cuts := &commitCuts{t: t, d: d, versioned: i == 0, world: world.New(t, world.Options{Versioned: i == 0, Contract: relaxed(t)})}
			cuts.run(i)
		})
	}
}

// commitCuts is the drill in one world.
type commitCuts struct {
	t         *testing.T
	d         *campaign.Drill
	versioned bool
	world     *world.World

	mu       sync.Mutex
	receipts map[dropzone.Kind]int
}

// run does every other iteration, from the one given.
func (c *commitCuts) run(from int) {
	c.receipts = map[dropzone.Kind]int{}
	numbers := make(chan int)
	var workers sync.WaitGroup
	for range c.world.Config.Workers {
		r := newRoute(c.t, c.world)
		workers.Go(func() {
			for i := range numbers {
				if err := c.cut(r, i); err != nil {
					c.d.Failf(i, "%v", err)
				}
			}
		})
	}
	for i := from; i < c.d.N() && !c.t.Failed(); i += 2 {
		numbers <- i
	}
	close(numbers)
	workers.Wait()
	c.judge()
}

// cut carries out one step, and cuts its COMMIT.
func (c *commitCuts) cut(r *route, i int) error {
	all := steps(c.versioned)
	s := all[i/2%len(all)]
	p := plan{pass: s.pass, cuts: repeats(c.d.Rand(i)), after: i/2/len(all)%2 == 1}
	ctx := c.t.Context()
	o, err := r.put(ctx, fmt.Sprintf("%s%09d.csv", s.key, i), s.body(i))
	if err != nil {
		return fmt.Errorf("put: %w", err)
	}
	if s.before != nil {
		if _, err := s.before(ctx, r, o); err != nil {
			return fmt.Errorf("%s: prepare: %w", s.name, err)
		}
	}
	r.arm(p)
	receipt, err := s.carryOut(ctx, r, o, p.cuts)
	if cuts := r.disarm(); cuts != p.cuts {
		return fmt.Errorf("%s: %d of %d COMMITs were cut", s.name, cuts, p.cuts)
	}
	if err := s.check(receipt, err); err != nil {
		return err
	}
	c.count(s, p)
	return nil
}

// repeats is how often in a row a COMMIT is cut: mostly once, and never as often as the pipeline tries at once.
func repeats(r *rand.Rand) int { return 1 + max(0, r.IntN(8)-5) }

// carryOut asks once. Where an outcome could not be recorded, the pipeline says that it must be asked again.
func (s step) carryOut(ctx context.Context, r *route, o dropzone.Object, cuts int) (dropzone.Receipt, error) {
	receipt, err := s.do(ctx, r, o)
	for ; s.outcome && err != nil && cuts > 0; cuts-- {
		receipt, err = s.do(ctx, r, o)
	}
	return receipt, err
}

// check compares a receipt with what the step must give.
func (s step) check(r dropzone.Receipt, err error) error {
	b := r.Books
	kept := b.Inserted + b.Updated + b.Stale + b.Duplicate
	if err != nil || r.State != s.want || !r.Already && (b.RowsRead != s.read || b.Rejected != s.rejected || kept != s.read-s.rejected) {
		return fmt.Errorf("%s: receipt %+v, error %w", s.name, r, err)
	}
	return nil
}

func (c *commitCuts) count(s step, p plan) {
	when := "cut before"
	if p.after {
		when = "cut after"
	}
	c.d.Reached(when)
	c.d.Reached(s.name + ", " + when)
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, kind := range s.receipts {
		c.receipts[kind]++
	}
}

// judge wants one receipt for each run, and the table of a rebuild.
func (c *commitCuts) judge() {
	for kind, want := range c.receipts {
		if got := c.world.Value("select count(*) from receipts where kind = $1", string(kind)); got != strconv.Itoa(want) {
			c.t.Errorf("%s receipts of kind %s, want %d", got, kind, want)
		}
	}
	c.world.CheckBooks()
	c.world.CheckComplete()
	c.d.Differ(c.d.N(), c.world.CompareRebuild())
}
