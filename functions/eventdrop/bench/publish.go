package bench

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// The marks in the document between which the results stand.
const (
	beginResults = "<!-- results -->\n"
	endResults   = "<!-- end of results -->\n"
)

// Publish writes results into a document, between its two marks. Results of other benchmarks stay: all are kept as JSON in the
// folder beside the document that has its name, and their plots, too.
func Publish(document string, results []Result) error {
	text, err := os.ReadFile(document) //nolint:gosec // the user names it
	if err != nil {
		return fmt.Errorf("publish: %w", err)
	}
	before, rest, begun := strings.Cut(string(text), beginResults)
	_, after, ended := strings.Cut(rest, endResults)
	if !begun || !ended {
		return fmt.Errorf("publish: %s has not the lines %q and %q", document, beginResults, endResults)
	}
	folder := strings.TrimSuffix(document, filepath.Ext(document))
	all, err := keep(folder, results)
	if err != nil {
		return err
	}
	text = []byte(before + beginResults + page(all, filepath.Base(folder)) + endResults + after)
	if err := os.WriteFile(document, text, 0o644); err != nil { //nolint:gosec // a document
		return fmt.Errorf("publish: %w", err)
	}
	return nil
}

// keep writes results and plots into the folder, and returns all that are there, in the order of the report.
func keep(folder string, results []Result) (all []Result, err error) {
	if err := os.MkdirAll(folder, 0o755); err != nil { //nolint:gosec // documents
		return nil, fmt.Errorf("publish: %w", err)
	}
	for i := range results {
		r := &results[i]
		text, err := json.MarshalIndent(r, "", "  ")
		if err == nil {
			err = os.WriteFile(filepath.Join(folder, r.Name+".json"), append(text, '\n'), 0o644) //nolint:gosec // a document
		}
		for j := range r.Plots {
			err = errors.Join(err, r.Plots[j].save(folder))
		}
		if err != nil {
			return nil, fmt.Errorf("publish %s: %w", r.Name, err)
		}
	}
	for _, name := range Names() {
		var r Result
		text, err := os.ReadFile(filepath.Join(folder, name+".json")) //nolint:gosec // our own names
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err == nil {
			err = json.Unmarshal(text, &r)
		}
		if err != nil {
			return nil, fmt.Errorf("publish: read what was kept of %s: %w", name, err)
		}
		all = append(all, r)
	}
	return all, nil
}

// page is what stands between the marks.
func page(all []Result, folder string) string {
	var b strings.Builder
	b.WriteString("\n| benchmark | figure | median | spread | must be | reached |\n|---|---|---:|---|---|---|\n")
	for i := range all {
		r := &all[i]
		for j := range r.Figures {
			if f := &r.Figures[j]; f.Bound != nil {
				fmt.Fprintf(&b, "| [%s](#%s) | %s | %s | %s | %s | %s |\n", r.Name, r.Name, f.Name, f.text(), f.spread(), f.bounds(), f.verdict())
			}
		}
	}
	for i := range all {
		all[i].section(&b, folder)
	}
	b.WriteByte('\n')
	return b.String()
}

// section is the part of the page about one benchmark.
func (r *Result) section(b *strings.Builder, folder string) {
	fmt.Fprintf(b, "\n### %s\n\n%s.", r.Name, sentence(r.What))
	if r.Floor != "" {
		fmt.Fprintf(b, " Floor: %s.", r.Floor)
	}
	if r.Missing != "" {
		fmt.Fprintf(b, "\n\n**Not measured**: %s.\n", r.Missing)
		return
	}
	b.WriteString("\n\n| figure | median | spread |\n|---|---:|---|\n")
	for i := range r.Figures {
		f := &r.Figures[i]
		fmt.Fprintf(b, "| %s | %s | %s |\n", f.Name, f.text(), f.spread())
	}
	for i := range r.Plots {
		p := &r.Plots[i]
		fmt.Fprintf(b, "\n![%s](%s/%s)\n", p.Title, folder, p.file())
	}
	fmt.Fprintf(b, "\n%s, %s, commit %s, seed %d%s. %s.\n", r.Begun.Format(time.DateOnly),
		time.Duration(r.Took*float64(time.Second)).Round(time.Second), r.Commit, r.Seed, r.form(), r.Machine)
}

// sentence begins with a capital letter.
func sentence(s string) string { return strings.ToUpper(s[:1]) + s[1:] }
