package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync/atomic"
	"time"

	"eventdrop/functions/internal/dropzone"
	"eventdrop/functions/internal/ingest"
	"eventdrop/functions/internal/notice"
	"eventdrop/functions/internal/reconcile"
	"eventdrop/functions/internal/runner"
	"eventdrop/functions/internal/telemetry/scrape"
	"eventdrop/functions/internal/warehouse"
	"eventdrop/functions/internal/wiring"
)

type serveCmd struct{}

// Run serves until Ctrl-C or SIGTERM.
func (serveCmd) Run(a *app) error {
	parts, log, err := a.parts(wiring.Database | wiring.Store | wiring.Webhook)
	if err != nil {
		return err
	}
	defer parts.Close()
	if err := ready(a.ctx, parts.Warehouse); err != nil {
		return err
	}
	if err := parts.Store.CheckBucket(a.ctx, parts.Config.S3Bucket, parts.Config.S3Prefix); err != nil {
		return err
	}
	stopProfiles, err := serveProfiles(a.ctx, parts.Config.Profile, log)
	if err != nil {
		return err
	}
	defer stopProfiles()
	listener, err := (&net.ListenConfig{}).Listen(a.ctx, "tcp", parts.Config.Listen)
	if err != nil {
		return fmt.Errorf("listen for notices: %w: choose another EVENTDROP_LISTEN", err)
	}
	log.Info("serving", "notices", "http://"+listener.Addr().String()+"/notices", "bucket", parts.Config.S3Bucket)
	return newRunner(parts, log, nil).Run(a.ctx, listener)
}

// ready reports whether a program can begin to load.
func ready(ctx context.Context, w *warehouse.Warehouse) error {
	if err := w.Ping(ctx); err != nil {
		return err
	}
	return w.CheckSchema(ctx)
}

// newRunner hosts the pipeline. observe gets every receipt; nil: nobody does.
func newRunner(parts *wiring.Parts, log *slog.Logger, observe func(dropzone.Receipt)) *runner.Runner {
	cfg, pipeline, metrics := parts.Config, parts.Pipeline, newMetrics(parts)
	return &runner.Runner{
		Handle: func(ctx context.Context, objects []dropzone.Object, again bool) []error {
			receipts, errs := pipeline.HandleTogether(ctx, ingest.Orders(objects, again))
			for i, receipt := range receipts {
				metrics.Observe(receipt, errs[i])
				if observe != nil {
					observe(receipt)
				}
			}
			return errs
		},
		Parse:     func(body []byte) ([]dropzone.Object, int, error) { return parseNotice(pipeline, body) },
		Reconcile: reconcileWith(parts, log, metrics),
		RetryDue: func(ctx context.Context, handle func(context.Context, []dropzone.Object) []error) error {
			retries := parts.Reconciler(pipeline.Accepts, handle)
			retries.Workers = max(1, cfg.Workers/2)
			report, err := retries.RetryDue(ctx)
			metrics.Retried(report)
			return err
		},
		Healthy: parts.Warehouse.Ping,
		Metrics: metrics.Handler,
		Token:   cfg.WebhookToken, Workers: cfg.Workers, QueueLength: cfg.QueueLength, ReconcileEvery: cfg.ReconcileEvery, Log: log,
	}
}

// parseNotice picks the objects that the pipeline accepts. An empty body, as some senders use to see
// whether anybody listens, announces nothing.
func parseNotice(pipeline *ingest.Router, body []byte) (objects []dropzone.Object, ignored int, err error) {
	if len(body) == 0 {
		return nil, 0, nil
	}
	notices, err := notice.Parse(body)
	if err != nil {
		return nil, 0, err
	}
	ignored = notices.Ignored()
	for o := range notices.Objects() {
		if pipeline.Accepts(o) {
			objects = append(objects, o)
		} else {
			ignored++
		}
	}
	for _, message := range notices.Messages {
		err = errors.Join(err, message.Err)
	}
	return objects, ignored, err
}

// reconcileWith reports missed notices. The first reconcile, at start, takes every object; later ones
// leave young objects to their notices, which are on their way. While the pipeline is paused
// it only says so.
func reconcileWith(parts *wiring.Parts, log *slog.Logger, metrics *scrape.Metrics) func(context.Context, func(context.Context, []dropzone.Object) []error) error {
	var started atomic.Bool
	return func(ctx context.Context, handle func(context.Context, []dropzone.Object) []error) error {
		pause, err := parts.Warehouse.Paused(ctx)
		if err != nil {
			return err
		}
		if pause != nil {
			log.WarnContext(ctx, "paused: nothing is loaded; `eventdrop resume` ends it",
				"since", pause.Since.Format(time.RFC3339), "reason", pause.Reason, "notices_held", pause.Held)
			return nil
		}
		first, now := !started.Swap(true), time.Now()
		if first {
			if _, err := parts.Warehouse.ResumeInterrupted(ctx); err != nil {
				started.Store(false)
				return err
			}
		}
		accepts := func(o dropzone.Object) bool {
			return parts.Pipeline.Accepts(o) && (first || !reconcile.OnItsWay(o, now, parts.Config.ReconcileAge))
		}
		report, err := parts.Reconciler(accepts, handle).LoadMissing(ctx)
		metrics.Reconciled(report, err)
		if report.Missing > 0 || first {
			log.InfoContext(ctx, "reconciled", "listed", report.Listed, "missed_notices", report.Missing,
				"loaded", report.Loaded, "failed", report.Failed)
		}
		return err
	}
}
