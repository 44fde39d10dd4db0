package main

import (
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"eventdrop/functions/internal/dropzone"
	"eventdrop/functions/internal/warehouse"
	"eventdrop/functions/internal/wiring"
)

type rejectsCmd struct {
	rowFlags

	Column   string `help:"Only rows in which this column of the contract was at fault."`
	Contract string `help:"Only rows that this contract refused."`
	Resolved bool   `help:"Rows that a later run accepted, instead of those that are in quarantine."`
	All      bool   `help:"Rows that are in quarantine, and those that a later run accepted."`
	Limit    int    `default:"100" help:"At most so many rows, or objects of a summary; 0: no limit."`
	Summary  bool   `help:"Count the rows by reason, column and object."`
}

// Run lists rows of the quarantine as they come from the database, or counts them.
func (c *rejectsCmd) Run(a *app) error {
	filter, err := c.filter(a)
	if err != nil {
		return err
	}
	parts, _, err := a.parts(wiring.Database)
	if err != nil {
		return err
	}
	defer parts.Close()
	if err := parts.Warehouse.Ping(a.ctx); err != nil {
		return err
	}
	if c.Summary {
		return c.summarise(a, parts.Warehouse, filter)
	}
	return c.list(a, parts.Warehouse, filter)
}

func (c *rejectsCmd) filter(a *app) (warehouse.RejectFilter, error) {
	rows, err := c.rowFlags.filter()
	f := warehouse.RejectFilter{Filter: rows, Column: c.Column, Contract: c.Contract, Resolution: warehouse.Unresolved}
	switch {
	case err != nil:
		return f, err
	case c.All && c.Resolved:
		return f, fmt.Errorf("%w: --all and --resolved: take one of them", errUsage)
	case c.Limit < 0:
		return f, fmt.Errorf("%w: --limit=%d: want 1 or more, or 0 for no limit", errUsage, c.Limit)
	case c.Summary && a.csv:
		return f, fmt.Errorf("%w: --summary has no form as csv: take text or json", errUsage)
	case c.All:
		f.Resolution = warehouse.Either
	case c.Resolved:
		f.Resolution = warehouse.Resolved
	}
	return f, nil
}

// rowWriter is a form of the list. Rows are written one by one: there may be millions.
type rowWriter interface {
	row(r *warehouse.RejectedRow) error
	end(rows int, more bool) error
}

// list asks for one row more than it shows, to know whether there are more.
func (c *rejectsCmd) list(a *app, w *warehouse.Warehouse, f warehouse.RejectFilter) error {
	var out rowWriter = &rejectText{w: a.stdout}
	switch {
	case a.json:
		out = &rejectJSON{w: a.stdout, notes: a.stderr}
	case a.csv:
		out = newRejectCSV(a.stdout, a.stderr)
	}
	limit, rows, more := c.Limit, 0, false
	if limit > 0 {
		limit++
	}
	err := w.EachRejected(a.ctx, f, limit, func(r warehouse.RejectedRow) error {
		if more = c.Limit > 0 && rows == c.Limit; more {
			return nil
		}
		rows++
		return out.row(&r)
	})
	if err != nil {
		return warehouse.Explain(err)
	}
	return out.end(rows, more)
}

// rejectText is for a person: the rows of an object under its name.
type rejectText struct {
	w      io.Writer
	object dropzone.Object // of the last row
}

// shownRaw is how many characters of a record a person sees of it; json and csv have what the quarantine keeps.
const shownRaw = 300

func (t *rejectText) row(r *warehouse.RejectedRow) error {
	if o := r.Object(); o != t.object {
		t.object = o
		fmt.Fprintln(t.w, address(o))
	}
	return writeReject(t.w, r)
}

func version(o dropzone.Object) string {
	if !o.Versioned() {
		return ""
	}
	return "  version " + plain(o.VersionID)
}

// writeReject shows a row in two lines, or three.
func writeReject(w io.Writer, r *warehouse.RejectedRow) error {
	fmt.Fprintf(w, "  line %d  %s", r.Line, describeReject(r.Reason, r.Column, r.Value))
	fmt.Fprintf(w, "  (%s, %s revision %d)\n", r.RejectedAt.Format(time.RFC3339), r.Contract, r.Revision)
	if r.ResolvedAt != nil {
		fmt.Fprintf(w, "    accepted %s\n", r.ResolvedAt.Format(time.RFC3339))
	}
	return writeRaw(w, r.Raw, r.RawCut)
}

func describeReject(reason dropzone.Reason, column, value string) string {
	text := string(reason)
	if column != "" {
		text += " " + column
	}
	if value != "" {
		text += ` "` + plain(value) + `"`
	}
	return text
}

func writeRaw(w io.Writer, raw string, cut bool) error {
	shown, whole := beginning(raw, shownRaw)
	more := ""
	if cut || !whole {
		more = " ..."
	}
	_, err := fmt.Fprintf(w, "    %s%s\n", plain(shown), more)
	return err
}

func (t *rejectText) end(rows int, more bool) error {
	var err error
	switch {
	case rows == 0:
		_, err = fmt.Fprintln(t.w, "nothing in quarantine matches")
	case more:
		_, err = fmt.Fprintf(t.w, "%s; %s\n", plural(rows, "row"), moreRows)
	default:
		_, err = fmt.Fprintln(t.w, plural(rows, "row"))
	}
	return err
}

const moreRows = "there are more: raise --limit, or take --limit 0 for all"

// rejectsSummary is the quarantine, counted.
type rejectsSummary struct {
	ByReason []reasonCount `json:"by_reason"`
	ByObject []objectCount `json:"by_object"`
}

type reasonCount struct {
	Reason  dropzone.Reason `json:"reason"`
	Column  string          `json:"column"`
	Rows    int64           `json:"rows"`
	Objects int64           `json:"objects"`
	FirstAt time.Time       `json:"first_at"`
	LastAt  time.Time       `json:"last_at"`
}

type objectCount struct {
	Object  string    `json:"object"`
	Rows    int64     `json:"rows"`
	FirstAt time.Time `json:"first_at"`
	LastAt  time.Time `json:"last_at"`
}

func (c *rejectsCmd) summarise(a *app, w *warehouse.Warehouse, f warehouse.RejectFilter) error {
	limit := c.Limit
	if limit > 0 {
		limit++
	}
	counts, err := w.CountRejects(a.ctx, f, limit)
	if err != nil {
		return warehouse.Explain(err)
	}
	s := rejectsSummary{ByReason: []reasonCount{}, ByObject: []objectCount{}}
	for _, n := range counts {
		if n.ByReason {
			s.ByReason = append(s.ByReason, reasonCount{n.Reason, n.Column, n.Rows, n.Objects, n.FirstAt, n.LastAt})
			continue
		}
		object := dropzone.Object{Bucket: n.Bucket, Key: n.Key}
		s.ByObject = append(s.ByObject, objectCount{object.String(), n.Rows, n.FirstAt, n.LastAt})
	}
	more := c.Limit > 0 && max(len(s.ByReason), len(s.ByObject)) > c.Limit
	if more {
		s.ByReason, s.ByObject = s.ByReason[:min(c.Limit, len(s.ByReason))], s.ByObject[:min(c.Limit, len(s.ByObject))]
	}
	if more && a.json {
		fmt.Fprintln(a.stderr, moreRows)
	}
	return a.print(s, func(w io.Writer) error { return s.write(w, more) })
}

func (s *rejectsSummary) write(w io.Writer, more bool) error {
	if len(s.ByReason) == 0 {
		_, err := fmt.Fprintln(w, "nothing in quarantine matches")
		return err
	}
	table := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	fmt.Fprintln(table, "ROWS\tOBJECTS\tREASON\tCOLUMN\tLAST")
	for _, n := range s.ByReason {
		fmt.Fprintf(table, "%d\t%d\t%s\t%s\t%s\n", n.Rows, n.Objects, n.Reason, n.Column, n.LastAt.Format(time.RFC3339))
	}
	if err := table.Flush(); err != nil {
		return err
	}
	fmt.Fprintln(w)
	fmt.Fprintln(table, "ROWS\tOBJECT\tLAST")
	for _, n := range s.ByObject {
		fmt.Fprintf(table, "%d\t%s\t%s\n", n.Rows, plain(n.Object), n.LastAt.Format(time.RFC3339))
	}
	if more {
		fmt.Fprintln(table, moreRows)
	}
	return table.Flush()
}
