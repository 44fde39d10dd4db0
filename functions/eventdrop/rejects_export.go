package main

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"eventdrop/functions/internal/dropzone"
	"eventdrop/functions/internal/warehouse"
)

// rejectView is a row of the quarantine in the stable form that commands print.
type rejectView struct {
	Object      string          `json:"object"`
	VersionID   string          `json:"version_id"`
	ETag        string          `json:"etag"`
	Line        int64           `json:"line"`
	Reason      dropzone.Reason `json:"reason"`
	Column      string          `json:"column"`
	Value       string          `json:"value"`
	Raw         string          `json:"raw"`
	RawCut      bool            `json:"raw_cut"`
	Contract    string          `json:"contract"`
	Revision    int32           `json:"revision"`
	RejectedAt  time.Time       `json:"rejected_at"`
	RunID       string          `json:"run_id"`
	ResolvedAt  *time.Time      `json:"resolved_at"`
	ResolvedRun *string         `json:"resolved_run"`
}

func viewReject(r *warehouse.RejectedRow) rejectView {
	return rejectView{
		Object: r.Object().String(), VersionID: r.VersionID, ETag: r.ETag, Line: r.Line, Reason: r.Reason, Column: r.Column,
		Value: r.Value, Raw: r.Raw, RawCut: r.RawCut, Contract: r.Contract, Revision: r.Revision, RejectedAt: r.RejectedAt,
		RunID: r.RunID, ResolvedAt: r.ResolvedAt, ResolvedRun: r.ResolvedRun,
	}
}

// rejectJSON writes one array, element by element.
type rejectJSON struct {
	w     io.Writer
	notes io.Writer
	begun bool
}

func (j *rejectJSON) row(r *warehouse.RejectedRow) error {
	text, err := json.MarshalIndent(viewReject(r), "  ", "  ")
	if err != nil {
		return err
	}
	separator := ",\n  "
	if !j.begun {
		separator, j.begun = "[\n  ", true
	}
	_, err = fmt.Fprint(j.w, separator, string(text))
	return err
}

func (j *rejectJSON) end(_ int, more bool) error {
	text := "\n]\n"
	if !j.begun {
		text = "[]\n"
	}
	if more {
		fmt.Fprintln(j.notes, moreRows)
	}
	_, err := io.WriteString(j.w, text)
	return err
}

// rejectCSV writes a file that a spreadsheet opens without calculating what partners wrote.
type rejectCSV struct {
	csv   *csv.Writer
	notes io.Writer
}

func newRejectCSV(w, notes io.Writer) *rejectCSV {
	out := &rejectCSV{csv: csv.NewWriter(w), notes: notes}
	_ = out.csv.Write([]string{ // an error stays with the writer until the end
		"object", "version_id", "etag", "line", "reason", "column", "value", "raw", "raw_cut", "contract", "revision",
		"rejected_at", "run_id", "resolved_at", "resolved_run",
	})
	return out
}

func (c *rejectCSV) row(r *warehouse.RejectedRow) error {
	resolvedAt, resolvedRun := "", ""
	if r.ResolvedAt != nil {
		resolvedAt = r.ResolvedAt.Format(time.RFC3339Nano)
	}
	if r.ResolvedRun != nil {
		resolvedRun = *r.ResolvedRun
	}
	return c.csv.Write([]string{
		harmless(r.Object().String()), harmless(r.VersionID), harmless(r.ETag), strconv.FormatInt(r.Line, 10), string(r.Reason),
		r.Column, harmless(r.Value), harmless(r.Raw), strconv.FormatBool(r.RawCut), r.Contract, strconv.FormatInt(int64(r.Revision), 10),
		r.RejectedAt.Format(time.RFC3339Nano), r.RunID, resolvedAt, resolvedRun,
	})
}

func (c *rejectCSV) end(_ int, more bool) error {
	if more {
		fmt.Fprintln(c.notes, moreRows)
	}
	c.csv.Flush()
	return c.csv.Error()
}

const (
	// formulas are the characters with which a cell begins that a spreadsheet calculates, also in their full width (OWASP,
	// "CSV Injection").
	formulas = "=+-@\t\r\n＝＋－＠"
	// parting are the characters at which a spreadsheet may part a cell once more, if it is set to another delimiter.
	parting = ";\t\r\n"
)

// harmless puts an apostrophe in front of what a spreadsheet would take for a formula, at the beginning of a cell and
// inside. Only exports do so: in the tables everything stays as it was read.
func harmless(cell string) string {
	var b strings.Builder
	begins := true
	for _, r := range cell {
		if begins && strings.ContainsRune(formulas, r) {
			b.WriteByte('\'')
		}
		b.WriteRune(r)
		begins = strings.ContainsRune(parting, r) || begins && r == '"'
	}
	return b.String()
}
