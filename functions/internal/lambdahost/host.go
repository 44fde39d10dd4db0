// Package lambdahost is the host of ingest and reconcile on AWS Lambda, as package runner is on a machine.
//
// Start reading at [Host.Ingest] and [Host.Reconcile].
package lambdahost

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"os"
	"sync"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambdacontext"

	"eventdrop/functions/internal/telemetry"
	"eventdrop/functions/internal/warehouse"
	"eventdrop/functions/internal/wiring"
)

// Host holds the pipeline from one invocation to the next, over freezes. Lambda invokes it once at a time.
type Host struct {
	log     *slog.Logger
	metrics io.Writer
	stopped context.Context //nolint:containedctx // one per process: it ends with SIGTERM

	mu    sync.Mutex
	parts *wiring.Parts // nil until the first time that all of it was usable
}

// Handler is what one function does with an event.
type Handler func(h *Host, ctx context.Context, event json.RawMessage) (any, error)

// startTime bounds what is done before the first invocation. Lambda allows 10 s, and begins again after that.
const startTime = 8 * time.Second

// Start serves invocations for ever. What is there to prepare is prepared at once; where that fails, the next invocation
// tries again and returns the error.
func Start(handle Handler) {
	stopped, stop := context.WithCancel(context.Background())
	h := &Host{log: telemetry.NewLog(os.Stderr, slog.LevelInfo), metrics: os.Stdout, stopped: stopped}
	starting, cancel := context.WithTimeout(stopped, startTime)
	if _, err := h.ready(starting); err != nil {
		h.log.WarnContext(starting, "not ready yet; the next invocation tries again", "error", err.Error())
	}
	cancel()
	lambda.StartWithOptions(func(ctx context.Context, event json.RawMessage) (any, error) {
		ctx, cancel := h.slice(ctx)
		defer cancel()
		return handle(h, ctx, event)
	}, lambda.WithEnableSIGTERM(stop, h.close))
}

// slice ends before the deadline, and with SIGTERM: what is left of the time is for a rollback and the answer.
func (h *Host) slice(ctx context.Context) (context.Context, context.CancelFunc) {
	cancelDeadline := func() {}
	if deadline, ok := ctx.Deadline(); ok {
		ctx, cancelDeadline = context.WithDeadline(ctx, deadline.Add(-margin(time.Until(deadline))))
	}
	ctx, cancel := context.WithCancel(ctx)
	ends := context.AfterFunc(h.stopped, cancel)
	return ctx, func() { ends(); cancel(); cancelDeadline() }
}

// margin is the part of an invocation's time that is not for loading. Most of it is for what an interrupted load must
// still say, see package ingest.
func margin(left time.Duration) time.Duration {
	const longest = 3 * time.Second
	return min(longest, left/4)
}

// ready returns the pipeline with a connection that works, or what is wrong, as one of the types of this package's errors.
func (h *Host) ready(ctx context.Context) (*wiring.Parts, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.parts != nil {
		return h.parts, unready(h.parts.Warehouse.Ping(ctx))
	}
	parts, err := h.assemble(ctx)
	if err != nil {
		return nil, err
	}
	if err := check(ctx, parts.Warehouse); err != nil {
		parts.Close()
		return nil, err
	}
	h.parts = parts
	return parts, nil
}

func (h *Host) assemble(ctx context.Context) (*wiring.Parts, error) {
	cfg, err := wiring.Read(wiring.Database | wiring.Store)
	if err != nil {
		return nil, err //nolint:wrapcheck // Lambda reports the outermost type: it must be *wiring.SettingsError
	}
	if cfg.DatabaseConnections == 0 {
		cfg.DatabaseConnections = 1 // the number of functions at a time is the budget
	}
	h.log = telemetry.NewLog(os.Stderr, cfg.Level())
	parts, err := wiring.Assemble(ctx, cfg, h.log)
	return parts, unready(err)
}

func check(ctx context.Context, w *warehouse.Warehouse) error {
	if err := w.Ping(ctx); err != nil {
		return unready(err)
	}
	return w.CheckSchema(ctx) //nolint:wrapcheck // Lambda reports the outermost type: *warehouse.SchemaError
}

// close gives the connections back before the environment ends: the server need not find out by itself.
func (h *Host) close() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.parts != nil {
		h.parts.Close()
	}
}

// meter counts for one invocation; flush writes what it counted.
func (h *Host) meter(ctx context.Context) (m *telemetry.Meter, flush func()) {
	m = telemetry.NewMeter(functionName(), time.Now)
	return m, func() {
		if err := m.Flush(h.metrics); err != nil {
			h.log.WarnContext(ctx, "metrics are lost", "error", err.Error())
		}
	}
}

// functionName is what Lambda calls the function.
func functionName() string {
	if lambdacontext.FunctionName == "" {
		return "local" // nobody said
	}
	return lambdacontext.FunctionName
}

// The errors of an invocation. Lambda reports the name of an error's type, and alarms can ask for it.

// NotReadyError says that PostgreSQL or the settings' other parts cannot be used.
type NotReadyError struct{ Err error }

func (e *NotReadyError) Error() string { return "not ready: " + e.Err.Error() }

func (e *NotReadyError) Unwrap() error { return e.Err }

func unready(err error) error {
	if err == nil {
		return nil
	}
	return &NotReadyError{Err: err}
}

// NotLoadedError says that some objects of a notification were not loaded: it must be sent again.
type NotLoadedError struct {
	Failed, Of int
	Err        error // of the first one
}

func (e *NotLoadedError) Error() string {
	return fmt.Sprintf("%d of %d objects were not loaded, the first: %v", e.Failed, e.Of, e.Err)
}

func (e *NotLoadedError) Unwrap() error { return e.Err }

// ReconcileError says that a reconcile could not compare the bucket with the ledger.
type ReconcileError struct{ Err error }

func (e *ReconcileError) Error() string { return e.Err.Error() }

func (e *ReconcileError) Unwrap() error { return e.Err }
