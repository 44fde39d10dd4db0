package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"eventdrop/functions/internal/dropzone"
)

// receiptView is a receipt in the stable form that commands print.
type receiptView struct {
	Object    string          `json:"object"`
	VersionID string          `json:"version_id,omitempty"`
	ETag      string          `json:"etag"`
	RunID     string          `json:"run_id"`
	Kind      dropzone.Kind   `json:"kind"`
	Contract  string          `json:"contract,omitempty"` // absent where none was asked, as of an object that was loaded already
	State     dropzone.State  `json:"state"`
	Already   bool            `json:"already"`
	DryRun    bool            `json:"dry_run"`
	Reason    dropzone.Reason `json:"reason,omitempty"`
	Hint      string          `json:"hint,omitempty"`
	Detail    string          `json:"detail,omitempty"`
	dropzone.Books
	Rejects []dropzone.ReasonCount `json:"rejects"`
	Repairs []repairView           `json:"repairs"`
	Unknown []string               `json:"unknown_columns"`
	Absent  []string               `json:"absent_columns"`
	ReadMs  float64                `json:"read_ms"`
	TotalMs float64                `json:"total_ms"`
}

type repairView struct {
	Rule   string `json:"rule"`
	Column string `json:"column"`
	Count  int64  `json:"count"`
}

func viewReceipt(r dropzone.Receipt) receiptView {
	v := receiptView{
		Object: r.Object.String(), VersionID: r.Object.VersionID, ETag: r.Object.ETag, RunID: r.RunID, Kind: r.Kind, Contract: r.Contract,
		State: r.State, Already: r.Already, DryRun: r.DryRun, Reason: r.Reason, Hint: r.Hint, Detail: r.Detail,
		Books: r.Books, Rejects: list(r.Rejects), Repairs: []repairView{}, Unknown: list(r.Dialect.Unknown), Absent: list(r.Dialect.Absent),
		ReadMs: ms(r.ReadDuration), TotalMs: ms(r.TotalDuration),
	}
	for _, q := range r.Repairs {
		v.Repairs = append(v.Repairs, repairView{q.Rule, q.Column, q.Count})
	}
	return v
}

// list makes a nil slice an empty one: JSON readers expect an array.
func list[T any](s []T) []T {
	if s == nil {
		return []T{}
	}
	return s
}

// writeReceipts tells a person what happened to each object.
func writeReceipts(w io.Writer, receipts []receiptView) error {
	table := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	fmt.Fprintln(table, "OBJECT\tSTATE\tREAD\tINSERTED\tUPDATED\tSTALE\tDUPLICATE\tREJECTED\tMS")
	for _, r := range receipts {
		fmt.Fprintf(table, "%s\t%s\t%d\t%d\t%d\t%d\t%d\t%d\t%.1f\n", plain(r.Object), r.outcome(), r.RowsRead, r.Inserted, r.Updated,
			r.Stale, r.Duplicate, r.Rejected, r.TotalMs)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	for _, r := range receipts {
		r.explain(w)
	}
	return nil
}

func (r *receiptView) outcome() string {
	state := string(r.State)
	if r.Already {
		state = "already " + state
	}
	if r.DryRun {
		state += " (dry run)"
	}
	return state
}

// explain adds what the table has no room for.
func (r *receiptView) explain(w io.Writer) {
	if r.Reason != "" {
		fmt.Fprintf(w, "%s: %s: %s\n", plain(r.Object), r.Reason, plain(r.Hint))
	}
	if r.Detail != "" {
		fmt.Fprintf(w, "%s: %s\n", plain(r.Object), plain(r.Detail))
	}
	for _, reject := range r.Rejects {
		fmt.Fprintf(w, "  rejected %6d  %s %s\n", reject.Count, reject.Reason, reject.Column)
	}
	for _, repair := range r.Repairs {
		fmt.Fprintf(w, "  repaired %6d  %s %s\n", repair.Count, repair.Rule, repair.Column)
	}
	if len(r.Unknown) > 0 {
		fmt.Fprintf(w, "  kept in extras: %s\n", plain(strings.Join(r.Unknown, ", ")))
	}
}
