package crash

import (
	"fmt"
	"os"
	"slices"
	"sync/atomic"
	"testing"

	"eventdrop/functions/internal/campaign"
	"eventdrop/functions/internal/campaign/world"
)

func TestMain(m *testing.M) { os.Exit(world.Main(m)) }

// R1, I3, I8: killed at any step, eventdrop neither loses nor doubles a row, and no object is half visible.
func TestCrashPoints(t *testing.T) {
	t.Parallel()
	d := campaign.New(t, "crash points", 1)
	overlay, points, err := build.Overlay(root(t), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if len(points) < fewest {
		t.Fatalf("only %d points", len(points))
	}
	c := &crashes{drill: d, program: world.Program(t, overlay), points: points, scenarios: scenarios(t), reached: map[string]int{}}
	for _, pkg := range []string{"bucket", "ingest", "reconcile", "warehouse"} {
		d.Expect("killed in " + pkg)
	}
	for i := range d.N() { //nolint:paralleltest // one seed after the other: memory does not depend on their number
		t.Run(fmt.Sprintf("seed %d", i), func(t *testing.T) { c.seed(t, i) })
	}
	c.judge(t)
}

// crashes is the state of the drill.
type crashes struct {
	drill     *campaign.Drill
	program   string
	points    []Point
	scenarios []scenario
	reached   map[string]int // in how many scenarios a point was visited, at most
	kills     atomic.Int64
}

// share is in how many scenarios a point dies with one seed.
const share = 1

// seed goes through all scenarios once: first undisturbed, to learn their points, then to their deaths.
func (c *crashes) seed(t *testing.T, i int) {
	t.Helper()
	scenes := make([]*scene, len(c.scenarios))
	t.Run("undisturbed", func(group *testing.T) {
		for n, s := range c.scenarios {
			group.Run(s.name, func(one *testing.T) {
				one.Parallel()
				scenes[n] = newScene(t, c.program, s, c.drill.Rand(i*len(c.scenarios)+n))
			})
		}
	})
	if t.Failed() {
		return
	}
	deaths := choose(c.visits(scenes), i, share, c.drill.Rand(i))
	t.Run("killed", func(group *testing.T) {
		for n, s := range scenes {
			group.Run(s.name, func(one *testing.T) {
				one.Parallel()
				c.killAll(i, s, deaths[n])
			})
		}
	})
}

func (c *crashes) visits(scenes []*scene) []map[string]int {
	visits, reached := make([]map[string]int, len(scenes)), map[string]int{}
	for n, s := range scenes {
		visits[n] = s.visits
		for point := range s.visits {
			reached[point]++
		}
	}
	for point, scenarios := range reached {
		c.reached[point] = max(c.reached[point], scenarios)
	}
	return visits
}

// killAll lets the program die each death, until one goes wrong.
func (c *crashes) killAll(i int, s *scene, deaths []death) {
	for _, d := range deaths {
		s.t.doing = fmt.Sprintf("%s, killed at %s, visit %d", s.name, d.point, d.visit)
		if err := c.kill(i, s, d); err != nil || s.t.Failed() {
			c.drill.Failf(i, "%s: %v", s.t.doing, err)
			return
		}
	}
	if s.options.Versioned && !s.onlyHere {
		s.t.doing = s.name + ", against a rebuild"
		c.drill.Differ(i, s.CompareRebuild())
	}
}

// kill lets the program die, judges what it left, recovers and judges what became of it.
func (c *crashes) kill(i int, s *scene, d death) error {
	if err := s.die(d); err != nil {
		return err
	}
	c.kills.Add(1)
	c.drill.Reached("killed in " + Point{Name: d.point}.Package())
	s.CheckBooks()
	if seen := s.look(); !s.whole(seen) {
		return fmt.Errorf("half visible:\n%v\nbefore the run:\n%v\nafter one that nothing disturbed:\n%v", seen, s.before, s.after)
	}
	s.recover()
	differences := s.differences()
	c.drill.Differ(i, differences)
	if settled := s.Value(settledState); settled != s.settled || !differences.None() {
		return fmt.Errorf("%+v; in the end the ledger has\n%s\nand without the death\n%s", differences, settled, s.settled)
	}
	return nil
}

// judge wants every function reached, so that a new one cannot be forgotten.
func (c *crashes) judge(t *testing.T) {
	t.Helper()
	pairs, functions := 0, map[string]bool{}
	for _, p := range c.points {
		pairs += c.reached[p.Name]
		functions[p.Function()] = functions[p.Function()] || c.reached[p.Name] > 0
	}
	for function, reached := range functions {
		if excused := slices.Contains(unreachable, function); reached == excused {
			t.Errorf("%s: reached by a scenario: %v, said to be unreachable: %v", function, reached, excused)
		}
	}
	c.drill.Measure("points", float64(len(c.points)))
	c.drill.Measure("points reached", float64(len(c.reached)))
	c.drill.Measure("points reached x scenarios", float64(pairs))
	c.drill.Measure("kills", float64(c.kills.Load()))
}
