package clean

import (
	"bytes"
	"fmt"
	"math"

	"eventdrop/functions/internal/contract"
	"eventdrop/functions/internal/dropzone"
)

// roundedRepair is the repair of a number with more decimal places than its column.
const roundedRepair = "rounded"

// numberParser reads integers and decimals exactly; no number ever passes through a float.
func numberParser(col *contract.Column) (parser, error) {
	scale := col.Scale
	invalid := dropzone.InvalidDecimal
	if col.Type() == dropzone.Integer {
		scale, invalid = 0, dropzone.InvalidInteger
	}
	low, err := bound(col.Minimum, scale, math.MinInt64)
	if err != nil {
		return nil, fmt.Errorf("minimum: %w", err)
	}
	high, err := bound(col.Maximum, scale, math.MaxInt64)
	if err != nil {
		return nil, fmt.Errorf("maximum: %w", err)
	}
	integer := col.Type() == dropzone.Integer
	return func(cell []byte, v *dropzone.Value, arena *[]byte) verdict {
		n, state := parseDecimal(cell, scale)
		if state == malformed {
			n, state = parseDecimal(plainNumber(cell, !integer, arena), scale)
		}
		switch {
		case state == malformed, state == inexact && integer:
			return verdict{reason: invalid}
		case n < low:
			return verdict{reason: dropzone.BelowMinimum}
		case n > high, state == overflow:
			return verdict{reason: dropzone.AboveMaximum}
		}
		v.Int = n
		if state == inexact {
			return verdict{repair: roundedRepair}
		}
		return verdict{}
	}, nil
}

func bound(text string, scale int, otherwise int64) (int64, error) {
	if text == "" {
		return otherwise, nil
	}
	n, state := parseDecimal([]byte(text), scale)
	if state != exact {
		return 0, fmt.Errorf("%q is not a number with at most %d decimal places and 18 digits", text, scale)
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
	sign := int64(1)
	if len(text) > 0 && (text[0] == '-' || text[0] == '+') {
		if text[0] == '-' {
			sign = -1
		}
		text = text[1:]
	}
	whole, fraction, _ := bytes.Cut(text, []byte{'.'})
	if len(whole)+len(fraction) == 0 || !allDigits(whole) || !allDigits(fraction) {
		return 0, malformed
	}
	var n int64
	for _, digit := range whole {
		if n > (math.MaxInt64-9)/10 {
			return sign * math.MaxInt64, overflow
		}
		n = n*10 + int64(digit-'0')
	}
	for i := range scale {
		if n > (math.MaxInt64-9)/10 {
			return sign * math.MaxInt64, overflow
		}
		n *= 10
		if i < len(fraction) {
			n += int64(fraction[i] - '0')
		}
	}
	return round(sign*n, sign, fraction[min(scale, len(fraction)):])
}

// round adds what the decimal places beyond the scale say.
func round(n, sign int64, dropped []byte) (int64, precision) {
	if len(bytes.TrimRight(dropped, "0")) == 0 {
		return n, exact
	}
	if dropped[0] >= '5' {
		n += sign
	}
	return n, inexact
}

func allDigits(text []byte) bool {
	for _, b := range text {
		if b < '0' || b > '9' {
			return false
		}
	}
	return true
}

// plainNumber rewrites a number as people and spreadsheets write it: "$1,234.50", "1.234,50 EUR",
// "1 234,50" and "USD 12" become digits and one point; currencies only where the number may be an
// amount of money. Anything else comes back as it is, and is then no number.
func plainNumber(cell []byte, money bool, arena *[]byte) []byte {
	negative := bytes.HasPrefix(cell, []byte{'-'})
	body := bytes.TrimPrefix(cell, []byte{'-'})
	if money {
		body = trimCurrency(body)
	}
	point, ok := decimalPoint(body)
	if !ok {
		return cell
	}
	start := len(*arena)
	if negative {
		*arena = append(*arena, '-')
	}
	for i, r := range string(body) {
		switch {
		case r >= '0' && r <= '9':
			*arena = append(*arena, byte(r))
		case i == point:
			*arena = append(*arena, '.')
		}
	}
	return (*arena)[start:]
}

// trimCurrency cuts one currency sign, or a code of three capital letters, off either end.
func trimCurrency(body []byte) []byte {
	for _, sign := range []string{"$", "€", "£", "¥", "₹"} {
		body = bytes.TrimSpace(bytes.TrimSuffix(bytes.TrimPrefix(body, []byte(sign)), []byte(sign)))
	}
	if len(body) > 3 && isCapitals(body[:3]) {
		body = bytes.TrimSpace(body[3:])
	}
	if n := len(body); n > 3 && isCapitals(body[n-3:]) {
		body = bytes.TrimSpace(body[:n-3])
	}
	return body
}

func isCapitals(text []byte) bool {
	for _, b := range text {
		if b < 'A' || b > 'Z' {
			return false
		}
	}
	return true
}

// decimalPoint finds the byte that is the decimal point, -1 where there is none, and checks that
// all other separators stand between groups of three digits. A single comma before exactly three
// digits separates thousands; a single point is always a decimal point.
func decimalPoint(body []byte) (int, bool) {
	point := max(bytes.LastIndexByte(body, '.'), bytes.LastIndexByte(body, ','))
	if point >= 0 && bytes.Count(body, body[point:point+1]) > 1 {
		point = -1 // a separator that comes twice separates thousands
	}
	if point >= 0 && body[point] == ',' && isThousands(body) {
		point = -1
	}
	whole := body
	if point >= 0 {
		whole = body[:point]
		if !allDigits(body[point+1:]) {
			return 0, false
		}
	}
	return point, allDigits(whole) || isThousands(whole)
}

// isThousands reports whether text is digits in groups of three, all separated by the same one of
// "," "." "'" space and the no-break spaces.
func isThousands(text []byte) bool {
	for _, separator := range []string{",", ".", "'", " ", "\u00a0", "\u202f"} {
		groups := bytes.Split(text, []byte(separator))
		if len(groups) < 2 || len(groups[0]) < 1 || len(groups[0]) > 3 {
			continue
		}
		if !allDigits(groups[0]) {
			continue
		}
		good := true
		for _, group := range groups[1:] {
			good = good && len(group) == 3 && allDigits(group)
		}
		if good {
			return true
		}
	}
	return false
}
