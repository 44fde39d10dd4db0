package bench

import (
	"fmt"
	"io"
	"text/tabwriter"

	"golang.org/x/text/language"
	"golang.org/x/text/message"
)

// Write tells results to a person.
func Write(w io.Writer, results []Result) error {
	table := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	fmt.Fprintln(table, "BENCHMARK\tFIGURE\tMEDIAN\tSPREAD\tMUST BE\tREACHED")
	for i := range results {
		r := &results[i]
		if r.Missing != "" {
			fmt.Fprintf(table, "%s\tnot measured: %s\t\t\t\t\n", r.Name, r.Missing)
		}
		for j := range r.Figures {
			f := &r.Figures[j]
			fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\n", r.Name, f.Name, f.text(), f.spread(), f.bounds(), f.verdict())
		}
	}
	if err := table.Flush(); err != nil || len(results) == 0 {
		return err
	}
	o := results[0].Origin
	_, err := fmt.Fprintf(w, "\ncommit %s, seed %d, begun %s%s\n%s\n", o.Commit, o.Seed, o.Begun.Format("2006-01-02 15:04:05Z07:00"), o.form(), o.Machine)
	return err
}

func (o *Origin) form() string {
	if o.Quick {
		return ", the quick form: sizes are small"
	}
	return ""
}

// grouped writes 1000000 as 1,000,000.
func grouped(n int64) string { return message.NewPrinter(language.English).Sprintf("%d", n) }
