package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"syscall"
	"time"

	"eventdrop/functions/internal/campaign"
)

// runner carries drills out.
type runner struct {
	*cli

	binaries *binaries
	progress io.Writer
	figures  *figures
	began    time.Time
	mu       sync.Mutex
}

// job is a drill with one seed.
type job struct {
	drill

	seed uint64
}

// run goes through the rounds; it begins nothing after the end of the time or of the context.
func (r *runner) run(ctx context.Context, chosen []drill) {
	jobs := make(chan job)
	var workers sync.WaitGroup
	for range r.Parallel {
		workers.Go(func() {
			for j := range jobs {
				if !r.over(ctx) { // a job may have waited for long
					r.carryOut(ctx, j)
				}
			}
		})
	}
	for round := 0; len(chosen) > 0 && r.goesOn(ctx, round); round++ {
		r.offer(ctx, chosen, round, jobs)
		chosen = slices.DeleteFunc(slices.Clone(chosen), func(d drill) bool { return d.fixed })
	}
	close(jobs)
	workers.Wait()
}

func (r *runner) goesOn(ctx context.Context, round int) bool {
	switch {
	case r.over(ctx):
		return false
	case r.For > 0:
		return true
	}
	return round < max(1, r.Rounds)
}

func (r *runner) over(ctx context.Context) bool {
	return ctx.Err() != nil || r.For > 0 && time.Since(r.began) >= r.For
}

func (r *runner) offer(ctx context.Context, chosen []drill, round int, jobs chan<- job) {
	for _, d := range chosen {
		select {
		case jobs <- job{d, r.Seed + uint64(round)}: //nolint:gosec // not negative
		case <-ctx.Done():
			return
		}
	}
}

// carryOut runs one drill, notes its figure and tells how it went. One that was left out has no figure, so that it replaces
// no row that is published.
func (r *runner) carryOut(ctx context.Context, j job) {
	r.tell("begin %s, seed %d", j.name, j.seed)
	began := time.Now()
	figure, out, err := r.start(ctx, j)
	took := time.Since(began).Round(100 * time.Millisecond)
	switch {
	case ctx.Err() != nil:
		r.tell("%s was interrupted after %s: it gives no figure", j.name, took)
		return
	case err != nil:
		r.tell("%s\nFAILED %s after %s: %v\nagain: %s", out, j.name, took, err, r.again(j))
	case figure.Skipped:
		r.tell("%s\nLEFT OUT %s: it gives no figure", out, j.name)
		return
	default:
		r.tell("end   %s after %s", j.name, took)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.figures.add(j, figure, err)
}

func (r *runner) tell(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	fmt.Fprintf(r.progress, "%8s  "+format+"\n", append([]any{time.Since(r.began).Round(time.Second)}, args...)...)
}

// again is the command that carries this drill out with this seed.
func (r *runner) again(j job) string {
	command := fmt.Sprintf("go run ./functions/campaign --only %q --seed %d", j.name, j.seed)
	if r.Long {
		command += " --long"
	}
	return command
}

// start runs the drill's test in a process of its own and returns its figure and what it printed.
func (r *runner) start(ctx context.Context, j job) (campaign.Figure, string, error) {
	file, err := os.CreateTemp(r.binaries.folder, "figures-")
	if err != nil {
		return campaign.Figure{}, "", fmt.Errorf("keep figures: %w", err)
	}
	_ = file.Close()                                                                                                          // nothing was written
	cmd := exec.CommandContext(ctx, r.binaries.built[j.folder], "-test.run", "^"+j.test+"$", "-test.v", "-test.timeout", "0") //nolint:gosec // our own binary
	cmd.Dir = r.binaries.source(j.folder)
	cmd.Env = append(cmd.Environ(), campaign.EnvSeed+"="+strconv.FormatUint(j.seed, 10), campaign.EnvFigures+"="+file.Name(), campaign.EnvN+"="+r.count(j), "TMPDIR="+r.binaries.folder)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // a Ctrl-C is for this process; it tells the drill
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 10 * time.Second
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	failed := cmd.Run()
	if cmd.Process != nil {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) // children of a drill that was interrupted; mostly there are none
	}
	figure, err := readFigure(file.Name(), j.name)
	return figure, tail(out.Bytes()), errors.Join(failed, err)
}

// count is how often; empty leaves it to the drill.
func (r *runner) count(j job) string {
	if !r.Long || j.long == 0 {
		return ""
	}
	return strconv.Itoa(j.long)
}

// readFigure finds a drill's figure among those that its test has written.
func readFigure(name, drill string) (campaign.Figure, error) {
	file, err := os.Open(filepath.Clean(name))
	if err != nil {
		return campaign.Figure{}, fmt.Errorf("read figures: %w", err)
	}
	defer file.Close()
	for decoder := json.NewDecoder(file); ; {
		var figure campaign.Figure
		if err := decoder.Decode(&figure); errors.Is(err, io.EOF) {
			return campaign.Figure{}, errors.New("it left no figure")
		} else if err != nil {
			return campaign.Figure{}, fmt.Errorf("read figures: %w", err)
		}
		if figure.Drill == drill {
			return figure, nil
		}
	}
}

// tail is as much of a test's output as a person may want to read.
func tail(out []byte) string {
	const limit = 32 << 10
	return string(out[max(0, len(out)-limit):])
}
