package bucket

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"
)

// A body must bring paceBytes, or its rest, in every paceTime that is spent waiting for it: 4 KiB/s on average.
// Else one that trickles, a byte now and then, would hold its place until the caller's deadline, or for ever.
// The first paceTime is a grace: whatever is smaller than paceBytes may come as slowly as that.
const (
	paceTime  = time.Minute
	paceBytes = 240 << 10
)

// watch ends a request whose store has stopped sending, or sends too slowly. It runs only while
// somebody waits for bytes: a reader may take its time between two reads. A nil watch watches nothing.
type watch struct {
	ctx    context.Context
	cancel context.CancelCauseFunc
	silent *time.Timer
	slow   *time.Timer
	idle   time.Duration

	armed  time.Time
	waited time.Duration // for the present paceBytes
	came   int           // of them
}

// newWatch returns the context for the request to watch, and a watch that is not armed yet.
func newWatch(parent context.Context, idle time.Duration) (context.Context, *watch) {
	ctx, cancel := context.WithCancelCause(parent)
	after := func(limit time.Duration, format string, args ...any) *time.Timer {
		cause := fmt.Errorf(format+": %w", append(args, os.ErrDeadlineExceeded)...)
		timer := time.AfterFunc(limit, func() { cancel(cause) })
		timer.Stop()
		return timer
	}
	return ctx, &watch{
		ctx: ctx, cancel: cancel, idle: idle,
		silent: after(idle, "the store sent nothing for %s", idle),
		slow:   after(paceTime, "the store sent less than %d KiB in %s", paceBytes>>10, paceTime),
	}
}

func (w *watch) arm() {
	if w == nil {
		return
	}
	w.armed = time.Now()
	w.silent.Reset(w.idle)
	w.slow.Reset(paceTime - w.waited)
}

// disarm takes note of how many bytes came.
func (w *watch) disarm(n int) {
	if w == nil {
		return
	}
	w.silent.Stop()
	w.slow.Stop()
	w.waited += time.Since(w.armed)
	if w.came += n; w.came >= paceBytes {
		w.came, w.waited = 0, 0
	}
}

// stop releases the request.
func (w *watch) stop() {
	if w != nil {
		w.silent.Stop()
		w.slow.Stop()
		w.cancel(nil)
	}
}

// cause returns why the request was ended, where err only says that it was.
func (w *watch) cause(err error) error {
	if w == nil || !errors.Is(err, context.Canceled) {
		return err
	}
	return context.Cause(w.ctx)
}
