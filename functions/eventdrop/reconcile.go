package main

import (
	"context"
	"fmt"
	"io"

	"github.com/schollz/progressbar/v3"

	"eventdrop/functions/internal/dropzone"
	"eventdrop/functions/internal/ingest"
	"eventdrop/functions/internal/wiring"
)

type reconcileCmd struct {
	DryRun bool `help:"Only count and name what is missing."`
}

// Run compares the bucket with the ledger and loads what is missing.
func (c *reconcileCmd) Run(a *app) error {
	parts, _, err := a.parts(wiring.Database | wiring.Store)
	if err != nil {
		return err
	}
	defer parts.Close()
	if err := parts.Warehouse.Ping(a.ctx); err != nil {
		return err
	}
	if !c.DryRun {
		if _, err := parts.Warehouse.ResumeInterrupted(a.ctx); err != nil {
			return err
		}
	}
	progress := progressbar.NewOptions(-1, progressbar.OptionSetWriter(a.stderr), progressbar.OptionSetVisibility(terminal(a.stderr)),
		progressbar.OptionSetDescription("objects loaded"), progressbar.OptionShowCount(), progressbar.OptionClearOnFinish())
	load := func(ctx context.Context, o dropzone.Object) error {
		_, err := parts.Pipeline.Handle(ctx, ingest.Order{Object: o, Again: true})
		_ = progress.Add(1) // a progress bar that cannot be drawn is no reason to stop
		return err
	}
	report, err := parts.Reconciler(parts.Pipeline.Accepts, load).Run(a.ctx, c.DryRun)
	_ = progress.Finish()
	if err != nil {
		return err
	}
	err = a.print(report, func(w io.Writer) error {
		for _, name := range report.MissingObjects {
			fmt.Fprintln(w, "missing", name)
		}
		_, err := fmt.Fprintf(w, "listed %d objects, missed notices: %d, due again: %d, loaded: %d, failed: %d\n",
			report.Listed, report.Missing, report.Due, report.Loaded, report.Failed)
		return err
	})
	if err == nil && report.Failed > 0 {
		return fmt.Errorf("%d objects were not loaded: see `eventdrop history`; they are tried again when they are due", report.Failed)
	}
	return err
}
