package clean

import (
	"slices"
	"testing"

	"eventdrop/functions/internal/dropzone"
)

// The moment of the object, as the tests write times.
const modifiedText = "2024-05-06T12:00:00.000000Z"

func TestPoliciesMendCells(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, column, cell, want string }{
		{"an absent time becomes the object's", "type: timestamp, absent: {default: last_modified}", "", modifiedText},
		{"and so does a null", "type: timestamp, absent: {default: last_modified}", "null", modifiedText},
		{"but not a wrong one", "type: timestamp, absent: {default: last_modified}", "x", "refused: invalid_timestamp a"},
		{"a wrong time becomes the object's", "type: timestamp, invalid: {default: last_modified}", "INVALID_DATE", modifiedText},
		{"but not an absent one", "type: timestamp, invalid: {default: last_modified}", "", "absent"},
		{"a sound time stays", "type: timestamp, absent: {default: last_modified}, invalid: {default: last_modified}", "2020-01-01", "2020-01-01T00:00:00.000000Z"},
		{"elsewhere the word is a word", "type: text, absent: {default: last_modified}", "", "last_modified"},

		{"too small and mended", "type: decimal, scale: 2, minimum: 0, below_minimum: {default: 0}", "-1.50", "0.00"},
		{"no number, and not mended", "type: decimal, scale: 2, minimum: 0, below_minimum: {default: 0}", "x", "refused: invalid_decimal a"},
		{"too large, and not mended", "type: integer, minimum: 0, maximum: 9, below_minimum: {default: 0}", "10", "refused: above_maximum a"},
		{"the two policies differ", "type: integer, minimum: 1, below_minimum: {default: 1}, invalid: null", "0", "1"},
		{"the two policies differ", "type: integer, minimum: 1, below_minimum: {default: 1}, invalid: null", "x", "absent"},
		{"beyond 64 bits is too small, too", "type: integer, minimum: 1, below_minimum: null", "-99999999999999999999", "absent"},
		{"refused although others are mended", "type: integer, minimum: 1, below_minimum: reject, invalid: null", "0", "refused: below_minimum a"},
		{"without a policy of its own, what others get", "type: integer, minimum: 1, invalid: null", "0", "absent"},
		{"without a policy of its own, what others get", "type: integer, minimum: 1, invalid: {default: 7}", "0", "7"},
	} {
		if got := one(t, c.column, c.cell).get("a"); got != c.want {
			t.Errorf("%s: %s: %q is %s, want %s", c.name, c.column, c.cell, got, c.want)
		}
	}
}

func TestMendedCellsAreCountedByReason(t *testing.T) {
	t.Parallel()
	c := cleanerOf(t, "  - {name: a, type: integer, minimum: 1, below_minimum: {default: 1}, invalid: null}",
		"  - {name: b, type: timestamp, absent: {default: last_modified}, invalid: {default: last_modified}}")
	rows := rowsOf(t, c, "id,a,b\n,0,\n,-1,x\n,x,2020-01-01\n,5,y\n")
	all(t, c, rows)
	want := []dropzone.QualityCount{
		{Rule: "below_minimum_defaulted", Column: "a", Repaired: true, Count: 2},
		{Rule: "invalid_timestamp_defaulted", Column: "b", Repaired: true, Count: 2},
		{Rule: "absent_defaulted", Column: "b", Repaired: true, Count: 1},
		{Rule: "invalid_integer_nulled", Column: "a", Repaired: true, Count: 1},
	}
	if got := rows.Quality(); !slices.Equal(got, want) {
		t.Errorf("got %v\nwant %v", got, want)
	}
}

// A recency that is mended is the one that is compared.
func TestAMendedTimeIsTheRecency(t *testing.T) {
	t.Parallel()
	c, err := compileYAML(contractOf("  - {name: b, type: timestamp, required: true, invalid: {default: last_modified}}", "recency: b"))
	if err != nil {
		t.Fatal(err)
	}
	rows := all(t, c, rowsOf(t, c, "id,b\n,x\n"))
	if len(rows) != 1 || rows[0].recency != modified().UnixMicro() {
		t.Errorf("got %+v", rows)
	}
}
