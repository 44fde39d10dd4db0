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
	"fmt"
	"slices"
	"unicode/utf8"

	"eventdrop/functions/internal/contract"
	"eventdrop/functions/internal/dropzone"
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
	name    string
	normal  normalizer // nil: cells are normal as they are
	nulls   tokenSet
	parse   parser
	absent  contract.PolicyAction
	invalid contract.PolicyAction
	// onAbsent and onInvalid are the two policies' defaults.
	onAbsent, onInvalid dropzone.Value
}

// Compile prepares a contract. It fails only for a contract whose defaults or bounds are not values
// of their column, or whose formats of times cannot be read, which the contract's own checks cannot see.
func Compile(c *contract.Contract) (*Cleaner, error) {
	cl := &Cleaner{contract: c, names: map[string]int{}, key: c.ColumnIndex(c.Key), recency: -1}
	if c.Recency != "" {
		cl.recency = c.ColumnIndex(c.Recency)
	}
	for i := range c.Columns {
		col, err := compileColumn(c, &c.Columns[i])
		if err != nil {
			return nil, fmt.Errorf("contract %s: column %s: %w", c.Name, c.Columns[i].Name, err)
		}
		cl.columns = append(cl.columns, col)
		for _, name := range append([]string{c.Columns[i].Name}, c.Columns[i].Aliases...) {
			cl.names[contract.Fold(name)] = i
		}
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

func compileColumn(c *contract.Contract, def *contract.Column) (column, error) {
	col := column{
		name: def.Name, normal: newNormalizer(def), absent: def.Absent.Action, invalid: def.Invalid.Action,
		nulls: newTokenSet(slices.Concat(c.NullTokens, def.NullTokens)),
	}
	var err error
	if col.parse, err = newParser(c, def); err != nil {
		return col, err
	}
	if col.onAbsent, err = col.defaultValue(def.Absent); err != nil {
		return col, err
	}
	col.onInvalid, err = col.defaultValue(def.Invalid)
	return col, err
}

// defaultValue reads a policy's default, which must be a value like any other: read again, as from an
// export, it must give the same.
func (c *column) defaultValue(p contract.Policy) (dropzone.Value, error) {
	var v dropzone.Value
	if p.Action != contract.UseDefault {
		return v, nil
	}
	var arena []byte
	cell := c.read([]byte(p.Default), &arena)
	if c.nulls.contains(cell) {
		return v, fmt.Errorf("default %q: it means no value", p.Default)
	}
	if verdict := c.parse(cell, &v, &arena); verdict.reason != "" || verdict.repair != "" {
		return v, fmt.Errorf("default %q: %s%s", p.Default, verdict.reason, verdict.repair)
	}
	v.Present = true
	return v, nil
}

// read trims a field and brings it to the column's normal form.
func (c *column) read(field []byte, arena *[]byte) []byte {
	cell := trim(field)
	if c.normal != nil && len(cell) > 0 {
		return c.normal(cell, arena)
	}
	return cell
}

// trim is bytes.TrimSpace; most fields have nothing to cut off.
func trim(field []byte) []byte {
	if n := len(field); n == 0 || isSolid(field[0]) && isSolid(field[n-1]) {
		return field
	}
	return bytes.TrimSpace(field)
}

// isSolid reports whether a byte is a character of its own, and no white space.
func isSolid(b byte) bool { return b > ' ' && b < utf8.RuneSelf }

// Known reports whether a header name is a column of the contract.
func (c *Cleaner) Known(name string) bool {
	_, ok := c.names[contract.Fold(name)]
	return ok
}

// Contract returns the contract that was compiled.
func (c *Cleaner) Contract() *contract.Contract { return c.contract }
