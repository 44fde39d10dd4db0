package storefront

import "time"

// What must become of a line or of an object.
const (
	OutcomeEvent  = "event"  // the line survives
	OutcomeReject = "reject" // the line is rejected
	OutcomeLoaded = "loaded" // the object is loaded, line by line as the manifest says
	OutcomeParked = "parked" // the object is parked, none of its lines survives
)

// Redrop is the class of an object that holds the bytes of an earlier one.
const Redrop = "redrop"

// Object is a CSV object ready to be stored, and the truth about it.
type Object struct {
	Key   string
	Body  []byte
	Truth Manifest
}

// Manifest is the truth about one object: what was planted in it, and what a loader with the default contract must make
// of every line. It holds as long as the object is stored within half an hour of At.
type Manifest struct {
	Key         string    `json:"key"`
	At          time.Time `json:"at"`                  // nominal moment of the drop, UTC, microseconds
	Seed        uint64    `json:"seed"`                // with the sequence number and the options: how to make it again
	Sequence    uint64    `json:"sequence"`            // counted from 0
	Version     string    `json:"version"`             // schema version; for damaged objects the one they would have had
	Compression string    `json:"compression"`         // none, gzip or zstd
	Class       string    `json:"class,omitempty"`     // the damage to the object as a whole, or redrop
	RedropOf    string    `json:"redrop_of,omitempty"` // the key whose bytes these are
	Outcome     string    `json:"outcome"`             // loaded or parked
	Reasons     []string  `json:"reasons,omitempty"`   // of a parked object: any of these is right
	Rows        int       `json:"rows"`                // records below the header that a loader reads
	Lines       []Line    `json:"lines,omitempty"`     // one for each of these records, in order
}

// Line is the truth about one record.
type Line struct {
	Line    int    `json:"line"`             // where it begins in the decompressed file; the header is line 1
	Class   string `json:"class,omitempty"`  // the planted defect; absent for a sound record
	Outcome string `json:"outcome"`          // event or reject
	Reason  string `json:"reason,omitempty"` // of a reject: the stored code
	Column  string `json:"column,omitempty"` // of a reject: the contract's name of the column, absent where none is to blame
	Raw     string `json:"raw,omitempty"`    // of a reject: the record as it stands in the file, without its line end

	// Derived tells that the event has no id of its own: the loader derives a key.
	Derived bool `json:"derived,omitempty"`
	// Values are those of an event by the contract's column, absent ones left out: times as RFC 3339 in UTC with
	// microseconds, decimals with two digits.
	Values map[string]string `json:"values,omitempty"`
	// Extras are the values of columns that the contract does not know, empty ones left out.
	Extras map[string]string `json:"extras,omitempty"`
}

// newLine is the truth about a row that begins on the given line; raw is its text.
func newLine(number int, r *row, l *layout, raw string) Line {
	if r.reason != "" {
		return Line{
			Line: number, Class: r.class, Outcome: OutcomeReject, Reason: r.reason, Column: r.blame.String(), Raw: raw,
		}
	}
	line := Line{
		Line: number, Class: r.class, Outcome: OutcomeEvent, Derived: r.want[colEventID] == "",
		Values: make(map[string]string, len(l.columns)),
	}
	for _, c := range l.columns {
		line.note(c, r.want[c])
	}
	return line
}

// note adds a value to what must survive.
func (l *Line) note(c column, value string) {
	switch {
	case value == "":
	case c.extra():
		if l.Extras == nil {
			l.Extras = make(map[string]string, int(columns-colCampaign))
		}
		l.Extras[c.String()] = value
	default:
		l.Values[c.String()] = value
	}
}
