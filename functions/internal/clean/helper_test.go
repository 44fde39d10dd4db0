package clean

import (
	"encoding/hex"
	"errors"
	"io"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"eventdrop/functions/internal/contract"
	"eventdrop/functions/internal/csvfile"
	"eventdrop/functions/internal/dropzone"
)

// modified is when the objects of these tests were stored.
func modified() time.Time { return time.Date(2024, 5, 6, 12, 0, 0, 0, time.UTC) }

func defaultCleaner(tb testing.TB) *Cleaner {
	tb.Helper()
	c, err := contract.Default()
	if err != nil {
		tb.Fatal(err)
	}
	return mustCompile(tb, c)
}

func mustCompile(tb testing.TB, c *contract.Contract) *Cleaner {
	tb.Helper()
	cleaner, err := Compile(c)
	if err != nil {
		tb.Fatal(err)
	}
	return cleaner
}

// contractOf wraps the YAML of columns, and of anything that follows them, into a contract with the key id.
func contractOf(columns ...string) string {
	return "contract: test\nrevision: 1\ntable: test\nkey: id\nextras: extras\nnull_tokens: [null, none]\n" +
		"columns:\n  - {name: id, type: uuid}\n" + strings.Join(columns, "\n") + "\n"
}

func compileYAML(text string) (*Cleaner, error) {
	c, err := contract.Parse("test.yaml", []byte(text))
	if err != nil {
		return nil, err
	}
	return Compile(c)
}

func cleanerOf(tb testing.TB, columns ...string) *Cleaner {
	tb.Helper()
	cleaner, err := compileYAML(contractOf(columns...))
	if err != nil {
		tb.Fatal(err)
	}
	return cleaner
}

// rowsOf opens a CSV text.
func rowsOf(tb rapid.TB, c *Cleaner, csv string) *Rows {
	tb.Helper()
	records, err := csvfile.NewReader(strings.NewReader(csv), csvfile.Options{Known: c.Known})
	if err != nil {
		tb.Fatal(err)
	}
	rows, err := c.Rows(dropzone.Object{LastModified: modified()}, records, 8<<10)
	if err != nil {
		tb.Fatal(err)
	}
	return rows
}

// row is a copy of one outcome, in a form that people can read.
type row struct {
	values  map[string]string // of the columns that are present, and of extras
	hash    string            // empty where the record has a key
	recency int64
	line    int64
	reason  string // reason and column of a reject: "missing event_type"
	value   string
}

func (r row) get(column string) string {
	if r.reason != "" {
		return "refused: " + r.reason
	}
	if v, ok := r.values[column]; ok {
		return v
	}
	return "absent"
}

// all reads to the end.
func all(tb rapid.TB, c *Cleaner, rows *Rows) (list []row) {
	tb.Helper()
	for {
		event, reject, err := rows.Next()
		switch {
		case errors.Is(err, io.EOF):
			return list
		case err != nil:
			tb.Fatal(err)
		case (event == nil) == (reject == nil):
			tb.Fatal("want an event or a reject")
		case reject != nil:
			list = append(list, row{
				reason: strings.TrimSpace(string(reject.Reason) + " " + reject.Column), value: reject.Value, line: reject.Line,
			})
		default:
			list = append(list, copyOf(c, event))
		}
	}
}

func copyOf(c *Cleaner, e *dropzone.Event) row {
	r := row{values: map[string]string{}, recency: e.RecencyAt, line: e.Line}
	if e.Derived {
		r.hash = hex.EncodeToString(e.RecordHash[:])
	}
	columns := c.Contract().Columns
	for i := range e.Values {
		switch v := &e.Values[i]; {
		case !v.Present:
		case i == len(columns):
			r.values[c.Contract().Extras] = string(v.Bytes)
		default:
			r.values[columns[i].Name] = canonical(&columns[i], v)
		}
	}
	return r
}

// canonical writes a value as an export would.
func canonical(col *contract.Column, v *dropzone.Value) string {
	switch col.Type() {
	case dropzone.UUID:
		return hex.EncodeToString(v.Bytes)
	case dropzone.Integer:
		return strconv.FormatInt(v.Int, 10)
	case dropzone.Boolean:
		return strconv.FormatBool(v.Int == 1)
	case dropzone.Decimal:
		return decimalText(v.Int, col.Scale)
	case dropzone.Timestamp:
		return time.UnixMicro(v.Int).UTC().Format("2006-01-02T15:04:05.000000Z")
	default:
		return string(v.Bytes)
	}
}

func decimalText(n int64, scale int) string {
	sign, digits := "", strconv.FormatUint(magnitude(n), 10)
	if n < 0 {
		sign = "-"
	}
	if missing := scale + 1 - len(digits); missing > 0 {
		digits = strings.Repeat("0", missing) + digits
	}
	if scale == 0 {
		return sign + digits
	}
	point := len(digits) - scale
	return sign + digits[:point] + "." + digits[point:]
}

// quoted is a cell as CSV.
func quoted(cell string) string { return `"` + strings.ReplaceAll(cell, `"`, `""`) + `"` }

// one cleans a single cell of a column "a", of which the YAML is given without its name.
func one(tb testing.TB, column, cell string) row {
	tb.Helper()
	c := cleanerOf(tb, "  - {name: a, "+column+"}")
	rows := all(tb, c, rowsOf(tb, c, "id,a\n,"+quoted(cell)+"\n"))
	if len(rows) != 1 {
		tb.Fatalf("%d rows", len(rows))
	}
	return rows[0]
}

// cases maps a cell to its canonical value, "absent", or "refused: reason a".
func testCells(t *testing.T, column string, cases [][2]string) {
	t.Helper()
	for _, c := range cases {
		if got := one(t, column, c[0]).get("a"); got != c[1] {
			t.Errorf("%s: %q is %s, want %s", column, c[0], got, c[1])
		}
	}
}
