package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"eventdrop/functions/internal/campaign"
)

// What the drill of these tests does is told by its seed.
const (
	soundSeed = iota + 1
	failingSeed
	endlessSeed
	lackingSeed
)

// aDrill is TestADrill, which this test binary is asked for by itself.
func aDrill() drill {
	return drill{name: "a drill", folder: "world", test: "TestADrill", short: 5, long: 50}
}

func TestADrill(t *testing.T) { //nolint:paralleltest // it runs in a process of its own
	if os.Getenv(campaign.EnvFigures) == "" { //nolint:forbidigo // the switch between test and drill
		t.Skip("it is run by the other tests")
	}
	d := campaign.New(t, "a drill", 5)
	d.Reached("fault")
	d.Measure("p95 ms", float64(d.Seed()))
	switch d.Seed() {
	case failingSeed:
		d.Differ(0, campaign.Differences{Lost: 1})
	case lackingSeed:
		campaign.Missing(t, "no %s", "anvil")
	case endlessSeed:
		<-context.Background().Done()
	}
}

// carryOut runs the drill of the tests in this very binary.
func carryOut(t *testing.T, ctx context.Context, c cli, progress *bytes.Buffer) *figures { //nolint:revive // the test comes first
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	c.Parallel = max(c.Parallel, 1)
	figures := &figures{Form: c.form(), Seed: c.Seed, Complete: true}
	built := &binaries{module: module{root}, folder: t.TempDir(), built: map[string]string{"world": self}}
	r := runner{cli: &c, binaries: built, progress: progress, figures: figures, began: time.Now()}
	r.run(ctx, []drill{aDrill()})
	return figures
}

func TestRoundsAreSummed(t *testing.T) {
	t.Parallel()
	var progress bytes.Buffer
	f := carryOut(t, t.Context(), cli{Seed: soundSeed, Rounds: 1}, &progress)
	if err := f.judge([]drill{aDrill()}); err != nil || f.Drills[0].N != 5 || f.Drills[0].Below != 0.6 {
		t.Errorf("figures %+v, %v\n%s", f, err, &progress)
	}
	f = carryOut(t, t.Context(), cli{Seed: soundSeed, Rounds: 2}, &progress) // the second round fails
	d := f.Drills[0]
	if d.N != 10 || d.Lost != 1 || !d.Failed || d.Reached["fault"] != 2 || d.Measured["p95 ms"] != 2 || d.Rounds != 2 || d.Below != 0 {
		t.Errorf("total %+v", d)
	}
	if err := f.judge([]drill{aDrill()}); err == nil {
		t.Error("a failed drill does not fail the campaign")
	}
	if out := progress.String(); !strings.Contains(out, `--only "a drill" --seed 2`) || !strings.Contains(out, "rows lost 1") {
		t.Errorf("the failed drill is not explained: %s", out)
	}
}

func TestTheLongFormIsAskedFor(t *testing.T) {
	t.Parallel()
	if f := carryOut(t, t.Context(), cli{Seed: soundSeed, Long: true}, &bytes.Buffer{}); f.Drills[0].N != 50 {
		t.Errorf("figures %+v", f)
	}
}

func TestNothingBeginsAfterTheTime(t *testing.T) {
	t.Parallel()
	f := carryOut(t, t.Context(), cli{Seed: soundSeed, For: time.Nanosecond}, &bytes.Buffer{})
	if err := f.judge([]drill{aDrill()}); err == nil || !strings.Contains(err.Error(), "not carried out") {
		t.Errorf("figures %+v, %v", f, err)
	}
}

func TestAnInterruptedDrillGivesNoFigure(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	var progress bytes.Buffer
	f := carryOut(t, ctx, cli{Seed: endlessSeed}, &progress)
	if len(f.Drills) != 0 || !strings.Contains(progress.String(), "it gives no figure") {
		t.Errorf("figures %+v\n%s", f, &progress)
	}
}

func TestADrillThatIsLeftOutGivesNoFigure(t *testing.T) {
	t.Setenv("CI", "") // where nothing may be missing
	var progress bytes.Buffer
	f := carryOut(t, t.Context(), cli{Seed: lackingSeed}, &progress)
	if out := progress.String(); len(f.Drills) != 0 || !strings.Contains(out, "LEFT OUT a drill") || !strings.Contains(out, "no anvil") {
		t.Errorf("figures %+v\n%s", f, out)
	}
	if err := f.judge([]drill{aDrill()}); err == nil || !strings.Contains(err.Error(), "not carried out") {
		t.Errorf("the campaign ends with %v", err)
	}
}

func TestUsage(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		args string
		want int
	}{
		{"--list", exitDone}, {"--help", exitDone}, {"--only nonsense", exitUsage}, {"--for 1h --long", exitUsage}, {"--parallel 0", exitUsage},
	} {
		var out bytes.Buffer
		if got := run(t.Context(), strings.Fields(test.args), &out, &out); got != test.want {
			t.Errorf("%s: exit code %d, want %d: %s", test.args, got, test.want, &out)
		}
	}
}

// The names of some drills have commas in them.
func TestEveryDrillCanBeChosenByItsName(t *testing.T) {
	t.Parallel()
	for _, d := range drills() {
		var out, faults bytes.Buffer
		if code := run(t.Context(), []string{"--list", "--only", d.name}, &out, &faults); code != exitDone || !strings.Contains(out.String(), d.test) {
			t.Errorf("%s: exit code %d\n%s%s", d.name, code, &out, &faults)
		}
	}
}
