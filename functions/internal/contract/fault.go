package contract

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Fault is one thing that is wrong with a contract, in the user's words, with the next step.
type Fault struct {
	// Line and Column are counted from 1; 0 where the place is not known.
	Line    int    `json:"line"`
	Column  int    `json:"column"`
	Message string `json:"message"`
}

// InvalidError lists everything that is wrong with a contract.
type InvalidError struct {
	// File is the name that was given to [Parse].
	File   string
	Faults []Fault
}

// Error gives a line to each fault, in the form that compilers have: file:line:column: message.
func (e *InvalidError) Error() string {
	lines := make([]string, len(e.Faults))
	for i, f := range e.Faults {
		lines[i] = fmt.Sprintf("%s:%d:%d: %s", e.File, f.Line, f.Column, f.Message)
		if f.Line == 0 {
			lines[i] = e.File + ": " + f.Message
		}
	}
	return strings.Join(lines, "\n")
}

// Faults collects the faults of one contract, so that a person mends the file once.
type Faults struct {
	file   string
	places places
	list   []Fault
}

// NewFaults begins a list for checks that [Parse] leaves to others.
func (c *Contract) NewFaults() *Faults { return &Faults{file: c.file, places: c.places} }

// Add notes a fault at a place of the file, such as "columns[2].minimum"; see [ColumnPlace].
func (f *Faults) Add(place, format string, args ...any) {
	at := f.places.find(place)
	f.list = append(f.list, Fault{Line: at.line, Column: at.column, Message: fmt.Sprintf(format, args...)})
}

// check notes a fault where something that must hold does not.
func (f *Faults) check(ok bool, place, format string, args ...any) {
	if !ok {
		f.Add(place, format, args...)
	}
}

// Err returns nil or an [*InvalidError], in the order of the file.
func (f *Faults) Err() error {
	if len(f.list) == 0 {
		return nil
	}
	slices.SortStableFunc(f.list, func(a, b Fault) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	return &InvalidError{File: f.file, Faults: f.list}
}

// ColumnPlace is the place of a field of the i-th column.
func ColumnPlace(i int, field string) string { return fmt.Sprintf("columns[%d].%s", i, field) }
