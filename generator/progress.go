package main

import (
	"io"
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"
)

// barDelay is the shortest time between two pictures of the bar.
const barDelay = 100 * time.Millisecond

// progress shows how far a run is. Its methods are safe for concurrent use.
type progress interface {
	step(done int) // one more object is dropped, done in all
	end()
}

// newProgress is a bar on a terminal, and lines elsewhere.
func (j *job) newProgress() progress {
	switch {
	case j.quiet:
		return silence{}
	case j.std.terminal:
		return newBar(j.objects, j.std.err)
	default:
		return &ticker{out: j.std.err, every: lineEvery(j.objects), of: j.objects}
	}
}

type silence struct{}

func (silence) step(int) {}
func (silence) end()     {}

type bar struct{ shown *progressbar.ProgressBar }

// newBar is a bar of so many objects; 0 is a number that nobody knows.
func newBar(objects int, out io.Writer) bar {
	if objects == 0 {
		objects = -1
	}
	return bar{progressbar.NewOptions(objects,
		progressbar.OptionSetWriter(out), progressbar.OptionSetDescription("objects"), progressbar.OptionShowCount(),
		progressbar.OptionShowIts(), progressbar.OptionSetItsString("objects"), progressbar.OptionThrottle(barDelay),
		progressbar.OptionFullWidth(), progressbar.OptionClearOnFinish())}
}

// The bar is decoration: that it cannot be drawn is no reason to stop.
func (b bar) step(int) { _ = b.shown.Add(1) }
func (b bar) end()     { _ = b.shown.Finish() }

// ticker writes a line for every so many objects.
type ticker struct {
	mu        sync.Mutex
	out       io.Writer
	every, of int
}

// lineEvery is how many objects a line stands for: about twenty lines in all, or one for a hundred objects.
func lineEvery(objects int) int {
	if objects == 0 {
		return 100
	}
	return max(1, objects/20)
}

func (t *ticker) step(done int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case done%t.every != 0:
	case t.of > 0:
		say(t.out, "dropped %d of %d objects\n", done, t.of)
	default:
		say(t.out, "dropped %d objects\n", done)
	}
}

func (t *ticker) end() {}
