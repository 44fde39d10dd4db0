package clean

import (
	"bytes"
	"strings"
	"unicode/utf8"
)

// plainNumber rewrites a number as people and spreadsheets write it: "$1,234.50", "1.234,50 EUR",
// "1 234,50" and "USD 12" become a sign, digits and one point; currencies only where the number may
// be an amount of money. Anything else comes back as it is, and is then no number: so do exponents
// and negative amounts in brackets.
func plainNumber(cell []byte, money bool, arena *[]byte) []byte {
	sign, body := cutSign(cell)
	if money {
		body = trimCurrency(body)
	}
	if sign == 0 {
		sign, body = cutSign(body)
	}
	point, ok := decimalPoint(body)
	if !ok {
		return cell
	}
	start := len(*arena)
	if sign == '-' {
		*arena = append(*arena, '-')
	}
	for i, b := range body {
		switch {
		case b >= '0' && b <= '9':
			*arena = append(*arena, b)
		case i == point:
			*arena = append(*arena, '.')
		}
	}
	return (*arena)[start:]
}

// trimCurrency cuts a currency sign, or a code of three capital letters, off either end.
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
// digits separates thousands ("1,234"), unless the number begins with 0; a single point is always a
// decimal point ("1.234").
func decimalPoint(body []byte) (int, bool) {
	point := bytes.LastIndexAny(body, ".,")
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

// thousandsSeparators include the apostrophes of Switzerland and the thin and no-break spaces.
const thousandsSeparators = ",.'\u2019 \u00a0\u2009\u202f"

// isThousands reports whether text is digits in groups of three, all separated by the same separator.
func isThousands(text []byte) bool {
	first := 0
	for first < len(text) && text[first] >= '0' && text[first] <= '9' {
		first++
	}
	separator, size := utf8.DecodeRune(text[first:])
	if first < 1 || first > 3 || text[0] == '0' || !strings.ContainsRune(thousandsSeparators, separator) {
		return false
	}
	mark := text[first : first+size]
	for rest := text[first:]; len(rest) > 0; rest = rest[size+3:] {
		if len(rest) < size+3 || !bytes.HasPrefix(rest, mark) || !allDigits(rest[size:size+3]) {
			return false
		}
	}
	return true
}
