package clean

import (
	"errors"
	"fmt"
	"math"

	"eventdrop/functions/internal/contract"
	"eventdrop/functions/internal/dropzone"
)

// roundedRepair is the repair of a number with more decimal places than its column.
const roundedRepair = "rounded"

// numberParser reads integers and decimals exactly; no number ever passes through a float. The
// bounds are those of the value that is stored, after rounding.
func numberParser(col *contract.Column) (parse parser, field string, err error) {
	low, high, field, err := bounds(col)
	if err != nil {
		return nil, field, err
	}
	scale, integer, invalid := col.Scale, col.Type() == dropzone.Integer, dropzone.InvalidDecimal
	if integer {
		invalid = dropzone.InvalidInteger
	}
	return func(cell []byte, v *dropzone.Value, arena *[]byte) verdict {
		n, state := parseDecimal(cell, scale)
		if state == malformed {
			n, state = parseDecimal(plainNumber(cell, !integer, arena), scale)
		}
		switch {
		case state == malformed, state == inexact && integer:
			return verdict{reason: invalid}
		case n < low, state == overflow && n < 0:
			return verdict{reason: dropzone.BelowMinimum}
		case n > high, state == overflow:
			return verdict{reason: dropzone.AboveMaximum}
		}
		v.Int = n
		if state == inexact {
			return verdict{repair: roundedRepair}
		}
		return verdict{}
	}, "", nil
}

// bounds gives the smallest and the largest value in units of the scale, or the field that is at fault.
func bounds(col *contract.Column) (low, high int64, field string, err error) {
	if low, err = bound(col.Minimum, col.Scale, math.MinInt64); err != nil {
		return 0, 0, "minimum", err
	}
	if high, err = bound(col.Maximum, col.Scale, math.MaxInt64); err != nil {
		return 0, 0, "maximum", err
	}
	if low > high {
		return 0, 0, "minimum", errors.New("it is larger than the maximum")
	}
	return low, high, "", nil
}

func bound(text string, scale int, otherwise int64) (int64, error) {
	if text == "" {
		return otherwise, nil
	}
	n, state := parseDecimal([]byte(text), scale)
	if state != exact {
		return 0, fmt.Errorf("%q is not a number of 64 bits with at most %d decimal places, as the column's scale has it", text, scale)
	}
	return n, nil
}

// precision says how well a text became a number.
type precision uint8

const (
	exact     precision = iota
	inexact             // rounded half away from zero, as PostgreSQL's numeric does
	overflow            // a number, but too large; the sign of the result is right
	malformed           // not a number
)

// parseDecimal reads [+-]digits[.digits] as a whole number of 10^-scale.
func parseDecimal(text []byte, scale int) (int64, precision) {
	sign, text := cutSign(text)
	n, digits, state := uint64(0), 0, exact
	places, up := -1, false // the decimal places so far, -1 before the point; whether to round away from zero
	for _, b := range text {
		switch digit := b - '0'; {
		case b == '.' && places < 0:
			places = 0
			continue
		case digit > 9:
			return 0, malformed
		case places < scale:
			n = appendDigit(n, digit)
		case digit > 0:
			state, up = inexact, up || places == scale && digit >= 5
		}
		digits++
		if places >= 0 {
			places++
		}
	}
	if digits == 0 {
		return 0, malformed
	}
	for places = max(places, 0); places < scale; places++ {
		n = appendDigit(n, 0)
	}
	if up {
		n++
	}
	return signed(sign, n, state)
}

func signed(sign byte, n uint64, state precision) (int64, precision) {
	switch {
	case sign == '-' && n <= 1<<63:
		return -int64(n), state //nolint:gosec // -(1<<63) is its own negative
	case sign == '-':
		return math.MinInt64, overflow
	case n <= math.MaxInt64:
		return int64(n), state
	}
	return math.MaxInt64, overflow
}

// cutSign returns '-', '+' or 0, and the text without it.
func cutSign(text []byte) (sign byte, rest []byte) {
	if len(text) > 0 && (text[0] == '-' || text[0] == '+') {
		return text[0], text[1:]
	}
	return 0, text
}

// beyond64 stands for every number beyond 64 bits and a sign.
const beyond64 = 1<<63 + 1

// appendDigit appends a decimal digit to n.
func appendDigit(n uint64, digit byte) uint64 {
	if n > math.MaxInt64/10 {
		return beyond64
	}
	return n*10 + uint64(digit)
}

func allDigits(text []byte) bool {
	for _, b := range text {
		if b < '0' || b > '9' {
			return false
		}
	}
	return true
}
