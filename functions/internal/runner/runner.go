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
	"slices"
	"sync"
	"time"

	"eventdrop/functions/internal/dropzone"
)

// Runner loads what notices announce, and reconciles at start and on a schedule.
type Runner struct {
	// Handle loads objects, with an error for each; again tells that they were found without a notice, or failed before.
	Handle func(ctx context.Context, objects []dropzone.Object, again bool) []error
	// Parse reads a notification: the objects of concern, and how many others it named.
	Parse func(body []byte) (objects []dropzone.Object, ignored int, err error)
	// Reconcile compares the bucket with the ledger and loads what is missing, by way of handle.
	Reconcile func(ctx context.Context, handle func(ctx context.Context, objects []dropzone.Object) []error) error
	// RetryDue loads failed objects whose next attempt is due.
	RetryDue func(ctx context.Context, handle func(ctx context.Context, objects []dropzone.Object) []error) error
	// Healthy reports whether the runner can work.
	Healthy func(ctx context.Context) error

	// Metrics makes what answers GET /metrics, given a look at the runner; nil: nothing does.
	Metrics func(look func() Stats) http.Handler

	Token          string        // the bearer token that notices must carry
	Workers        int           // objects loaded at a time
	QueueLength    int           // notices that may wait
	ReconcileEvery time.Duration // between the end of one reconcile and the begin of the next
	Log            *slog.Logger

	notices noticeCounts
}

// How long a stop takes at most: 10 seconds after which Docker kills, and a second of them for what the caller has to close.
const (
	stopTime = 7 * time.Second // objects that are being loaded may take so long after the stop
	lastTime = 2 * time.Second // and those that were cut off then may take so long, all together, to say so to the ledger
)

// retryEvery is how often the ledger is asked for due objects.
const retryEvery = 3 * time.Second

// Run serves until the context ends, then stops in order: no new notices, the objects at work are
// finished or rolled back, and what still waits is left to the next start's reconcile. It leaves loads behind
// only where PostgreSQL does not even answer to being cut off: their transactions end with their connections.
func (r *Runner) Run(ctx context.Context, listener net.Listener) error {
	ctx, end := context.WithCancel(ctx) // ends the schedule, too, when the receiver cannot go on
	defer end()
	var workers sync.WaitGroup
	queue, lanes := newQueue(r.QueueLength), newLanes(r.Workers, &workers)
	server := &http.Server{
		Handler: r.routes(queue, lanes), ReadHeaderTimeout: 10 * time.Second, ReadTimeout: time.Minute,
		BaseContext: func(net.Listener) context.Context { return ctx },
	}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()

	work, stopWork := context.WithCancelCause(context.WithoutCancel(ctx))
	defer stopWork(nil)
	r.begin(ctx, work, queue, lanes, &workers)

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

// begin starts all that loads.
func (r *Runner) begin(ctx, work context.Context, queue *queue, lanes lanes, workers *sync.WaitGroup) {
	for range r.Workers {
		workers.Go(func() { r.work(work, queue, lanes.first) })
	}
	workers.Go(func() {
		r.every(ctx, 0, r.ReconcileEvery, "reconcile", func() error { return r.Reconcile(ctx, r.again(ctx, work, queue, lanes.first)) })
	})
	workers.Go(func() {
		r.every(ctx, retryEvery, retryEvery, "retry", func() error { return r.RetryDue(ctx, r.again(ctx, work, queue, lanes.second)) })
	})
}

// stop closes the queue first: a notice that comes now is told to come back, and no worker begins another object.
func (r *Runner) stop(work context.Context, stopWork context.CancelCauseFunc, server *http.Server, queue *queue, workers *sync.WaitGroup) {
	limit := time.AfterFunc(stopTime, func() { stopWork(errors.New("stopped")) })
	defer limit.Stop()
	if left := queue.close(); left > 0 {
		r.Log.InfoContext(work, "notices left for the next start's reconcile", "count", left)
	}
	ended := make(chan struct{})
	go func() {
		workers.Wait()
		close(ended)
	}()
	last := time.NewTimer(stopTime + lastTime)
	defer last.Stop()
	if err := server.Shutdown(work); err != nil {
		r.Log.WarnContext(work, "webhook receiver did not stop in time; its connections are cut", "error", err.Error())
		_ = server.Close() // whoever is cut off sends its notice again
	}
	select {
	case <-ended:
	case <-last.C:
		r.Log.WarnContext(work, "loads did not end in time; PostgreSQL rolls them back")
	}
}

// work loads objects from the queue until it is closed.
func (r *Runner) work(ctx context.Context, queue *queue, lane *lane) {
	for o, ok := queue.take(); ok; o, ok = queue.take() {
		lane.load(func() []error { // the pipeline has logged it, and the ledger knows when to try again
			defer queue.done(o)
			return r.Handle(ctx, []dropzone.Object{o}, false)
		})
	}
}

// again is how reconcile and retries load. It begins nothing after the stop, and what it has begun ends with the work.
func (r *Runner) again(ctx, work context.Context, queue *queue, lane *lane) func(context.Context, []dropzone.Object) []error {
	return func(_ context.Context, objects []dropzone.Object) []error {
		if ctx.Err() != nil {
			return slices.Repeat([]error{context.Cause(ctx)}, len(objects))
		}
		begun := slices.DeleteFunc(slices.Clone(objects), func(o dropzone.Object) bool { return !queue.begin(o) }) // somebody has those
		if len(begun) == 0 {
			return nil
		}
		return lane.load(func() []error {
			defer func() {
				for _, o := range begun {
					queue.done(o)
				}
			}()
			return r.Handle(work, begun, true)
		})
	}
}

// every does something again and again until ctx ends, with a pause between the end of one time and the begin of the next.
func (r *Runner) every(ctx context.Context, first, pause time.Duration, what string, do func() error) {
	next := time.NewTimer(first)
	defer next.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-next.C:
			r.report(ctx, what, do())
			next.Reset(pause)
		}
	}
}

func (r *Runner) report(ctx context.Context, what string, err error) {
	if err != nil && ctx.Err() == nil {
		r.Log.WarnContext(ctx, "did not finish; it is tried again", "what", what, "error", err.Error())
	}
}
