package main

import (
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"eventdrop/functions/internal/warehouse"
	"eventdrop/functions/internal/wiring"
)

type statusCmd struct{}

type statusView struct {
	warehouse.Health
	Pause   *warehouse.Pause       `json:"pause"` // null: not paused
	Rejects []warehouse.ReasonRows `json:"rejects"`
	Drift   []warehouse.Drift      `json:"drift"` // of the last 7 days, the newest first

	more bool // columns drifted than are shown
}

// shownDrift is how many columns that drifted are shown at most.
const shownDrift = 20

// Run shows the pipeline's health and its quarantine by reason.
func (statusCmd) Run(a *app) error {
	parts, _, err := a.parts(wiring.Database)
	if err != nil {
		return err
	}
	defer parts.Close()
	if err := parts.Warehouse.Ping(a.ctx); err != nil {
		return err
	}
	var s statusView
	if s.Health, err = parts.Warehouse.Health(a.ctx); err != nil {
		return err
	}
	if s.Pause, err = parts.Warehouse.Paused(a.ctx); err != nil {
		return err
	}
	if s.Rejects, err = parts.Warehouse.RejectCounts(a.ctx); err != nil {
		return err
	}
	drift, err := parts.Warehouse.NewDrift(a.ctx, shownDrift+1)
	if err != nil {
		return err
	}
	s.Drift, s.more = list(drift[:min(len(drift), shownDrift)]), len(drift) > shownDrift
	return a.print(s, s.write)
}

func (s *statusView) write(w io.Writer) error {
	if s.Pause != nil {
		fmt.Fprintln(w, plain(describePause(s.Pause)))
	}
	fmt.Fprintf(w, "objects   loaded %d, failed %d, parked %d, superseded %d, gone %d\n", s.Loaded, s.Failed, s.Parked, s.Superseded, s.Gone)
	fmt.Fprintf(w, "rows      read %d, in the table %d, rejected %d (in quarantine %d)\n", s.RowsRead, s.RowsInserted, s.RowsRejected, s.InQuarantine)
	if s.NewestLoaded != nil {
		fmt.Fprintf(w, "newest    object dropped %s is loaded\n", s.NewestLoaded.Format(time.RFC3339))
	}
	if s.NextAttemptAt != nil {
		fmt.Fprintf(w, "retry     a failed object is due %s\n", s.NextAttemptAt.Format(time.RFC3339))
	}
	if s.LoadMsP50 != nil {
		fmt.Fprintf(w, "load      p50 %.1f ms, p99 %.1f ms (last 15 minutes)\n", *s.LoadMsP50, *s.LoadMsP99)
	}
	table := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	for _, r := range s.Rejects {
		fmt.Fprintf(table, "rejected\t%d\t%s\t%s\n", r.Rows, r.Reason, r.Column)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	return s.writeDrift(w)
}

func (s *statusView) writeDrift(w io.Writer) error {
	table := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	for _, d := range s.Drift {
		column := plain(d.Column)
		if column == "" {
			column = "(no name)"
		}
		fmt.Fprintf(table, "drift\t%s\t%s %s\tin %d of the last %d objects\tfirst %s %s\n", d.Contract, column, changed(d.Change), d.With, d.Lately,
			d.NoticedAt.Format(time.RFC3339), plain(d.Object().String()))
	}
	if s.more {
		fmt.Fprintln(table, "drift\tand more: select * from column_drift")
	}
	return table.Flush()
}
