package clean

import (
	"encoding/hex"
	"encoding/json"
	"math/big"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"eventdrop/functions/internal/contract"
	"eventdrop/functions/internal/csvfile"
	"eventdrop/functions/internal/dropzone"
)

// One target for each type. What a target gets is made valid UTF-8 without NUL, as the reader of csvfile
// leaves it. Each compares with another way to say the same, and asks what is true of every type
// ([checkCell]).

// seed adds some texts, and every field of the golden cases.
func seed(f *testing.F, texts ...string) {
	f.Helper()
	for _, field := range goldenFields(f) {
		f.Add(field)
	}
	for _, text := range texts {
		f.Add(text)
	}
}

func goldenFields(tb testing.TB) []string {
	tb.Helper()
	var fields []string
	for _, pattern := range []string{"../csvfile/testdata/ok/*/input.*", "../csvfile/testdata/partly/*/input.*", "testdata/*/input.*"} {
		inputs, err := filepath.Glob(pattern)
		if err != nil {
			tb.Fatal(err)
		}
		for _, input := range inputs {
			fields = append(fields, fieldsOf(tb, input)...)
		}
	}
	slices.Sort(fields)
	return slices.Compact(fields)
}

func fieldsOf(tb testing.TB, path string) (fields []string) {
	tb.Helper()
	file, err := os.Open(path)
	if err != nil {
		tb.Fatal(err)
	}
	defer file.Close()
	records, err := csvfile.NewReader(file, csvfile.Options{})
	for err == nil {
		var record *csvfile.Record
		if record, err = records.Next(); err == nil {
			for _, field := range record.Fields {
				fields = append(fields, sanitized(string(field[:min(len(field), 1000)])))
			}
		}
	}
	return fields
}

func sanitized(text string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(text, ""), "\x00", "")
}

// readCell reads a cell of column "a" and gives its canonical form, which says nothing of a cell that is refused.
func readCell(c *Cleaner, text string) (canonicalForm string, v dropzone.Value, said verdict) {
	col := &c.columns[1]
	var arena []byte
	cell, absent := col.read([]byte(text), &arena)
	if v.Present = !absent; absent {
		return "", v, verdict{}
	}
	if said = col.parse(cell, &v, &arena); said.reason != "" {
		return "", v, said
	}
	return canonical(&c.contract.Columns[1], &v), v, said
}

// checkCell reads a cell, and checks what is true of every type: the same cell gives the same value; a value
// is read again from its canonical form, without any repair; a refusal has a reason of its type.
func checkCell(t *testing.T, c *Cleaner, text string, reasons ...dropzone.Reason) (canonicalForm string, v dropzone.Value, accepted bool) {
	t.Helper()
	form, v, said := readCell(c, text)
	if once, _, again := readCell(c, text); once != form || again != said {
		t.Errorf("%q is %q %v, then %q %v", text, form, said, once, again)
	}
	switch {
	case !v.Present:
	case said.reason != "":
		if !slices.Contains(reasons, said.reason) {
			t.Errorf("%q is refused as %s", text, said.reason)
		}
	default:
		again, w, saidAgain := readCell(c, form)
		if again != form || w.Int != v.Int || !w.Present || saidAgain != (verdict{}) {
			t.Errorf("%q is %q, and then %q %v", text, form, again, saidAgain)
		}
	}
	return form, v, v.Present && said.reason == ""
}

func FuzzUUID(f *testing.F) {
	seed(f, "6F1C2E0A-77B1-4C1E-9D2B-0123456789AB", "{6f1c2e0a77b14c1e9d2b0123456789ab}", "urn:uuid:6f1c2e0a-77b1-4c1e-9d2b-0123456789ab", "6f1c2e0a--7b14c1e9d2b0123456789ab")
	c := cleanerOf(f, "  - {name: a, type: uuid}")
	frame := regexp.MustCompile(`(?i)^urn:uuid:|[{}-]`)
	f.Fuzz(func(t *testing.T, text string) {
		text = sanitized(text)
		_, v, accepted := checkCell(t, c, text, dropzone.InvalidUUID)
		trimmed := strings.TrimSpace(text)
		if theirs, err := uuid.Parse(trimmed); uuid.Validate(trimmed) == nil && (err != nil || !accepted || [16]byte(v.Bytes) != theirs) {
			t.Errorf("%q is %x (%v), and for package uuid %s, %v", text, v.Bytes, accepted, theirs, err)
		}
		if accepted {
			digits := frame.ReplaceAllString(trimmed, "")
			if hex.EncodeToString(v.Bytes) != strings.ToLower(digits) {
				t.Errorf("%q is %x", text, v.Bytes)
			}
		}
	})
}

func FuzzIdentifier(f *testing.F) {
	seed(f, "123.0", "-1.00", "1.0.0", "user-000a1f", "e\u0301", "1.23457E+11", ".0")
	c := cleanerOf(f, `  - {name: a, type: identifier, max_length: 40, null_tokens: ["0", "-1"]}`)
	float := regexp.MustCompile(`^([-+]?[0-9]+)\.0*$`)
	f.Fuzz(func(t *testing.T, text string) {
		text = sanitized(text)
		got, v, accepted := checkCell(t, c, text, dropzone.TooLong)
		want := float.ReplaceAllString(strings.TrimSpace(text), "$1")
		null := slices.Contains([]string{"", "null", "none", "0", "-1"}, strings.ToLower(want))
		if v.Present == null || accepted && got != want || v.Present && accepted != (utf8.RuneCountInString(want) <= 40) {
			t.Errorf("%q is %q (present %v, accepted %v), want %q", text, got, v.Present, accepted, want)
		}
	})
}

func FuzzText(f *testing.F) {
	seed(f, "  a b  ", "äöüéß", "NİL", "\u200ba", "=1+1", "ǆ", "ŉ")
	plain := cleanerOf(f, "  - {name: a, type: text, max_length: 12}")
	upper := cleanerOf(f, "  - {name: a, type: text, case: upper}")
	lower := cleanerOf(f, "  - {name: a, type: text, case: lower}")
	f.Fuzz(func(t *testing.T, text string) {
		text = sanitized(text)
		trimmed := strings.TrimSpace(text)
		for _, test := range []struct {
			c    *Cleaner
			want string
		}{{plain, trimmed}, {upper, strings.ToUpper(trimmed)}, {lower, strings.ToLower(trimmed)}} {
			got, v, accepted := checkCell(t, test.c, text, dropzone.TooLong)
			switch {
			case accepted && (got != test.want || !utf8.ValidString(got) || strings.Contains(got, "\x00")):
				t.Errorf("%q is %q, want %q", text, got, test.want)
			case v.Present && !accepted && utf8.RuneCountInString(trimmed) <= 12:
				t.Errorf("%q is too long", text)
			}
		}
	})
}

func FuzzEnum(f *testing.F) {
	seed(f, "AddToCart", "add-to-cart", "GRÖßE", "vi\u200bew", "---")
	c := cleanerOf(f, "  - {name: a, type: enum, values: {add_to_cart: [cart, basket add], view: [seen], größe: []}}")
	spellings := map[string]string{"add_to_cart": "add_to_cart", "cart": "add_to_cart", "basket add": "add_to_cart", "view": "view", "seen": "view", "größe": "größe"}
	f.Fuzz(func(t *testing.T, text string) {
		text = sanitized(text)
		got, v, accepted := checkCell(t, c, text, dropzone.UnknownValue)
		want, known := "", false
		for spelling, value := range spellings {
			if contract.Fold(spelling) == contract.Fold(strings.TrimSpace(text)) {
				want, known = value, true
			}
		}
		if v.Present && accepted != known || accepted && got != want {
			t.Errorf("%q is %q (%v), want %q", text, got, accepted, want)
		}
	})
}

func FuzzInteger(f *testing.F) {
	seed(f, "-9223372036854775808", "9223372036854775808", "1,234", "1 234.0", "+007", "12.5", "1e3")
	c := cleanerOf(f, "  - {name: a, type: integer}")
	plain := regexp.MustCompile(`^([-+]?[0-9]+)(\.0*)?$`)
	f.Fuzz(func(t *testing.T, text string) {
		text = sanitized(text)
		got, _, accepted := checkCell(t, c, text, dropzone.InvalidInteger, dropzone.BelowMinimum, dropzone.AboveMaximum)
		if match := plain.FindStringSubmatch(strings.TrimSpace(text)); match != nil {
			want, _ := new(big.Int).SetString(match[1], 10)
			if accepted != want.IsInt64() || accepted && got != want.String() {
				t.Errorf("%q is %s (%v), want %v", text, got, accepted, want)
			}
		} else if accepted && !strings.HasPrefix(strings.TrimLeft(digitsOf(text), "0"), strings.TrimLeft(got, "-0")) {
			t.Errorf("%q is %s: other digits", text, got)
		}
	})
}

// digitsOf keeps the ASCII digits of a text.
func digitsOf(text string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, text)
}

// FuzzDecimal: plain numbers are what math/big says; other notations neither lose nor invent a digit.
func FuzzDecimal(f *testing.F) {
	seed(f, "12.50", "-9223372036854775808", "$1,234.50", "1.234,50 EUR", "1e400", "(5)", "1'000", "\u00a01", "+.5", "0,123", "12.505")
	var cleaners []*Cleaner
	for _, scale := range []string{"0", "1", "2", "3", "4", "6", "7", "8"} {
		cleaners = append(cleaners, cleanerOf(f, "  - {name: a, type: decimal, scale: "+scale+"}"))
	}
	f.Fuzz(func(t *testing.T, text string) {
		text = sanitized(text)
		for _, c := range []*Cleaner{cleaners[len(text)&7], cleaners[2]} {
			checkCell(t, c, text, dropzone.InvalidDecimal, dropzone.BelowMinimum, dropzone.AboveMaximum)
			_, digits := cutSign([]byte(text))
			whole, fraction, _ := strings.Cut(string(digits), ".")
			if plain := whole + fraction; plain != "" && allDigits([]byte(plain)) {
				checkDecimal(t, text, c.contract.Columns[1].Scale)
				continue
			}
			if _, state := parseDecimal([]byte(text), 2); state != malformed {
				t.Errorf("%q is read as a plain number", text)
			}
			var arena []byte
			if rewritten := plainNumber([]byte(text), true, &arena); digitsOf(string(rewritten)) != digitsOf(text) {
				t.Errorf("%q becomes %q", text, rewritten)
			}
		}
	})
}

// FuzzTimestamp: every accepted time is read again from its canonical form, by us and by package time, to the
// same microsecond; what is accepted as ISO begins with a date of the calendar.
func FuzzTimestamp(f *testing.F) {
	seed(f, "2024-05-06T07:08:09.123456789+05:30", "2024-05-06 07:08 UTC", "2024-02-30", "1714979289123", "1714979289.5",
		"06-05-2024, 07:08:09", "05/06/2024 2:30 PM", "0000-01-01T00:00:00Z", "9999-12-31T23:59:59.999999-15:59", "2024-03-31T02:30:00")
	const column = `  - {name: a, type: timestamp, formats: [iso, epoch, "dd-MM-yyyy, HH:mm:ss", "MM/dd/yyyy h:mm a"]}`
	cleaners := []*Cleaner{cleanerOf(f, column), cleanerOf(f, column, "timezone: Europe/Berlin")}
	f.Fuzz(func(t *testing.T, text string) {
		text = sanitized(text)
		for _, c := range cleaners {
			form, v, accepted := checkCell(t, c, text, dropzone.InvalidTimestamp)
			if !accepted {
				continue
			}
			if theirs, err := time.Parse(time.RFC3339Nano, form); err != nil || theirs.UnixMicro() != v.Int {
				t.Errorf("%q is %s, %d, for package time %d, %v", text, form, v.Int, theirs.UnixMicro(), err)
			}
			if trimmed := strings.TrimSpace(text); len(trimmed) >= 10 && trimmed[4] == '-' && trimmed[7] == '-' {
				if _, err := time.Parse(time.DateOnly, trimmed[:10]); err != nil {
					t.Errorf("%q: %v", text, err)
				}
			}
		}
	})
}

func FuzzBoolean(f *testing.F) {
	seed(f, "true", "T", "YES", "On", "1", "no", "0", "maybe")
	c := cleanerOf(f, "  - {name: a, type: boolean}")
	f.Fuzz(func(t *testing.T, text string) {
		text = sanitized(text)
		_, v, accepted := checkCell(t, c, text, dropzone.InvalidBoolean)
		word := strings.ToLower(strings.TrimSpace(text))
		yes := slices.Contains(strings.Fields("true t yes y on 1"), word)
		no := slices.Contains(strings.Fields("false f no n off 0"), word)
		if accepted != (yes || no) || accepted && v.Int != map[bool]int64{true: 1, false: 0}[yes] {
			t.Errorf("%q is %d (%v)", text, v.Int, accepted)
		}
	})
}

// FuzzExtras: unknown columns become one JSON object that holds every cell, under its column's name, and nothing else.
func FuzzExtras(f *testing.F) {
	for _, field := range goldenFields(f) {
		f.Add(field, " x ", "Campaign", "ref")
	}
	f.Add("a\"\\/\n\r\t\x01\x0b\x1f\u2028", "<&>😀", "", "column_2")
	f.Add("1", "2", "x#2", "x")
	c := cleanerOf(f, "  - {name: a, type: text}")
	f.Fuzz(func(t *testing.T, first, second, name, other string) {
		fields := [][]byte{[]byte("view"), []byte(sanitized(first)), []byte(sanitized(second)), []byte("third")}
		header := []string{"a", sanitized(name), sanitized(other), sanitized(name)}
		if slices.ContainsFunc(header[1:], c.Known) {
			return // another known column
		}
		rows, err := c.Rows(dropzone.Object{}, stubRecords{header, &csvfile.Record{Line: 2, Fields: fields}}, 100)
		if err != nil {
			t.Fatal(err)
		}
		event, _, err := rows.Next()
		if err != nil || event == nil {
			t.Fatal(event, err)
		}
		checkExtras(t, rows, event.Values[len(event.Values)-1], fields)
	})
}

func checkExtras(t *testing.T, rows *Rows, v dropzone.Value, fields [][]byte) {
	t.Helper()
	got := map[string]string{}
	if err := json.Unmarshal(v.Bytes, &got); err != nil {
		t.Fatalf("%q: %v", v.Bytes, err)
	}
	if len(rows.extras) != 3 {
		t.Fatalf("%d columns", len(rows.extras))
	}
	for _, e := range rows.extras {
		want := strings.TrimSpace(string(fields[e.field]))
		if value, ok := got[e.name]; ok != (want != "") || value != want {
			t.Errorf("%q is %q (%v), want %q, in %s", e.name, value, ok, want, v.Bytes)
		}
		delete(got, e.name)
	}
	if len(got) > 0 {
		t.Errorf("%v is too much in %s", got, v.Bytes)
	}
}
