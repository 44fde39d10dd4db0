package clean

import (
	"eventdrop/functions/internal/contract"
	"eventdrop/functions/internal/dropzone"
)

// Probe reads single cells as a column would, for those who look for a type that fits. It is not safe
// for concurrent use.
type Probe struct {
	column column
	arena  []byte
}

// NewProbe compiles a column that belongs to no contract yet. Times without a zone are UTC.
func NewProbe(def contract.Column) (*Probe, error) {
	c := &contract.Contract{Columns: []contract.Column{def}}
	faults := c.NewFaults()
	p := &Probe{column: compileColumn(c, 0, faults)}
	return p, faults.Err()
}

// Fits reports whether the column takes a trimmed cell that is not empty, and whether it keeps all of it:
// a number may be rounded. The value of numbers and times is that of the event.
func (p *Probe) Fits(cell []byte) (value int64, fits, exact bool) {
	p.arena = p.arena[:0]
	var v dropzone.Value
	cell, _ = p.column.read(cell, &p.arena)
	verdict := p.column.parse(cell, &v, &p.arena)
	return v.Int, verdict.reason == "", verdict.reason == "" && verdict.repair == ""
}
