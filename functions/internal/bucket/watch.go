package bucket

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"
)

// watch ends a request whose store has stopped sending. It runs only while somebody waits for
// bytes: a reader may take its time between two reads. A nil watch watches nothing.
type watch struct {
	ctx    context.Context
	cancel context.CancelCauseFunc
	timer  *time.Timer
	idle   time.Duration
}

// newWatch returns the context for the request to watch, and a watch that is not armed yet.
func newWatch(parent context.Context, idle time.Duration) (context.Context, *watch) {
	ctx, cancel := context.WithCancelCause(parent)
	stalled := fmt.Errorf("the store sent nothing for %s: %w", idle, os.ErrDeadlineExceeded)
	timer := time.AfterFunc(idle, func() { cancel(stalled) })
	timer.Stop()
	return ctx, &watch{ctx: ctx, cancel: cancel, timer: timer, idle: idle}
}

func (w *watch) arm() {
	if w != nil {
		w.timer.Reset(w.idle)
	}
}

func (w *watch) disarm() {
	if w != nil {
		w.timer.Stop()
	}
}

// stop releases the request.
func (w *watch) stop() {
	if w != nil {
		w.timer.Stop()
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
