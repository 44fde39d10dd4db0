package main

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
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
	slowSeed
	leavingSeed
)

const slow = time.Second

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
	case slowSeed:
		<-time.After(slow)
	case leavingSeed:
		leave(t)
	}
}

// leave panics beside a folder and a child of its own.
func leave(t *testing.T) {
	t.Helper()
	if _, err := os.MkdirTemp("", "left-"); err != nil { //nolint:usetesting // no cleanup shall remove it
		t.Fatal(err)
	}
	child := exec.CommandContext(context.WithoutCancel(t.Context()), "sleep", "1000")
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	t.Logf("the child is %d.", child.Process.Pid)
	panic("oh")
}

// carryOut runs the drill of the tests.
func carryOut(t *testing.T, ctx context.Context, c cli, progress *bytes.Buffer) *figures { //nolint:revive // the test comes first
	t.Helper()
	r := newRunner(t, c, progress)
	r.run(ctx, []drill{aDrill()})
	return r.figures
}

// newRunner runs drills in this very binary.
func newRunner(t *testing.T, c cli, progress *bytes.Buffer) *runner {
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
	return &runner{cli: &c, binaries: built, progress: progress, figures: figures, began: time.Now()}
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

func TestAJobThatWaitedUntilTheTimeWasUpDoesNotBegin(t *testing.T) {
	t.Parallel()
	r := newRunner(t, cli{Seed: slowSeed, For: slow / 2}, &bytes.Buffer{})
	r.run(t.Context(), []drill{aDrill(), aDrill()})
	if len(r.figures.Drills) != 1 || r.figures.Drills[0].Rounds != 1 {
		t.Errorf("figures %+v", r.figures)
	}
}

func TestFixedDrillsAreNotRepeated(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	r := newRunner(t, cli{Seed: soundSeed, For: time.Hour}, &bytes.Buffer{})
	fixed := aDrill()
	fixed.fixed = true
	r.run(ctx, []drill{fixed})
	if len(r.figures.Drills) != 1 || r.figures.Drills[0].Rounds != 1 || ctx.Err() != nil {
		t.Errorf("figures %+v, %v", r.figures, ctx.Err())
	}
}

func TestNothingOutlivesADrill(t *testing.T) {
	t.Parallel()
	var progress bytes.Buffer
	r := newRunner(t, cli{Seed: leavingSeed}, &progress)
	r.run(t.Context(), []drill{aDrill()})
	child := regexp.MustCompile(`the child is ([0-9]+)\.`).FindStringSubmatch(progress.String())
	left, err := filepath.Glob(filepath.Join(r.binaries.folder, "left-*"))
	if child == nil || len(left) != 1 || err != nil {
		t.Fatalf("child %v, folders %v, %v\n%s", child, left, err, &progress)
	}
	pid, err := strconv.Atoi(child[1])
	if err != nil {
		t.Fatal(err)
	}
	patience := time.After(20 * time.Second)
	poll := time.NewTicker(10 * time.Millisecond)
	defer poll.Stop()
	for syscall.Kill(pid, 0) == nil {
		select {
		case <-poll.C:
		case <-patience:
			t.Fatal("the child lives on")
		}
	}
	r.binaries.remove()
	if _, err := os.Stat(left[0]); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the folder is still there: %v", err)
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
		{"--list", exitDone},
		{"--help", exitDone},
		{"--only=nonsense", exitUsage},
		{"--for=1h;--long", exitUsage},
		{"--parallel=0", exitUsage},
		{"--list;--only=COMMITs cut;--only=disk full", exitDone},
		{"--list;--only=COMMITs cut;--only=COMMITs cut", exitUsage},
	} {
		var out bytes.Buffer
		if got := run(t.Context(), strings.Split(test.args, ";"), &out, &out); got != test.want {
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
