package campaign

import (
	"encoding/json"
	"fmt"
	"os"
)

// Figure is what one drill showed: 0 lost, doubled or wrong in N.
type Figure struct {
	Drill   string  `json:"drill"` // its name, which never changes
	Seed    uint64  `json:"seed"`
	N       int     `json:"n"`
	Seconds float64 `json:"seconds"`
	Failed  bool    `json:"failed"`
	Skipped bool    `json:"skipped,omitempty"` // the machine lacks what the drill needs: it showed nothing
	Differences
	Reached  map[string]int64   `json:"reached"`  // faults that took effect, by name
	Measured map[string]float64 `json:"measured"` // further figures, by name and unit
}

// Differences is how a table differs from what it must be, in rows.
type Differences struct {
	Lost    int64 `json:"lost"`    // missing
	Doubled int64 `json:"doubled"` // there without a right to be
	Wrong   int64 `json:"wrong"`   // there, but another event should have won
}

// None reports whether there is no difference.
func (d Differences) None() bool { return d == Differences{} }

// Add returns the sum of both.
func (d Differences) Add(e Differences) Differences {
	return Differences{Lost: d.Lost + e.Lost, Doubled: d.Doubled + e.Doubled, Wrong: d.Wrong + e.Wrong}
}

// append writes the figure as a line of JSON at the end of a file.
func (f Figure) append(name string) error {
	line, err := json.Marshal(f)
	if err != nil {
		return fmt.Errorf("encode the figure: %w", err)
	}
	file, err := os.OpenFile(name, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644) //nolint:gosec // figures are for everybody
	if err != nil {
		return fmt.Errorf("open the figures: %w", err)
	}
	defer file.Close()
	if _, err := file.Write(append(line, '\n')); err != nil {
		return fmt.Errorf("write the figure: %w", err)
	}
	return nil
}
