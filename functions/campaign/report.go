package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// The marks in the document between which the figures stand.
const (
	beginFigures = "<!-- figures -->\n"
	endFigures   = "<!-- end of figures -->\n"
)

const tableHead = "| drill | n | lost / doubled / wrong | rate below | form | seed | commit | day | time |\n" +
	"|---|---:|---|---:|---|---:|---|---|---:|\n"

// publish writes the figures into a document. Drills that this campaign did not carry out keep
// their rows, so that long ones can be run one by one.
func (f *figures) publish(name string) error {
	text, err := os.ReadFile(name) //nolint:gosec // the user names it
	if err != nil {
		return fmt.Errorf("publish the figures: %w", err)
	}
	before, rest, begun := strings.Cut(string(text), beginFigures)
	held, after, ended := strings.Cut(rest, endFigures)
	if !begun || !ended {
		return fmt.Errorf("publish the figures: %s has not the lines %q and %q", name, beginFigures, endFigures)
	}
	text = []byte(before + beginFigures + f.table(held) + endFigures + after)
	if err := os.WriteFile(name, text, 0o644); err != nil { //nolint:gosec // a document
		return fmt.Errorf("publish the figures: %w", err)
	}
	return nil
}

// table is what is published, in the order of the drills; held is the one before.
func (f *figures) table(held string) string {
	lines := map[string]string{}
	for line := range strings.Lines(held) {
		for _, d := range drills() {
			for _, begin := range []string{rowOf(d.name), reachedBy(d.name)} {
				if strings.HasPrefix(line, begin) {
					lines[begin] = line
				}
			}
		}
	}
	for i := range f.Drills {
		t := &f.Drills[i]
		lines[rowOf(t.Drill)], lines[reachedBy(t.Drill)] = f.row(t), reachedBy(t.Drill)+t.reached()+"\n"
	}
	var rows, reached strings.Builder
	for _, d := range drills() {
		rows.WriteString(lines[rowOf(d.name)])
		reached.WriteString(lines[reachedBy(d.name)])
	}
	return fmt.Sprintf("\n%s%s\nThe newest rows were made on %s: %s.%s\n\nReached, and measured:\n\n%s\n",
		tableHead, &rows, f.Started.Format(time.DateOnly), f.Machine, f.mark(), &reached)
}

// The begins of a drill's lines.
func rowOf(drill string) string     { return "| " + drill + " | " }
func reachedBy(drill string) string { return "- **" + drill + "**: " }

func (f *figures) row(t *total) string {
	cells := []string{
		number(int64(t.N)), strings.ReplaceAll(t.differences(), "/", " / "), t.below(),
		f.form(t), strconv.FormatUint(t.Seed, 10), f.Commit, f.Started.Format(time.DateOnly), t.time(),
	}
	return rowOf(t.Drill) + strings.Join(cells, " | ") + " |\n"
}

// form tells of how many rounds the row is the sum, too.
func (f *figures) form(t *total) string {
	if t.Rounds > 1 {
		return fmt.Sprintf("%s, %d rounds", f.Form, t.Rounds)
	}
	return f.Form
}
