package main

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/schollz/progressbar/v3"

	"eventdrop/functions/internal/dropzone"
	"eventdrop/functions/internal/ingest"
	"eventdrop/functions/internal/warehouse"
	"eventdrop/functions/internal/wiring"
)

// rowFlags select rows of the quarantine.
type rowFlags struct {
	Reason dropzone.Reason `help:"Only rows that were rejected for this reason."`
	Object string          `placeholder:"KEY|s3://BUCKET/KEY" help:"Only rows of this object, in all its versions; of a local file by its absolute path."`
	Since  moment          `placeholder:"TIME" help:"Only rows that were rejected last at this time or later: 2026-11-23, 2026-11-23T09:00:00Z, or 2h ago as 2h."`
	Until  moment          `placeholder:"TIME" help:"Only rows that were rejected last before this time."`
}

type redriveCmd struct {
	rowFlags

	All    bool `help:"All rows in quarantine."`
	DryRun bool `help:"Do all of it, report, and roll back."`
}

// redriveView is what a redrive did: a receipt for each object, and their sum.
type redriveView struct {
	Receipts []receiptView  `json:"receipts"`
	Totals   dropzone.Books `json:"totals"`
}

// Run runs quarantined rows through today's contract, object by object.
func (c *redriveCmd) Run(a *app) error {
	filter, err := c.filter()
	if err != nil {
		return err
	}
	parts, _, err := a.parts(wiring.Database)
	if err != nil {
		return err
	}
	defer parts.Close()
	if err := ready(a.ctx, parts.Warehouse); err != nil {
		return err
	}
	objects, err := parts.Quarantined(a.ctx, filter)
	if err != nil {
		return err
	}
	view, failed := c.redrive(a, parts.Pipeline, objects, filter)
	if err := a.print(view, view.write); err != nil {
		return err
	}
	if failed != nil {
		return failed
	}
	return refused(view.Receipts)
}

func (f *rowFlags) filter() (dropzone.Filter, error) {
	filter := dropzone.Filter{Reason: f.Reason, Key: f.Object, Since: f.Since.Time, Until: f.Until.Time}
	if strings.HasPrefix(f.Object, "s3://") {
		objects, _, err := parseSources([]string{f.Object})
		if err != nil {
			return filter, err
		}
		filter.Bucket, filter.Key = objects[0].Bucket, objects[0].Key
	}
	if !filter.Since.IsZero() && !filter.Until.IsZero() && !filter.Since.Before(filter.Until) {
		return filter, fmt.Errorf("%w: --since must be before --until", errUsage)
	}
	return filter, nil
}

func (c *redriveCmd) filter() (dropzone.Filter, error) {
	f, err := c.rowFlags.filter()
	switch {
	case err != nil:
		return f, err
	case f == dropzone.Filter{} && !c.All:
		return f, fmt.Errorf("%w: say which rows by --reason, --object, --since or --until, or take --all", errUsage)
	case f != dropzone.Filter{} && c.All:
		return f, fmt.Errorf("%w: --all goes with no other filter", errUsage)
	}
	return f, nil
}

// redrive goes on with the other objects where one fails.
func (c *redriveCmd) redrive(a *app, p *ingest.Router, objects []warehouse.QuarantinedObject, f dropzone.Filter) (redriveView, error) {
	progress := progressbar.NewOptions(len(objects), progressbar.OptionSetWriter(a.stderr), progressbar.OptionSetVisibility(terminal(a.stderr)),
		progressbar.OptionSetDescription("objects"), progressbar.OptionShowCount(), progressbar.OptionClearOnFinish())
	view := redriveView{Receipts: []receiptView{}}
	var failed []error
	for _, o := range objects {
		if err := a.ctx.Err(); err != nil {
			failed = append(failed, err)
			break
		}
		receipt, err := p.Redrive(a.ctx, ingest.Redrive{ObjectID: o.ID, Contract: o.Contract, Filter: f, DryRun: c.DryRun})
		if err != nil {
			receipt.Object = o.Object // also where the ledger could not be asked for it
			failed = append(failed, fmt.Errorf("%s: %w", o.Object, explained(err)))
		}
		view.Receipts = append(view.Receipts, viewReceipt(receipt))
		view.Totals = view.Totals.Add(receipt.Books)
		_ = progress.Add(1) // a progress bar that cannot be drawn is no reason to stop
	}
	_ = progress.Finish()
	return view, errors.Join(failed...)
}

func (v *redriveView) write(w io.Writer) error {
	if len(v.Receipts) == 0 {
		_, err := fmt.Fprintln(w, "nothing in quarantine matches")
		return err
	}
	if err := writeReceipts(w, v.Receipts); err != nil {
		return err
	}
	t := v.Totals
	_, err := fmt.Fprintf(w, "objects %d, rows run again %d: inserted %d, updated %d, stale %d, duplicate %d, rejected %d\n",
		len(v.Receipts), t.RowsRead, t.Inserted, t.Updated, t.Stale, t.Duplicate, t.Rejected)
	return err
}

// moment is a time as a person gives it.
type moment struct{ time.Time }

// UnmarshalText reads a date or a time of RFC 3339, or how long ago it was. A date is its midnight in UTC.
func (m *moment) UnmarshalText(text []byte) error {
	for _, layout := range []string{time.RFC3339, time.DateOnly} {
		if t, err := time.Parse(layout, string(text)); err == nil {
			m.Time = t
			return nil
		}
	}
	ago, err := time.ParseDuration(string(text))
	if err != nil || ago < 0 {
		return fmt.Errorf("%q is no time: want 2026-11-23, 2026-11-23T09:00:00Z, or a duration before now as 2h", text)
	}
	m.Time = time.Now().Add(-ago)
	return nil
}
