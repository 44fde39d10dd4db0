package clean

import (
	"bytes"
	"unicode/utf8"

	"eventdrop/functions/internal/contract"
	"eventdrop/functions/internal/dropzone"
)

// normalizer returns the form of a trimmed cell in which it is compared with the null tokens and then
// read. What differs from the cell is appended to the arena.
type normalizer func(cell []byte, arena *[]byte) []byte

// newNormalizer returns nil for a column whose cells are normal as they are.
func newNormalizer(col *contract.Column) normalizer {
	change := newCaseChanger(col.Case)
	switch {
	case col.Type() != dropzone.Identifier:
		return change
	case change == nil:
		return func(cell []byte, _ *[]byte) []byte { return trimFloat(cell) }
	}
	return func(cell []byte, arena *[]byte) []byte { return change(trimFloat(cell), arena) }
}

// trimFloat turns "123.0", as columns of floats have it, into "123" and leaves everything else alone.
func trimFloat(cell []byte) []byte {
	if !mayEndFloat(cell[len(cell)-1]) {
		return cell
	}
	point := bytes.IndexByte(cell, '.')
	if point < 0 || len(bytes.Trim(cell[point+1:], "0")) > 0 {
		return cell
	}
	if _, digits := cutSign(cell[:point]); len(digits) == 0 || !allDigits(digits) {
		return cell
	}
	return cell[:point]
}

func mayEndFloat(b byte) bool { return b == '0' || b == '.' }

func newCaseChanger(to string) normalizer {
	switch to {
	case "upper":
		return caseChanger('a', bytes.ToUpper)
	case "lower":
		return caseChanger('A', bytes.ToLower)
	}
	return nil
}

// caseChanger flips the 26 ASCII letters from first on, without allocation; texts with other letters
// are left to unicode's way.
func caseChanger(first byte, unicode func([]byte) []byte) normalizer {
	return func(cell []byte, arena *[]byte) []byte {
		for i, b := range cell {
			if b-first < 26 || b >= utf8.RuneSelf {
				return changeCase(cell, i, first, unicode, arena)
			}
		}
		return cell
	}
}

// changeCase is for a cell whose first change is at position from.
func changeCase(cell []byte, from int, first byte, unicode func([]byte) []byte, arena *[]byte) []byte {
	start := len(*arena)
	*arena = append(*arena, cell...)
	changed := (*arena)[start:]
	for i, b := range changed[from:] {
		if b >= utf8.RuneSelf {
			return unicode(cell)
		}
		if b-first < 26 {
			changed[from+i] = b ^ 0x20
		}
	}
	return changed
}
