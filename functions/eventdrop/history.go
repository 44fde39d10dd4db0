package main

import (
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"eventdrop/functions/internal/warehouse"
	"eventdrop/functions/internal/wiring"
)

type historyCmd struct {
	Key   string `arg:"" optional:"" help:"Only objects whose key contains this."`
	Limit int    `default:"20" help:"At most so many lines."`
}

// Run shows what happened to objects, newest first.
func (c *historyCmd) Run(a *app) error {
	if c.Limit < 1 {
		return fmt.Errorf("%w: --limit=%d: want 1 or more", errUsage, c.Limit)
	}
	parts, _, err := a.parts(wiring.Database)
	if err != nil {
		return err
	}
	defer parts.Close()
	if err := parts.Warehouse.Ping(a.ctx); err != nil {
		return err
	}
	entries, err := parts.Warehouse.History(a.ctx, c.Key, c.Limit)
	if err != nil {
		return err
	}
	if entries == nil {
		entries = []warehouse.HistoryEntry{}
	}
	return a.print(entries, func(w io.Writer) error { return writeHistory(w, entries) })
}

func writeHistory(w io.Writer, entries []warehouse.HistoryEntry) error {
	table := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	fmt.Fprintln(table, "FINISHED\tSTATE\tREAD\tINSERTED\tUPDATED\tSTALE\tDUPLICATE\tREJECTED\tOBJECT\tWHY")
	for _, e := range entries {
		finished := "-"
		if e.FinishedAt != nil {
			finished = e.FinishedAt.Local().Format(time.DateTime)
		}
		fmt.Fprintf(table, "%s\t%s\t%d\t%d\t%d\t%d\t%d\t%d\t%s\t%s\n", finished, e.State, e.RowsRead, e.Inserted, e.Updated,
			e.Stale, e.Duplicate, e.Rejected, plain(e.Key), plain(why(e)))
	}
	return table.Flush()
}

// why says in a few words what kept an object from being loaded.
func why(e warehouse.HistoryEntry) string {
	switch {
	case e.Reason != "":
		return string(e.Reason) + ": " + e.Hint
	case e.Detail != "":
		return e.Detail
	}
	return ""
}
