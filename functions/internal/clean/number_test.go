package clean

import (
	"math"
	"math/big"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"eventdrop/functions/internal/dropzone"
)

const (
	tooLarge  = "refused: above_maximum a"
	tooSmall  = "refused: below_minimum a"
	noDecimal = "refused: invalid_decimal a"
	noInteger = "refused: invalid_integer a"
)

func TestPlainDecimals(t *testing.T) {
	t.Parallel()
	testCells(t, "type: decimal, scale: 2", [][2]string{
		{"12.5", "12.50"},
		{"12.50", "12.50"},
		{"+5", "5.00"},
		{"-0", "0.00"},
		{"-0.00", "0.00"},
		{"0012", "12.00"},
		{"5.", "5.00"},
		{".5", "0.50"},
		{" 7 ", "7.00"},
		{"\u00a07\u00a0", "7.00"},
		{"12.505", "12.51"},
		{"12.504999", "12.50"},
		{"-12.505", "-12.51"},
		{"0.005", "0.01"},
		{"-0.004", "0.00"},
		{"92233720368547758.07", "92233720368547758.07"},
		{"-92233720368547758.08", "-92233720368547758.08"},
		{"92233720368547758.08", tooLarge},
		{"-92233720368547758.09", tooSmall},
		{"92233720368547758.074", "92233720368547758.07"},
		{"92233720368547758.075", tooLarge},
		{"-92233720368547758.085", tooSmall},
		{strings.Repeat("9", 400), tooLarge},
		{"-" + strings.Repeat("9", 400), tooSmall},
		{"1e400", noDecimal},
		{"1e2", noDecimal},
		{"NaN", noDecimal},
		{"Infinity", noDecimal},
		{"-Inf", noDecimal},
		{"0x10", noDecimal},
		{"1_000", noDecimal},
		{"--5", noDecimal},
		{"+-5", noDecimal},
		{"-", noDecimal},
		{".", noDecimal},
		{"1.2.3", noDecimal},
		{"12-", noDecimal},
		{"(12.50)", noDecimal},
		{"twelve", noDecimal},
		{"５", noDecimal},
		{"5%", noDecimal},
	})
}

func TestNumbersAsPeopleWriteThem(t *testing.T) {
	t.Parallel()
	testCells(t, "type: decimal, scale: 3", [][2]string{
		{"$1,234.50", "1234.500"},
		{"1.234,50", "1234.500"},
		{"1.234.567,89", "1234567.890"},
		{"1,234,567.89", "1234567.890"},
		{"1'234.50", "1234.500"},
		{"1’234.50", "1234.500"},
		{"1 234,50", "1234.500"},
		{"1\u00a0234,50", "1234.500"},
		{"1\u202f234\u202f567", "1234567.000"},
		{"1.234.567", "1234567.000"},
		{"12,5", "12.500"},
		{",5", "0.500"},
		// Ambiguous: a comma before three digits separates thousands, a point never does.
		{"1,234", "1234.000"},
		{"1.234", "1.234"},
		{"0,123", "0.123"},
		{"-0,500", "-0.500"},
		{"1234,567", "1234.567"},
		{"€ 12,50", "12.500"},
		{"12,50 €", "12.500"},
		{"USD 12", "12.000"},
		{"1.234,50 EUR", "1234.500"},
		{"-$5", "-5.000"},
		{"$-5", "-5.000"},
		{"+12,5", "12.500"},
		{"-1,234.5", "-1234.500"},
		{"12,34,56", noDecimal},
		{"1,23,456", noDecimal},
		{"1,234 567", noDecimal},
		{"1.234,567.8", noDecimal},
		{"01,234,567", noDecimal},
		{"$", noDecimal},
		{"USD", noDecimal},
		{"$-", noDecimal},
		{"-$-5", noDecimal},
		{"12 34", noDecimal},
		{"2024-05-06", noDecimal},
		{"1,234,", noDecimal},
		{"1 box", noDecimal},
		{"1A2", noDecimal},
	})
}

func TestIntegers(t *testing.T) {
	t.Parallel()
	testCells(t, "type: integer", [][2]string{
		{"42", "42"},
		{"-42", "-42"},
		{"12.0", "12"},
		{"12.", "12"},
		{"1,234", "1234"},
		{"1 234", "1234"},
		{"1.234.567", "1234567"},
		{"9223372036854775807", "9223372036854775807"},
		{"9223372036854775808", tooLarge},
		{"-9223372036854775808", "-9223372036854775808"},
		{"-9223372036854775809", tooSmall},
		{"12.5", noInteger},
		{"1.234", noInteger},
		{"1,5", noInteger},
		{"$5", noInteger},
		{"1e3", noInteger},
		{"two", noInteger},
		{"12abc", noInteger},
	})
}

func TestBoundsAreInclusiveAndJudgeTheStoredValue(t *testing.T) {
	t.Parallel()
	testCells(t, `type: decimal, scale: 2, minimum: "-1", maximum: "1000000"`, [][2]string{
		{"1000000", "1000000.00"},
		{"1000000.00", "1000000.00"},
		{"1000000.01", tooLarge},
		{"1000000.004", "1000000.00"},
		{"-1", "-1.00"},
		{"-1.01", tooSmall},
		{"99999999999999999999", tooLarge},
		{"-99999999999999999999", tooSmall},
	})
	testCells(t, "type: decimal, scale: 8, minimum: 010, maximum: 10.00000001", [][2]string{
		{"10", "10.00000000"}, {"9.99999999", tooSmall}, {"10.00000001", "10.00000001"}, {"10.00000002", tooLarge},
	})
}

// oracle reads a plain number exactly and rounds it half away from zero.
func oracle(text string, scale int) *big.Int {
	n, ok := new(big.Rat).SetString(text)
	if !ok {
		return nil
	}
	n.Mul(n, new(big.Rat).SetInt(new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(scale)), nil)))
	twice := new(big.Int).Add(new(big.Int).Mul(new(big.Int).Abs(n.Num()), big.NewInt(2)), n.Denom())
	rounded := twice.Quo(twice, new(big.Int).Mul(n.Denom(), big.NewInt(2)))
	if n.Sign() < 0 {
		rounded.Neg(rounded)
	}
	return rounded
}

// checkDecimal compares parseDecimal with the oracle, for a text of digits, one sign and one point.
func checkDecimal(t interface{ Errorf(string, ...any) }, text string, scale int) {
	got, state := parseDecimal([]byte(text), scale)
	want := oracle(text, scale)
	switch {
	case state == malformed || want == nil:
		t.Errorf("%q: state %d, oracle %v", text, state, want)
	case want.IsInt64() != (state != overflow):
		t.Errorf("%q at scale %d: state %d, want %v", text, scale, state, want)
	case state == overflow && (got < 0) != (want.Sign() < 0):
		t.Errorf("%q at scale %d: overflow with the wrong sign", text, scale)
	case state != overflow && got != want.Int64():
		t.Errorf("%q at scale %d: %d, want %v", text, scale, got, want)
	}
}

func TestDecimalsAreExact(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`[+-]?[0-9]{1,21}(\.[0-9]{0,12})?`).Draw(t, "text")
		checkDecimal(t, text, rapid.IntRange(0, 8).Draw(t, "scale"))
	})
}

func TestAmountsInAnyNotationAreTheSame(t *testing.T) {
	t.Parallel()
	notations := []struct{ thousands, point string }{{",", "."}, {".", ","}, {" ", ","}, {"'", "."}, {"\u202f", ","}}
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.Int64Range(0, math.MaxInt64).Draw(t, "n")
		notation := rapid.SampledFrom(notations).Draw(t, "notation")
		whole, fraction, _ := strings.Cut(decimalText(n, 2), ".")
		grouped := whole
		for at := len(whole) - 3; at > 0; at -= 3 {
			grouped = grouped[:at] + notation.thousands + grouped[at:]
		}
		cell := rapid.SampledFrom([]string{"", "$", "EUR "}).Draw(t, "currency") + grouped + notation.point + fraction
		var arena []byte
		got, state := parseDecimal(plainNumber([]byte(cell), true, &arena), 2)
		if got != n || state != exact {
			t.Errorf("%q is %d (%d), want %d", cell, got, state, n)
		}
	})
}

func TestAmountMatchesIsExactAtAnyScale(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name            string
		priceScale      string
		totalScale      string
		price, qty, sum string
		want            string
	}{
		{"equal scales", "2", "2", "1.10", "3", "3.30", "3.30"},
		{"one cent off", "2", "2", "1.10", "3", "3.31", "refused: amount_mismatch total"},
		{"finer price", "4", "2", "0.3350", "2", "0.67", "0.67"},
		{"finer price that the total cannot hold", "4", "2", "0.3333", "3", "1.00", "refused: amount_mismatch total"},
		{"finer total", "2", "8", "0.10", "3", "0.30000000", "0.30000000"},
		{"negative", "2", "2", "-1.10", "3", "-3.30", "-3.30"},
		{"wrong sign", "2", "2", "-1.10", "3", "3.30", "refused: amount_mismatch total"},
		{"zero of negative", "2", "2", "-1.10", "0", "0", "0.00"},
		{"beyond 64 bits", "8", "0", "90000000000", "100", "9000000000000", "9000000000000"},
		{"beyond 128 bits", "0", "8", "9000000000000000000", "9000000000000000000", "1", "refused: amount_mismatch total"},
		{"no total", "2", "2", "1.10", "3", "", "absent"},
		{"no quantity", "2", "2", "1.10", "", "3.30", "3.30"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			cleaner := cleanerOf(t, "  - {name: price, type: decimal, scale: "+c.priceScale+"}", "  - {name: quantity, type: integer}",
				"  - {name: total, type: decimal, scale: "+c.totalScale+"}",
				"rules:\n  - {rule: amount_matches, price: price, quantity: quantity, total: total}")
			rows := all(t, cleaner, rowsOf(t, cleaner, "price,quantity,total\n"+c.price+","+c.qty+","+c.sum+"\n"))
			if got := rows[0].get("total"); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

func TestProductAgreesWithBigNumbers(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a, b := rapid.Int64().Draw(t, "a"), rapid.Int64().Draw(t, "b")
		unit := powerOfTen(rapid.IntRange(0, 8).Draw(t, "scale"))
		got, fits := product(a, b, unit)
		want := new(big.Int).Mul(big.NewInt(a), big.NewInt(b))
		want.Mul(want, new(big.Int).SetUint64(unit))
		value := new(big.Int).Add(new(big.Int).Lsh(new(big.Int).SetUint64(got.hi), 64), new(big.Int).SetUint64(got.lo))
		if got.negative {
			value.Neg(value)
		}
		if fits != (want.BitLen() <= 128) || fits && value.Cmp(want) != 0 {
			t.Errorf("%d x %d x %d = %v (%v), want %v", a, b, unit, value, fits, want)
		}
	})
}

func TestRoundingIsCountedAsARepair(t *testing.T) {
	t.Parallel()
	c := cleanerOf(t, "  - {name: a, type: decimal, scale: 2}")
	rows := rowsOf(t, c, "a\n1.005\n1.00\n1.0000\n2.999\n")
	all(t, c, rows)
	want := dropzone.QualityCount{Rule: "rounded", Column: "a", Repaired: true, Count: 2}
	if got := rows.Quality(); len(got) != 1 || got[0] != want {
		t.Errorf("got %v, want %v", got, want)
	}
}
