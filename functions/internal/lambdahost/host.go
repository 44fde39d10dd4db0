// Package lambdahost is the host of ingest and reconcile on AWS Lambda, as package runner is on a machine.
//
// Start reading at [Host.Ingest] and [Host.Reconcile].
package lambdahost

import (
	"context"
	"encoding/json"
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
	config    wiring.Config
	configErr error // settings do not get better in the life of a process
	log       *slog.Logger
	metrics   io.Writer
	stopped   context.Context //nolint:containedctx // one per process: it ends with SIGTERM

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
	h := newHost(stopped, os.Stderr, os.Stdout)
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

func newHost(stopped context.Context, log, metrics io.Writer) *Host {
	cfg, err := wiring.Read(wiring.Database | wiring.Store)
	if cfg.DatabaseConnections == 0 {
		cfg.DatabaseConnections = 1 // the number of functions at a time is the budget
	}
	return &Host{config: cfg, configErr: err, log: telemetry.NewLog(log, cfg.Level()), metrics: metrics, stopped: stopped}
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
	if h.configErr != nil {
		return nil, h.configErr // Lambda reports the outermost type: *wiring.SettingsError
	}
	parts, err := wiring.Assemble(ctx, h.config, h.log)
	if err != nil {
		return nil, unready(err)
	}
	if err := check(ctx, parts.Warehouse); err != nil {
		parts.Close()
		return nil, err
	}
	h.parts = parts
	return parts, nil
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
