// Package clean turns records into events or rejects, as a contract says.
//
// Cleaning is a pure function of the record and the object's metadata: no clock, no look-up, no
// randomness, so that the same bytes give the same rows for ever. A contract is compiled once
// ([Compile]) into a parser per column; [Cleaner.Rows] binds it to the header of one object.
// Start reading at [Rows.Next].
package clean

import (
	"bytes"
	"cmp"
	"slices"
	"unicode/utf8"

	"eventdrop/functions/internal/contract"
)

// Cleaner is a compiled contract. It is safe for concurrent use.
type Cleaner struct {
	contract *contract.Contract
	columns  []column       // in the contract's order
	names    map[string]int // folded name or alias -> column
	key      int
	recency  int   // -1: the object's last-modified
	hashed   []int // the columns that enter a record's hash, in this order
	rules    []rule
}

// column is one compiled column.
type column struct {
	name  string
	ends  endings
	plain int // up to so many bytes any normal cell is a value as it is; -1: each must be parsed
	// An empty cell is null, and that is all.
	optional bool
	parse    parser
	normal   normalizer // nil: cells are normal as they are
	nulls    tokenSet
	// What becomes of a cell that is absent, one that is wrong, and one that is below the minimum.
	absent, invalid, low policy
}

// Compile prepares a contract. It fails only for a contract whose defaults or bounds are not values
// of their column, or whose formats of times cannot be read, which the contract's own checks cannot see;
// the error is a [*contract.InvalidError] that has all of them.
func Compile(c *contract.Contract) (*Cleaner, error) {
	cl := &Cleaner{contract: c, names: map[string]int{}, key: c.ColumnIndex(c.Key), recency: -1}
	if c.Recency != "" {
		cl.recency = c.ColumnIndex(c.Recency)
	}
	faults := c.NewFaults()
	for i := range c.Columns {
		cl.columns = append(cl.columns, compileColumn(c, i, faults))
		for _, name := range append([]string{c.Columns[i].Name}, c.Columns[i].Aliases...) {
			cl.names[contract.Fold(name)] = i
		}
	}
	if err := faults.Err(); err != nil {
		return nil, err
	}
	for i := range c.Rules {
		cl.rules = append(cl.rules, compileRule(c, &c.Rules[i]))
	}
	cl.hashed = hashOrder(c)
	return cl, nil
}

// hashOrder gives the columns that enter a record's hash, by name: the order in which a contract
// lists its columns must not change identities. The key is left out: it is absent.
func hashOrder(c *contract.Contract) []int {
	var order []int
	for i := range c.Columns {
		if c.Columns[i].Name != c.Key {
			order = append(order, i)
		}
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(c.Columns[a].Name, c.Columns[b].Name) })
	return order
}

func compileColumn(c *contract.Contract, i int, faults *contract.Faults) column {
	def := &c.Columns[i]
	col := column{name: def.Name, normal: newNormalizer(def), nulls: newTokenSet(slices.Concat(c.NullTokens, def.NullTokens))}
	col.ends = newEndings(def, &col.nulls)
	col.plain = plainLength(def)
	fault := func(field string, err error) {
		if err != nil {
			faults.Add(contract.ColumnPlace(i, field), "column %s: %s: %s", def.Name, field, err)
		}
	}
	var field string
	var err error
	if col.parse, field, err = newParser(c, def); err != nil {
		fault(field, err)
		return col // without a parser, defaults cannot be judged
	}
	col.absent, err = col.compilePolicy(def.Absent, def.Type())
	fault("absent", err)
	col.optional = col.nulls.empty && col.absent.action == contract.UseNull
	col.invalid, err = col.compilePolicy(def.Invalid, def.Type())
	fault("invalid", err)
	if col.low = col.invalid; def.BelowMinimum.Action != contract.PolicyUnset {
		col.low, err = col.compilePolicy(def.BelowMinimum, def.Type())
		fault("below_minimum", err)
	}
	return col
}

// read trims a field and brings it to the column's normal form. It is absent if that means no value.
func (c *column) read(field []byte, arena *[]byte) (cell []byte, absent bool) {
	if cell = field; mayTrim(cell) {
		cell = bytes.TrimSpace(cell)
	}
	if c.normal != nil && len(cell) > 0 {
		cell = c.normal(cell, arena)
	}
	return cell, c.nulls.contains(cell)
}

// mayTrim spares most fields the call of bytes.TrimSpace: they have nothing to cut off.
func mayTrim(field []byte) bool {
	n := len(field)
	return n > 0 && (!isSolid(field[0]) || !isSolid(field[n-1]))
}

// isSolid reports whether a byte is a character of its own, and no white space.
func isSolid(b byte) bool { return b-'!' < utf8.RuneSelf-'!' }

// Known reports whether a header name is a column of the contract.
func (c *Cleaner) Known(name string) bool {
	_, ok := c.names[contract.Fold(name)]
	return ok
}

// Contract returns the contract that was compiled.
func (c *Cleaner) Contract() *contract.Contract { return c.contract }
