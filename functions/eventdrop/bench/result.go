package bench

import (
	"fmt"
	"strconv"
	"time"
)

// Result is what a benchmark says.
type Result struct {
	Name    string   `json:"name"`
	What    string   `json:"what"`  // is measured
	Floor   string   `json:"floor"` // that it is measured against
	Figures []Figure `json:"figures"`
	Plots   []Plot   `json:"plots,omitempty"`
	// Missing says why nothing was measured.
	Missing string  `json:"missing,omitempty"`
	Took    float64 `json:"took_s"`
	Origin
}

// Origin is where and when a result was made.
type Origin struct {
	Begun   time.Time `json:"begun"`
	Commit  string    `json:"commit"`
	Seed    uint64    `json:"seed"`
	Quick   bool      `json:"quick"`
	Machine string    `json:"machine"`
}

// Figure is one number: the median of several measurements, their spread, and what it is to be.
type Figure struct {
	Name  string  `json:"name"`
	Unit  string  `json:"unit"` // x is a ratio against the floor
	Value float64 `json:"value"`
	Low   float64 `json:"low"`
	High  float64 `json:"high"`
	Runs  int     `json:"runs"`
	Bound *Bound  `json:"bound,omitempty"`
}

// Bound is what a figure must reach first, and what is the goal.
type Bound struct {
	First   float64 `json:"first"`
	Goal    float64 `json:"goal"`
	AtLeast bool    `json:"at_least"` // else at most
}

func atMost(first, goal float64) *Bound  { return &Bound{First: first, Goal: goal} }
func atLeast(first, goal float64) *Bound { return &Bound{First: first, Goal: goal, AtLeast: true} }

// holds reports whether a value keeps a bound.
func (b *Bound) holds(value, bound float64) bool {
	if b.AtLeast {
		return value >= bound
	}
	return value <= bound
}

// add appends the figure of a sample; without a bound it only tells more.
func (r *Result) add(name, unit string, s sample, b *Bound) {
	r.Figures = append(r.Figures, Figure{Name: name, Unit: unit, Value: s.median(), Low: s.at(0), High: s.at(1), Runs: len(s), Bound: b})
}

// addLatency appends the milliseconds below which a share of all measurements lies. The spread is that of the turns, each taken alone.
func (r *Result) addLatency(name string, turns []sample, share float64, b *Bound) {
	each := shares(turns, share)
	f := Figure{Name: name, Unit: "ms", Value: pooled(turns).at(share), Low: each.at(0), High: each.at(1), Runs: len(each), Bound: b}
	r.Figures = append(r.Figures, f)
}

// verdict is how a figure stands to its bounds: goal, first, missed, or empty where it has none.
func (f *Figure) verdict() string {
	switch {
	case f.Bound == nil:
		return ""
	case f.Bound.holds(f.Value, f.Bound.Goal):
		return "goal"
	case f.Bound.holds(f.Value, f.Bound.First):
		return "first"
	}
	return "missed"
}

// text is the number with its unit.
func (f *Figure) text() string { return quantity(f.Value) + " " + f.Unit }

// spread is the range of the measurements.
func (f *Figure) spread() string {
	if f.Runs < 2 {
		return ""
	}
	return quantity(f.Low) + "-" + quantity(f.High) + ", " + strconv.Itoa(f.Runs) + " runs"
}

// bounds are what the figure is to be.
func (f *Figure) bounds() string {
	if f.Bound == nil {
		return ""
	}
	sign := "<="
	if f.Bound.AtLeast {
		sign = ">="
	}
	return fmt.Sprintf("%s %s, goal %s %s", sign, quantity(f.Bound.First), sign, quantity(f.Bound.Goal))
}

// quantity writes three significant digits, and whole numbers whole.
func quantity(v float64) string {
	if v >= 100 || v <= -100 {
		return grouped(int64(v + 0.5))
	}
	return strconv.FormatFloat(v, 'g', 3, 64)
}
