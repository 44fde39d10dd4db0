package campaign

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// observed is a test that a drill may fail without failing the real one.
type observed struct {
	testing.TB
	failures []string
	skipped  string
	cleanup  func()
}

func (o *observed) Errorf(format string, args ...any) {
	o.failures = append(o.failures, fmt.Sprintf(format, args...))
}
func (o *observed) Failed() bool     { return len(o.failures) > 0 }
func (o *observed) Cleanup(f func()) { o.cleanup = f }

func (o *observed) Helper()           {}
func (o *observed) Skipped() bool     { return o.skipped != "" }
func (o *observed) Skip(args ...any)  { o.skipped = fmt.Sprint(args...) }
func (o *observed) Fatal(args ...any) { o.failures = append(o.failures, fmt.Sprint(args...)) }

func TestWhatTheMachineLacksIsToldAndFailsInCI(t *testing.T) { //nolint:paralleltest // it sets the environment
	for _, test := range []struct{ ci, want string }{{"", "skipped"}, {"true", "failed"}} {
		t.Setenv("CI", test.ci)
		o := &observed{TB: t}
		Missing(o, "no %s", "anvil")
		if skipped := strings.Contains(o.skipped, "no anvil"); skipped == (test.want == "failed") || o.Failed() != (test.want == "failed") {
			t.Errorf("CI=%q: skipped %q, failed %v", test.ci, o.skipped, o.failures)
		}
	}
}

func TestADrillFails(t *testing.T) {
	figures := filepath.Join(t.TempDir(), "figures")
	t.Setenv(EnvFigures, figures)
	t.Setenv(EnvSeed, "7")
	t.Setenv("CI", "") // where nothing may be missing
	tests := []struct {
		name  string
		drill func(*Drill)
		want  string // in the first failure; empty: none
	}{
		{"not when its faults were reached", func(d *Drill) { d.Reached("crash"); d.Differ(0, Differences{}) }, ""},
		{"when a fault was never reached", func(*Drill) {}, `"crash" was never reached`},
		{"when a row is lost", func(d *Drill) { d.Reached("crash"); d.Differ(3, Differences{Lost: 1}) }, "rows lost 1"},
		{"and says how to see it again", func(d *Drill) { d.Reached("crash"); d.Failf(3, "oh") }, "EVENTDROP_CAMPAIGN_SEED=7"},
		{"not when the machine lacks what it needs", func(d *Drill) { Missing(d.t, "no anvil") }, ""},
	}
	for _, test := range tests { //nolint:paralleltest // they share a file and the environment
		t.Run(test.name, func(t *testing.T) {
			o := &observed{TB: t}
			d := New(o, test.name, 5)
			d.Expect("crash")
			test.drill(d)
			o.cleanup()
			if failed := strings.Join(o.failures, "\n"); (failed == "") != (test.want == "") || !strings.Contains(failed, test.want) {
				t.Errorf("failures: %s\nwant %q", failed, test.want)
			}
			figure := lastFigure(t, figures)
			if figure.Drill != test.name || figure.Failed != (test.want != "") || figure.Skipped != (o.skipped != "") || figure.N != 5 || figure.Seed != 7 {
				t.Errorf("figure %+v", figure)
			}
		})
	}
}

func lastFigure(t *testing.T, name string) (f Figure) {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &f); err != nil {
		t.Fatal(err)
	}
	return f
}

func TestRandIsTheSameForTheSameSeed(t *testing.T) {
	t.Parallel()
	a, b := New(t, "a", 1), New(t, "b", 1)
	if a.Rand(1).Uint64() != New(t, "a", 1).Rand(1).Uint64() {
		t.Error("not repeatable")
	}
	if a.Rand(1).Uint64() == a.Rand(2).Uint64() || a.Rand(1).Uint64() == b.Rand(1).Uint64() {
		t.Error("not of its own for each time and drill")
	}
}
