package clean

import (
	"errors"
	"io"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"eventdrop/functions/internal/csvfile"
	"eventdrop/functions/internal/dropzone"
)

// defaultRow cleans one record under the default contract.
func defaultRow(t *testing.T, header, record string) row {
	t.Helper()
	c := defaultCleaner(t)
	rows := all(t, c, rowsOf(t, c, header+"\n"+record+"\n"))
	if len(rows) != 1 {
		t.Fatalf("%d rows", len(rows))
	}
	return rows[0]
}

func TestRulesOfTheDefaultContract(t *testing.T) {
	t.Parallel()
	const header = "event_type,event_time,product_id,price,quantity,total"
	for _, c := range []struct{ name, record, want string }{
		{"a purchase", "purchase,2024-05-06T12:00:00Z,7,2.50,2,5.00", ""},
		{"at last-modified plus tolerance", "view,2024-05-06T13:00:00Z,7,,,", ""},
		{"a microsecond later", "view,2024-05-06T13:00:00.000001Z,7,,,", "in_future event_time"},
		{"at the earliest time", "view,2000-01-01T00:00:00Z,7,,,", ""},
		{"a microsecond before", "view,1999-12-31T23:59:59.999999Z,7,,,", "too_old event_time"},
		{"a purchase of nothing", "purchase,2024-05-06T12:00:00Z,0,2.50,2,5.00", "purchase_needs_product product_id"},
		{"a purchase of -1.0", "purchase,2024-05-06T12:00:00Z,-1.0,2.50,2,5.00", "purchase_needs_product product_id"},
		{"a view of nothing", "view,2024-05-06T12:00:00Z,0,2.50,2,5.00", ""},
		{"a purchase of no pieces", "order,2024-05-06T12:00:00Z,7,2.50,0,0", "purchase_needs_quantity quantity"},
		{"a view of no pieces", "view,2024-05-06T12:00:00Z,7,2.50,0,0", ""},
		{"a purchase without quantity", "purchase,2024-05-06T12:00:00Z,7,2.50,,", ""},
		{"a wrong total", "purchase,2024-05-06T12:00:00Z,7,2.50,2,5.01", "amount_mismatch total"},
		{"no type", ",2024-05-06T12:00:00Z,7,2.50,2,5.00", "missing event_type"},
		{"no time", "view,,7,2.50,2,5.00", "missing event_time"},
		{"price and quantity wrong: the contract's order", "view,2024-05-06T12:00:00Z,7,-1,-1,0", "below_minimum price"},
		{"type and price wrong", "hover,2024-05-06T12:00:00Z,7,-1,-1,0", "unknown_value event_type"},
		{"a value before any rule", "purchase,1999-01-01,0,1,10001,5.00", "above_maximum quantity"},
		{"the first rule before the others", "purchase,2030-01-01,0,1,0,5.00", "in_future event_time"},
		{"product before quantity before amount", "purchase,2024-01-01,0,1,0,5.00", "purchase_needs_product product_id"},
		{"quantity before amount", "purchase,2024-01-01,7,1,0,5.00", "purchase_needs_quantity quantity"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := defaultRow(t, header, c.record).reason; got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestARequiredColumnThatTheHeaderLacksRejectsEveryRow(t *testing.T) {
	t.Parallel()
	c := defaultCleaner(t)
	rows := rowsOf(t, c, "event_time,user_id\n2024-05-06,1\n2024-05-06,2\n")
	if !slices.Contains(rows.Absent(), "event_type") || slices.Contains(rows.Absent(), "user_id") {
		t.Errorf("absent: %v", rows.Absent())
	}
	for _, r := range all(t, c, rows) {
		if r.reason != "missing event_type" || r.value != "" {
			t.Errorf("got %+v", r)
		}
	}
	want := []dropzone.QualityCount{{Rule: "missing", Column: "event_type", Count: 2}}
	if got := rows.Quality(); !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestPolicies(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ column, cell, want, repair string }{
		{"type: integer", "", "absent", ""},
		{"type: integer", "x", noInteger, "invalid_integer"},
		{"type: integer, required: true", "", "refused: missing a", "missing"},
		{"type: integer, absent: reject", "null", "refused: missing a", "missing"},
		{"type: integer, absent: null, invalid: null", "x", "absent", "invalid_integer_nulled"},
		{"type: integer, invalid: 'null'", "x", "absent", "invalid_integer_nulled"},
		{"type: integer, absent: null, invalid: null", "", "absent", ""},
		{"type: integer, absent: {default: 7}, invalid: {default: -1}", "", "7", "absent_defaulted"},
		{"type: integer, absent: {default: 7}, invalid: {default: -1}", "x", "-1", "invalid_integer_defaulted"},
		{"type: integer, minimum: 0, invalid: {default: 0}", "-3", "0", "below_minimum_defaulted"},
		{"type: text, absent: {default: Unknown Product}", "", "Unknown Product", "absent_defaulted"},
		{"type: text, case: upper, absent: {default: usd}", "", "USD", "absent_defaulted"},
		{"type: enum, values: {view: [look]}, required: true, invalid: {default: look}", "x", "view", "unknown_value_defaulted"},
		{"type: decimal, scale: 2, absent: {default: 0}", "none", "0.00", "absent_defaulted"},
		{"type: timestamp, absent: {default: 2024-05-06}", "", "2024-05-06T00:00:00.000000Z", "absent_defaulted"},
		{"type: text, max_length: 2, invalid: null", "abc", "absent", "too_long_nulled"},
	} {
		cleaner := cleanerOf(t, "  - {name: a, "+c.column+"}")
		rows := rowsOf(t, cleaner, "id,a\n,"+c.cell+"\n")
		if got := all(t, cleaner, rows)[0].get("a"); got != c.want {
			t.Errorf("%s: %q is %s, want %s", c.column, c.cell, got, c.want)
		}
		if got := rows.Quality(); (c.repair == "") != (len(got) == 0) || len(got) > 0 && got[0].Rule != c.repair {
			t.Errorf("%s: %q is counted as %v, want %s", c.column, c.cell, got, c.repair)
		}
	}
}

func TestRepairsOfARejectedRecordDoNotCount(t *testing.T) {
	t.Parallel()
	c := cleanerOf(t, "  - {name: a, type: integer, invalid: null}", "  - {name: b, type: integer}")
	rows := rowsOf(t, c, "a,b\nx,1\nx,y\nx,2\n")
	all(t, c, rows)
	want := []dropzone.QualityCount{
		{Rule: "invalid_integer_nulled", Column: "a", Repaired: true, Count: 2}, {Rule: "invalid_integer", Column: "b", Count: 1},
	}
	if got := rows.Quality(); !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestContractsThatDoNotCompile(t *testing.T) {
	t.Parallel()
	for column, want := range map[string]string{
		"type: integer, absent: {default: x}":                        "test.yaml:9:38: column a: absent: default \"x\": it is no sound value of the column: invalid_integer",
		"type: integer, invalid: {default: none}":                    "it means no value",
		"type: text, absent: {default: ''}":                          "it means no value",
		"type: identifier, null_tokens: [0], absent: {default: 0.0}": "it means no value",
		"type: decimal, scale: 2, absent: {default: 1.005}":          "rounded",
		"type: integer, maximum: 5, absent: {default: 6}":            "above_maximum",
		"type: integer, minimum: 1.5":                                "minimum",
		"type: integer, maximum: 9223372036854775808":                "64 bits",
		"type: decimal, scale: 2, minimum: 0.001":                    "at most 2 decimal places",
		"type: integer, minimum: 5, maximum: 4":                      "larger than the maximum",
		"type: timestamp, formats: [rfc]":                            "not understood",
	} {
		_, err := compileYAML(contractOf("  - {name: a, " + column + "}"))
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "column a") {
			t.Errorf("%s: %v, want %q", column, err, want)
		}
	}
}

func TestHeaderNamesAreFoldedAndAliased(t *testing.T) {
	t.Parallel()
	for _, header := range []string{"action,timestamp,user_id", "ACTION,Time Stamp,userId", "Event-Type,event.time,User ID", "\u200bevent_type,ts\u00a0,UID"} {
		r := defaultRow(t, header, "view,2024-05-06,7")
		if r.get("event_type") != "view" || r.get("user_id") != "7" || r.get("event_time") == "absent" {
			t.Errorf("%s: %+v", header, r)
		}
	}
}

func TestTwoNamesOfOneColumnMakeTheObjectUnreadable(t *testing.T) {
	t.Parallel()
	c := defaultCleaner(t)
	records, err := csvfile.NewReader(strings.NewReader("action,event_type\n"), csvfile.Options{Known: c.Known})
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.Rows(dropzone.Object{}, records, 100)
	unreadable := (*dropzone.UnreadableError)(nil)
	if !errors.As(err, &unreadable) || unreadable.Reason != dropzone.DuplicateColumn || !strings.Contains(unreadable.Hint, `"action"`) {
		t.Errorf("got %v", err)
	}
}

func TestRecencyIsTheNamedColumnOrLastModified(t *testing.T) {
	t.Parallel()
	const csv = "updated_at\n2024-05-01\n"
	plain := cleanerOf(t, "  - {name: updated_at, type: timestamp, required: true}")
	named := cleanerOf(t, "  - {name: updated_at, type: timestamp, required: true}", "recency: updated_at")
	if got := all(t, plain, rowsOf(t, plain, csv))[0].recency; got != modified().UnixMicro() {
		t.Errorf("last-modified: %d", got)
	}
	want := time.Date(2024, 5, 1, 0, 0, 0, 0, time.UTC).UnixMicro()
	if got := all(t, named, rowsOf(t, named, csv))[0].recency; got != want {
		t.Errorf("named: %d, want %d", got, want)
	}
}

// stubRecords gives one record, as the reader of csvfile would.
type stubRecords struct {
	header []string
	record *csvfile.Record
}

func (s stubRecords) Header() []string               { return s.header }
func (s stubRecords) Next() (*csvfile.Record, error) { return s.record, nil }

func TestARejectShowsWhatWasReadBounded(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", maxValue-1) + "éé"
	for _, c := range []struct {
		name    string
		record  csvfile.Record
		value   string
		raw     string
		cut     bool
		damaged dropzone.Reason
	}{
		{"short", csvfile.Record{Line: 3, Fields: [][]byte{[]byte(" x ")}, Raw: []byte(" x ")}, " x ", " x ", false, dropzone.InvalidInteger},
		{"long", csvfile.Record{Line: 3, Fields: [][]byte{[]byte(long)}, Raw: []byte("0123456789é")}, long[:maxValue-1], "0123456789", true, dropzone.InvalidInteger},
		{"too large", csvfile.Record{Line: 3, Raw: []byte("01"), Damage: dropzone.RecordTooLarge}, "", "01", true, dropzone.RecordTooLarge},
		{"binary", csvfile.Record{Line: 3, Raw: []byte("0123456\x80\x80\x80\x80\x80"), Damage: dropzone.InvalidEncoding}, "", "0123456", true, dropzone.InvalidEncoding},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			cleaner := cleanerOf(t, "  - {name: a, type: integer}")
			rows, err := cleaner.Rows(dropzone.Object{}, stubRecords{[]string{"a"}, &c.record}, 11)
			if err != nil {
				t.Fatal(err)
			}
			_, got, err := rows.Next()
			if err != nil || got == nil || got.Line != 3 || got.Reason != c.damaged || got.Value != c.value || got.RawCut != c.cut ||
				!strings.HasPrefix(string(got.Raw), c.raw) || len(got.Raw) > 11 {
				t.Errorf("got %+v, %v", got, err)
			}
			if c.damaged != dropzone.InvalidEncoding && !utf8.Valid(got.Raw) {
				t.Errorf("raw ends in half a character: %q", got.Raw)
			}
		})
	}
}

func TestTheReadersErrorsPassUntouched(t *testing.T) {
	t.Parallel()
	c := defaultCleaner(t)
	rows, err := c.Rows(dropzone.Object{}, brokenRecords{}, 100)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := rows.Next(); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("got %v", err)
	}
	if len(rows.Absent()) != 0 {
		t.Errorf("an empty object lacks no column: %v", rows.Absent())
	}
}

type brokenRecords struct{}

func (brokenRecords) Header() []string               { return nil }
func (brokenRecords) Next() (*csvfile.Record, error) { return nil, io.ErrClosedPipe }
