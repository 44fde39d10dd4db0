// Package runner is the local host of the pipeline: a webhook receiver, workers and a schedule. On
// AWS, Lambda takes its place.
//
// Start reading at [Runner.Run].
package runner

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"eventdrop/functions/internal/dropzone"
)

// Runner loads what notices announce, and reconciles at start and on a schedule.
type Runner struct {
	// Handle loads one object; again tells that it was found without a notice, or failed before.
	Handle func(ctx context.Context, o dropzone.Object, again bool) error
	// Parse reads a notification: the objects of concern, and how many others it named.
	Parse func(body []byte) (objects []dropzone.Object, ignored int, err error)
	// Reconcile compares the bucket with the ledger and loads what is missing, by way of handle.
	Reconcile func(ctx context.Context, handle func(ctx context.Context, o dropzone.Object) error) error
	// RetryDue loads failed objects whose next attempt is due.
	RetryDue func(ctx context.Context, handle func(ctx context.Context, o dropzone.Object) error) error
	// Healthy reports whether the runner can work.
	Healthy func(ctx context.Context) error

	Token          string        // the bearer token that notices must carry
	Workers        int           // objects loaded at a time
	QueueLength    int           // notices that may wait
	ReconcileEvery time.Duration // between the end of one reconcile and the begin of the next
	Log            *slog.Logger
}

// stopTime is how long objects that are being loaded may take after the stop.
const stopTime = 8 * time.Second

// retryEvery is how often the ledger is asked for due objects.
const retryEvery = 3 * time.Second

// Run serves until the context ends, then stops in order: no new notices, the objects at work are
// finished or rolled back, and what still waits is left to the next start's reconcile.
func (r *Runner) Run(ctx context.Context, listener net.Listener) error {
	ctx, end := context.WithCancel(ctx) // ends the schedule, too, when the receiver cannot go on
	defer end()
	queue := newQueue(r.QueueLength)
	server := &http.Server{Handler: r.routes(queue), ReadHeaderTimeout: 10 * time.Second, ReadTimeout: time.Minute}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()

	work, stopWork := context.WithCancelCause(context.WithoutCancel(ctx))
	defer stopWork(nil)
	var workers sync.WaitGroup
	for range r.Workers {
		workers.Go(func() { r.work(work, queue) })
	}
	workers.Go(func() { r.schedule(ctx, work, queue) })

	var err error
	select {
	case <-ctx.Done():
	case err = <-failed:
	}
	end()
	r.stop(work, stopWork, server, queue, &workers)
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

func (r *Runner) stop(work context.Context, stopWork context.CancelCauseFunc, server *http.Server, queue *queue, workers *sync.WaitGroup) {
	limit := time.AfterFunc(stopTime, func() { stopWork(errors.New("stopped")) })
	defer limit.Stop()
	ctx, cancel := context.WithTimeout(work, stopTime)
	defer cancel()
	if err := server.Shutdown(ctx); err != nil {
		r.Log.WarnContext(ctx, "webhook receiver did not stop in time", "error", err.Error())
	}
	if left := queue.close(); left > 0 {
		r.Log.InfoContext(ctx, "notices left for the next start's reconcile", "count", left)
	}
	workers.Wait()
}

// work loads objects from the queue until it is closed.
func (r *Runner) work(ctx context.Context, queue *queue) {
	for o, ok := queue.take(); ok; o, ok = queue.take() {
		_ = r.Handle(ctx, o, false) // the pipeline has logged it, and the ledger knows when to try again
		queue.done(o)
	}
}

// schedule reconciles at start and then regularly, and retries what is due in between. It begins
// nothing after the stop, and what it has begun ends with the work.
func (r *Runner) schedule(ctx, work context.Context, queue *queue) {
	handle := func(_ context.Context, o dropzone.Object) error {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if !queue.begin(o) {
			return nil // a worker has it
		}
		defer queue.done(o)
		return r.Handle(work, o, true)
	}
	reconcile := time.NewTimer(0)
	retry := time.NewTicker(retryEvery)
	defer retry.Stop()
	for ctx.Err() == nil {
		select {
		case <-ctx.Done():
		case <-retry.C:
			r.report(ctx, "retry", r.RetryDue(ctx, handle))
		case <-reconcile.C:
			r.report(ctx, "reconcile", r.Reconcile(ctx, handle))
			reconcile.Reset(r.ReconcileEvery)
		}
	}
}

func (r *Runner) report(ctx context.Context, what string, err error) {
	if err != nil && ctx.Err() == nil {
		r.Log.WarnContext(ctx, "did not finish; it is tried again", "what", what, "error", err.Error())
	}
}
