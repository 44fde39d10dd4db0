package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/schollz/progressbar/v3"

	"eventdrop/functions/internal/dropzone"
	"eventdrop/functions/internal/ingest"
	"eventdrop/functions/internal/reconcile"
	"eventdrop/functions/internal/wiring"
)

type reconcileCmd struct {
	DryRun bool   `help:"Only count and name what is missing."`
	After  string `placeholder:"KEY" help:"Begin after this key, where an interrupted reconcile stopped."`
}

// Run compares the bucket with the ledger and loads what is missing.
func (c *reconcileCmd) Run(a *app) error {
	parts, _, err := a.parts(wiring.Database | wiring.Store)
	if err != nil {
		return err
	}
	defer parts.Close()
	if err := ready(a.ctx, parts.Warehouse); err != nil {
		return err
	}
	report, err := a.reconcile(parts, c)
	return errors.Join(a.print(report, func(w io.Writer) error { return writeReconcile(w, report) }), stopped(report, err))
}

// reconcile runs a whole reconcile and shows its progress. A pause makes it fail.
func (a *app) reconcile(parts *wiring.Parts, c *reconcileCmd) (reconcile.Report, error) {
	if !c.DryRun {
		if _, err := parts.Warehouse.ResumeInterrupted(a.ctx); err != nil {
			return reconcile.Report{}, err
		}
	}
	progress := progressbar.NewOptions(-1, progressbar.OptionSetWriter(a.stderr), progressbar.OptionSetVisibility(terminal(a.stderr)),
		progressbar.OptionSetDescription("objects loaded"), progressbar.OptionShowCount(), progressbar.OptionClearOnFinish())
	load := func(ctx context.Context, objects []dropzone.Object) []error {
		_, errs := parts.Pipeline.HandleTogether(ctx, ingest.Orders(objects, true))
		_ = progress.Add(len(objects)) // a progress bar that cannot be drawn is no reason to stop
		return errs
	}
	reconciler := parts.Reconciler(parts.Pipeline.Accepts, load)
	reconciler.After = c.After
	report, err := reconciler.Run(a.ctx, c.DryRun)
	_ = progress.Finish()
	return report, err
}

func writeReconcile(w io.Writer, report reconcile.Report) error {
	for _, name := range report.MissingObjects {
		fmt.Fprintln(w, "missing", plain(name))
	}
	_, err := fmt.Fprintf(w, "listed %d objects, missed notices: %d, due again: %d, loaded: %d, failed: %d\n",
		report.Listed, report.Missing, report.Due, report.Loaded, report.Failed)
	return err
}

// stopped says how to go on after a reconcile that did not do all of it.
func stopped(report reconcile.Report, err error) error {
	switch {
	case errors.Is(err, dropzone.ErrPaused):
		return fmt.Errorf("%w: `eventdrop resume` ends the pause and reconciles", err)
	case err != nil && report.Through != "":
		return fmt.Errorf("%w: it can go on with --after %q", err, report.Through)
	case err == nil && report.Failed > 0:
		return fmt.Errorf("%d objects were not loaded: see `eventdrop history`; they are tried again when they are due", report.Failed)
	}
	return err
}
