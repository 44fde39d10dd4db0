package storefront

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
)

// Books add manifests up: what a loader must have in its tables once it has seen all of these objects, in any order. The
// zero value is ready for use.
//
// For every class, Rows = Events + Repeats + the sum of Rejects. Parked objects count among Objects only: nobody reads
// their rows.
type Books struct {
	Count

	Objects int            `json:"objects"`
	Parked  int            `json:"parked"`
	Damage  map[string]int `json:"damage,omitempty"` // objects by the class of the whole object
	// Classes are the rows by planted class; sound rows stand under "".
	Classes map[string]*Count `json:"classes,omitempty"`

	seen map[string]struct{}
}

// Count is what becomes of some rows.
type Count struct {
	Rows    int            `json:"rows"`              // records in loaded objects
	Events  int            `json:"events"`            // distinct events, counted where they came first
	Repeats int            `json:"repeats"`           // surviving records of events that had come before
	Rejects map[string]int `json:"rejects,omitempty"` // by reason
}

// Rejected is the number of rejects for any reason.
func (c *Count) Rejected() int {
	sum := 0
	for _, n := range c.Rejects {
		sum += n
	}
	return sum
}

// Add takes the truth of one more object. Manifests must be added in the order in which they were made.
func (b *Books) Add(m Manifest) {
	b.open()
	b.Objects++
	if m.Class != "" {
		b.Damage[m.Class]++
	}
	if m.Outcome == OutcomeParked {
		b.Parked++
		return
	}
	equal := make(map[string]int)
	for i := range m.Lines {
		b.line(&m.Lines[i], equal)
	}
}

func (b *Books) open() {
	if b.seen == nil {
		b.seen, b.Classes, b.Damage = make(map[string]struct{}), make(map[string]*Count), make(map[string]int)
	}
}

// line books one line, in the total and under its class.
func (b *Books) line(l *Line, equal map[string]int) {
	class := b.Classes[l.Class]
	if class == nil {
		class = new(Count)
		b.Classes[l.Class] = class
	}
	fresh := l.Outcome == OutcomeEvent && b.fresh(l.identity(equal))
	for _, c := range []*Count{&b.Count, class} {
		c.book(l, fresh)
	}
}

func (b *Books) fresh(identity string) bool {
	_, known := b.seen[identity]
	b.seen[identity] = struct{}{}
	return !known
}

func (c *Count) book(l *Line, fresh bool) {
	c.Rows++
	switch {
	case l.Outcome == OutcomeReject:
		if c.Rejects == nil {
			c.Rejects = make(map[string]int)
		}
		c.Rejects[l.Reason]++
	case fresh:
		c.Events++
	default:
		c.Repeats++
	}
}

// identity is equal for lines that are the same event: its id, or its values and how many equal lines of the object,
// which equal counts, came before.
func (l *Line) identity(equal map[string]int) string {
	if !l.Derived {
		return l.Values[colEventID.String()]
	}
	values, _ := json.Marshal([]map[string]string{l.Values, l.Extras}) // maps of strings always marshal, in order of keys
	hash := fmt.Sprintf("%x", sha256.Sum256(values))
	equal[hash]++
	return fmt.Sprintf("%s/%d", hash, equal[hash])
}
