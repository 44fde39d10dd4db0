package main

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"text/tabwriter"

	"eventdrop/functions/internal/dropzone"
	"eventdrop/functions/internal/warehouse"
	"eventdrop/generator/storefront"
)

// demoReport is what a demo says at its end.
type demoReport struct {
	Seed           uint64         `json:"seed"`
	Seconds        float64        `json:"seconds"`
	Objects        int            `json:"objects"`
	RowsPerSecond  float64        `json:"rows_per_second"`
	VisibleMsP50   float64        `json:"visible_ms_p50"` // from the answer of the PUT
	VisibleMsP99   float64        `json:"visible_ms_p99"`
	Books          dropzone.Books `json:"books"`
	EventsInTable  int64          `json:"events_in_table"`
	PlantedRows    int            `json:"planted_rows"`
	Classes        []classView    `json:"classes"`
	RejectExamples []exampleView  `json:"reject_examples"`
	Differences    int            `json:"differences"`
	Faults         []string       `json:"faults"` // the first differences
	Balance        bool           `json:"books_balance"`
}

// exampleView is one of the most frequent reasons, with one of its rows.
type exampleView struct {
	dropzone.ReasonCount
	Raw string `json:"raw"`
}

// exampleReasons is how many reasons are shown with an example.
const exampleReasons = 5

func newDemoReport(ctx context.Context, seed uint64, truth []storefront.Manifest, m *meter, s *stack) (*demoReport, error) {
	w, now := s.parts.Warehouse, m.read()
	c, err := compare(ctx, truth, w)
	if err != nil {
		return nil, err
	}
	r := &demoReport{
		Seed: seed, Seconds: now.elapsed.Seconds(), Objects: len(truth), VisibleMsP50: ms(now.p50), VisibleMsP99: ms(now.p99),
		RowsPerSecond: float64(now.books.RowsRead) / now.elapsed.Seconds(),
		Classes:       c.sortedClasses(), Differences: c.wrong, Faults: c.faults,
	}
	for i := range truth {
		r.PlantedRows += len(truth[i].Lines)
	}
	if r.Books, err = w.Totals(ctx); err != nil {
		return nil, err
	}
	if r.RejectExamples, r.EventsInTable, err = examples(ctx, w, now.rejects); err != nil {
		return nil, err
	}
	r.Balance = c.wrong == 0 && r.Books.Balance() && r.Books.Inserted == r.EventsInTable && r.Books.RowsRead == int64(r.PlantedRows)
	return r, nil
}

// examples finds a row for each of the most frequent reasons, and counts the events on the way.
func examples(ctx context.Context, w *warehouse.Warehouse, reasons []dropzone.ReasonCount) ([]exampleView, int64, error) {
	var views []exampleView
	for _, reason := range reasons[:min(len(reasons), exampleReasons)] {
		views = append(views, exampleView{ReasonCount: reason})
	}
	err := w.EachReject(ctx, func(r warehouse.ExportedReject) error {
		for i := range views {
			if views[i].Raw == "" && views[i].Reason == r.Reason && views[i].Column == r.Column {
				views[i].Raw = r.Raw
			}
		}
		return nil
	})
	if err != nil {
		return nil, 0, err
	}
	var events int64
	err = w.EachEvent(ctx, func(warehouse.ExportedEvent) error {
		events++
		return nil
	})
	return views, events, err
}

func (r *demoReport) write(w io.Writer) error {
	table := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	fmt.Fprintln(table, "\nPLANTED DEFECT\tMUST BECOME\tPLANTED\tFOUND SO")
	for _, c := range r.Classes {
		mark := ""
		if c.Right != c.Planted {
			mark = "  <-- differs"
		}
		fmt.Fprintf(table, "%s\t%s\t%d\t%d%s\n", c.Class, c.Outcome, c.Planted, c.Right, mark)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	fmt.Fprintln(w, "\nThe most frequent reasons for a reject, with an example:")
	for _, e := range r.RejectExamples {
		fmt.Fprintf(w, "%7d  %s %s\n         %s\n", e.Count, e.Reason, e.Column, strconv.Quote(e.Raw))
	}
	b := r.Books
	fmt.Fprintf(w, "\n%d objects in %.1f s, %.0f rows/s; visible after p50 %.1f ms, p99 %.1f ms (from the answer of the PUT)\n",
		r.Objects, r.Seconds, r.RowsPerSecond, r.VisibleMsP50, r.VisibleMsP99)
	fmt.Fprintf(w, "rows read %d = inserted %d + updated %d + stale %d + duplicate %d + rejected %d; planted %d; events in the table %d\n",
		b.RowsRead, b.Inserted, b.Updated, b.Stale, b.Duplicate, b.Rejected, r.PlantedRows, r.EventsInTable)
	for _, fault := range r.Faults {
		fmt.Fprintln(w, "  difference:", fault)
	}
	verdict := "yes"
	if !r.Balance {
		verdict = fmt.Sprintf("NO (%d differences, seed %d)", r.Differences, r.Seed)
	}
	_, err := fmt.Fprintf(w, "books balance: %s\n", verdict)
	return err
}
