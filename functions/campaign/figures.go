package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"golang.org/x/text/language"
	"golang.org/x/text/message"

	"eventdrop/functions/internal/campaign"
)

// figures are what a campaign showed.
type figures struct {
	Started  time.Time `json:"started"`
	Commit   string    `json:"commit"`
	Seed     uint64    `json:"seed"` // of the first round
	Form     string    `json:"form"`
	Complete bool      `json:"complete"` // it was not interrupted
	Machine  machine   `json:"machine"`
	Drills   []total   `json:"drills"`
}

// total is the sum of a drill's figures over all rounds. Measured values are the largest.
type total struct {
	campaign.Figure

	Rounds int `json:"rounds"`
	// Below bounds the rate of differences with 95 %, where none was found: 3 divided by n.
	Below float64 `json:"below,omitempty"`
}

// add counts one round of a drill.
func (f *figures) add(j job, figure campaign.Figure, err error) {
	at := slices.IndexFunc(f.Drills, func(t total) bool { return t.Drill == j.name })
	if at < 0 {
		f.Drills = append(f.Drills, total{Figure: campaign.Figure{
			Drill: j.name, Seed: j.seed, Reached: map[string]int64{}, Measured: map[string]float64{},
		}})
		at = len(f.Drills) - 1
	}
	t := &f.Drills[at]
	t.Rounds++
	t.N += figure.N
	t.Seconds += figure.Seconds
	t.Failed = t.Failed || figure.Failed || err != nil
	t.Differences = t.Add(figure.Differences)
	for fault, n := range figure.Reached {
		t.Reached[fault] += n
	}
	for name, value := range figure.Measured {
		t.Measured[name] = max(t.Measured[name], value)
	}
	if t.Below = 0; t.None() && t.N > 0 && !t.Failed {
		t.Below = 3 / float64(t.N)
	}
}

// write tells the figures in the form that is wanted.
func (f *figures) write(w io.Writer, form string) error {
	if form == "json" {
		encoder := json.NewEncoder(w)
		encoder.SetIndent("", "  ")
		return encoder.Encode(f)
	}
	table := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	fmt.Fprintln(table, "DRILL\tN\tLOST/DOUBLED/WRONG\tRATE BELOW\tTIME")
	for _, t := range f.Drills {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\n", t.Drill, number(int64(t.N)), t.differences(), t.below(), t.time())
	}
	if err := table.Flush(); err != nil {
		return err
	}
	fmt.Fprintln(w)
	for _, t := range f.Drills {
		fmt.Fprintf(w, "%s reached: %s\n", t.Drill, t.reached())
	}
	fmt.Fprintf(w, "\ncommit %s, seed %d, %s form, begun %s%s\n%s\n", f.Commit, f.Seed, f.Form, f.Started.Format(time.RFC3339), f.mark(), f.Machine)
	_, err := fmt.Fprintln(w, "0 in n bounds the rate below 3/n with 95 %.")
	return err
}

func (f *figures) mark() string {
	if f.Complete {
		return ""
	}
	return "; INCOMPLETE: it was interrupted"
}

func (t *total) differences() string {
	text := fmt.Sprintf("%d/%d/%d", t.Lost, t.Doubled, t.Wrong)
	if t.Failed {
		text += " FAILED"
	}
	return text
}

// below is the bound of the rate: one in so many.
func (t *total) below() string {
	if t.Below == 0 || t.N < 6 {
		return "-" // few times bound nothing
	}
	return "1 in " + number(int64(t.N/3))
}

func (t *total) time() string {
	return time.Duration(t.Seconds * float64(time.Second)).Round(time.Second).String()
}

// reached are the faults that took effect, and what was measured.
func (t *total) reached() string {
	var parts []string
	for _, fault := range slices.Sorted(maps.Keys(t.Reached)) {
		parts = append(parts, fault+" "+number(t.Reached[fault]))
	}
	for _, name := range slices.Sorted(maps.Keys(t.Measured)) {
		parts = append(parts, name+" "+strconv.FormatFloat(t.Measured[name], 'f', -1, 64))
	}
	return strings.Join(parts, "; ")
}

// judge fails for drills that failed, and for those that gave no figure.
func (f *figures) judge(chosen []drill) error {
	var faults []error
	for _, d := range chosen {
		at := slices.IndexFunc(f.Drills, func(t total) bool { return t.Drill == d.name })
		switch {
		case at < 0:
			faults = append(faults, fmt.Errorf("%s: not carried out", d.name))
		case f.Drills[at].Failed:
			faults = append(faults, fmt.Errorf("%s: failed", d.name))
		}
	}
	return errors.Join(faults...)
}

// number writes 10000000 as 10,000,000.
func number(n int64) string { return message.NewPrinter(language.English).Sprintf("%d", n) }
