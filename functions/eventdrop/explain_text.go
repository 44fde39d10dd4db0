package main

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"eventdrop/functions/internal/dropzone"
	"eventdrop/functions/internal/warehouse"
)

// recencyView is what decides between two versions of an event, in this order.
type recencyView struct {
	RecencyAt      time.Time `json:"recency_at"`
	ObjectModified time.Time `json:"object_modified"`
	SourceHash     int64     `json:"source_hash"`
	DropOrder      int32     `json:"drop_order"`
	Line           int64     `json:"line_no"`
	Revision       int32     `json:"revision"`
}

func (v *explainView) write(w io.Writer) error {
	for i := range v.Objects {
		writeExplanation(w, &v.Objects[i])
	}
	if len(v.Objects) == explainedDrops {
		fmt.Fprintf(w, "the newest %d drops are shown; `eventdrop history` has all\n", explainedDrops)
	}
	for i := range v.Events {
		v.Events[i].write(w)
	}
	if len(v.rejected) > 0 {
		fmt.Fprintln(w, "rejects that hold the id")
		text := &rejectText{w: w}
		for i := range v.rejected {
			if err := text.row(&v.rejected[i]); err != nil {
				return err
			}
		}
	}
	return nil
}

// writeExplanation tells the story of one drop.
func writeExplanation(w io.Writer, e *warehouse.Explanation) {
	fmt.Fprintln(w, address(e.Object()))
	fmt.Fprintf(w, "  state     %s since %s", e.State, e.UpdatedAt.Format(time.RFC3339))
	if e.Reason != "" {
		fmt.Fprintf(w, ": %s", e.Reason)
	}
	fmt.Fprintln(w)
	line := func(name, format string, args ...any) {
		fmt.Fprintf(w, "  %-9s %s\n", name, fmt.Sprintf(format, args...))
	}
	if e.Detail != "" {
		line("detail", "%s", plain(e.Detail))
	}
	if e.Hint != "" {
		line("next step", "%s", plain(e.Hint))
	}
	if e.NextAttemptAt != nil {
		line("retry", "due %s, after %s", e.NextAttemptAt.Format(time.RFC3339), plural(int(e.Attempts+e.OpenAttempts), "attempt"))
	}
	line("object", "%s, ETag %s, drop %d, first seen %s", sizeAndTime(e), plain(e.ETag), e.DropNumber, e.FirstSeenAt.Format(time.RFC3339))
	if e.SameContentAs != nil {
		line("same as", "%s (ETag and size)", plain(*e.SameContentAs))
	}
	if d := e.Dialect; d != nil {
		writeDialect(line, d)
	}
	for _, d := range e.Drift {
		line("drift", "the first object in which %q %s", d.Column, changed(d.Change))
	}
	for i := range e.Runs {
		writeRun(w, line, &e.Runs[i])
	}
	for _, r := range e.Rejects {
		line("rejected", "%d  %s, accepted later: %d", r.Rows, describeReject(r.Reason, r.Column, ""), r.Resolved)
	}
	for _, r := range e.Repairs {
		line("repaired", "%d  %s %s", r.Count, r.Rule, r.Column)
	}
}

func sizeAndTime(e *warehouse.Explanation) string {
	if e.Size == nil || e.LastModified == nil {
		return "never opened"
	}
	return fmt.Sprintf("%d bytes, dropped %s", *e.Size, e.LastModified.Format(time.RFC3339))
}

func changed(c warehouse.Change) string {
	if c == warehouse.Appeared {
		return "appeared"
	}
	return "was missing"
}

func writeDialect(line func(name, format string, args ...any), d *dropzone.Dialect) {
	form := []string{}
	for _, part := range []string{d.Compression, d.Charset} {
		if part != "" {
			form = append(form, part)
		}
	}
	if d.Delimiter != "" {
		form = append(form, fmt.Sprintf("delimiter %q", d.Delimiter))
	}
	line("dialect", "%s; lines %d = header %d + records %d + blank %d + continuation %d", strings.Join(form, ", "), d.Lines, d.HeaderLines,
		d.Records, d.BlankLines, d.ContinuationLines)
	if len(d.Unknown) > 0 {
		line("extras", "%s", plain(strings.Join(d.Unknown, ", ")))
	}
	if len(d.Absent) > 0 {
		line("missing", "%s", strings.Join(d.Absent, ", "))
	}
}

func writeRun(w io.Writer, line func(name, format string, args ...any), r *warehouse.RunOfObject) {
	line(string(r.Kind), "%s %s under %s revision %d in %.1f ms: read %d, inserted %d, updated %d, stale %d, duplicate %d, rejected %d",
		r.FinishedAt.Format(time.RFC3339), r.State, r.Contract, r.Revision, r.TotalMs, r.RowsRead, r.Inserted, r.Updated, r.Stale,
		r.Duplicate, r.Rejected)
	for _, s := range r.Sample {
		fmt.Fprintf(w, "    line %d  %s\n  ", s.Line, describeReject(s.Reason, s.Column, s.Value))
		_ = writeRaw(w, s.Raw, false)
	}
}

func (e *eventView) write(w io.Writer) {
	line := func(name, format string, args ...any) {
		fmt.Fprintf(w, "  %-12s %s\n", name, fmt.Sprintf(format, args...))
	}
	object := plain(e.Object)
	fmt.Fprintf(w, "event of %s\n", e.Contract)
	line("object", "%s line %d", object, e.Line)
	if e.VersionID != "" {
		line("version", "%s", plain(e.VersionID))
	}
	if r := e.Receipt; r != nil {
		line("brought", "by the %s of %s, run %s", r.Kind, r.FinishedAt.Format(time.RFC3339), r.ID)
	}
	r := e.Recency
	line("recency", "%s, object of %s, source %d, drop %d, line %d, revision %d", r.RecencyAt.Format(time.RFC3339Nano),
		r.ObjectModified.Format(time.RFC3339), r.SourceHash, r.DropOrder, r.Line, r.Revision)
	var cells map[string]json.RawMessage
	if json.Unmarshal(e.Event, &cells) != nil {
		return // PostgreSQL wrote it: it is an object
	}
	for _, name := range slices.Sorted(maps.Keys(cells)) {
		if text := string(cells[name]); text != "null" {
			line(name, "%s", plain(text))
		}
	}
}
