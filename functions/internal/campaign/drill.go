// Package campaign proves that eventdrop loads exactly once, by trying to break it. A drill is a test
// that is carried out n times with one seed, counts the faults that took effect and fails when
// a fault that it claims was never reached.
//
// The drills are the tests of the packages below this one: model (a pure model and its oracle),
// schedule, crash, kill, network and mutants. In `go test` each runs in its short form; the program
// functions/campaign runs them for longer and publishes their figures.
package campaign

import (
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// The environment of a drill, which the program functions/campaign sets.
const (
	EnvSeed    = "EVENTDROP_CAMPAIGN_SEED"    // a number; default 1
	EnvN       = "EVENTDROP_CAMPAIGN_N"       // how often; default: the drill's short form
	EnvFigures = "EVENTDROP_CAMPAIGN_FIGURES" // the file to which figures are appended; default: none
)

// Drill is one kind of proof. It is safe for concurrent use.
type Drill struct {
	t        testing.TB
	figures  string
	started  time.Time
	expected []string

	mu     sync.Mutex
	figure Figure
}

// New begins a drill. Its name stays for ever, because figures are published under it; short is how often it is
// carried out in the short form. It ends with the test.
func New(tb testing.TB, name string, short int) *Drill {
	tb.Helper()
	d := &Drill{t: tb, started: time.Now(), figures: os.Getenv(EnvFigures)} //nolint:forbidigo // tests only
	d.figure = Figure{
		Drill: name, Seed: uint64(number(tb, EnvSeed, 1)), N: number(tb, EnvN, short), //nolint:gosec // not negative
		Reached: map[string]int64{}, Measured: map[string]float64{},
	}
	tb.Cleanup(d.end)
	return d
}

func number(tb testing.TB, name string, otherwise int) int {
	tb.Helper()
	text := os.Getenv(name) //nolint:forbidigo // tests only
	if text == "" {
		return otherwise
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 {
		tb.Fatalf("%s=%q is not a number", name, text)
	}
	return n
}

// N is how often the drill is to be carried out.
func (d *Drill) N() int { return d.figure.N }

// Seed is where its randomness comes from.
func (d *Drill) Seed() uint64 { return d.figure.Seed }

// Rand is the randomness of the i-th time: the same for the same seed and drill.
func (d *Drill) Rand(i int) *rand.Rand {
	h := fnv.New64a()
	_, _ = h.Write([]byte(d.figure.Drill))
	return rand.New(rand.NewPCG(d.figure.Seed, h.Sum64()+uint64(i))) //nolint:gosec // a repeatable sequence is wanted
}

// Missing leaves a drill out where the machine lacks what it needs, and says what to do. Its figure only says that it was
// skipped, and is not published. Continuous integration must have everything: there it fails.
func Missing(tb testing.TB, format string, args ...any) {
	tb.Helper()
	text := "NOTHING WAS PROVED: " + fmt.Sprintf(format, args...)
	if os.Getenv("CI") != "" { //nolint:forbidigo // tests only
		tb.Fatal(text)
		return
	}
	tb.Skip(text)
}

// Expect names faults that must take effect at least once.
func (d *Drill) Expect(faults ...string) { d.expected = append(d.expected, faults...) }

// Reached counts a fault that took effect.
func (d *Drill) Reached(fault string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.figure.Reached[fault]++
}

// Measure notes a further figure, named with its unit.
func (d *Drill) Measure(name string, value float64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.figure.Measured[name] = value
}

// Differ counts differences; any fails the test.
func (d *Drill) Differ(i int, found Differences) {
	d.t.Helper()
	d.mu.Lock()
	d.figure.Differences = d.figure.Add(found)
	d.mu.Unlock()
	if !found.None() {
		d.Failf(i, "rows lost %d, doubled %d, with a wrong winner %d", found.Lost, found.Doubled, found.Wrong)
	}
}

// Failf fails the i-th time and says how to see it again.
func (d *Drill) Failf(i int, format string, args ...any) {
	d.t.Helper()
	d.t.Errorf("%s\n%s", fmt.Sprintf(format, args...), d.Again(i))
}

// Again tells how to see the i-th time again.
func (d *Drill) Again(i int) string {
	return fmt.Sprintf("in the %d-th of %s; again: %s=%d %s=%d go test -count=1 -run '^%s$' in this package",
		i, d.figure.Drill, EnvSeed, d.Seed(), EnvN, d.N(), strings.Split(d.t.Name(), "/")[0])
}

// end judges the faults, and publishes the figure.
func (d *Drill) end() {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, fault := range d.expected {
		if d.figure.Reached[fault] == 0 && !d.t.Failed() && !d.t.Skipped() {
			d.t.Errorf("%s: the fault %q was never reached: nothing was proved about it", d.figure.Drill, fault)
		}
	}
	d.figure.Seconds = time.Since(d.started).Seconds()
	d.figure.Failed = d.t.Failed()
	d.figure.Skipped = d.t.Skipped() && !d.t.Failed()
	if !d.figure.Skipped {
		d.t.Logf("%s", d.figure)
	}
	if d.figures == "" {
		return
	}
	if err := d.figure.append(d.figures); err != nil {
		d.t.Error(err)
	}
}

// String tells the figure in one line.
func (f Figure) String() string {
	faults := make([]string, 0, len(f.Reached))
	for fault, n := range f.Reached {
		faults = append(faults, fmt.Sprintf("%s %d", fault, n))
	}
	slices.Sort(faults)
	return fmt.Sprintf("%s: %d lost, %d doubled, %d wrong in %d (seed %d, %.1f s; reached: %s)",
		f.Drill, f.Lost, f.Doubled, f.Wrong, f.N, f.Seed, f.Seconds, strings.Join(faults, ", "))
}
