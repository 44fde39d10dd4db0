package contract

import (
	"slices"
	"strings"
	"testing"
	"time"

	"eventdrop/functions/internal/dropzone"
)

func TestDefaultParses(t *testing.T) {
	t.Parallel()
	c, err := Default()
	if err != nil {
		t.Fatal(err)
	}
	if c.Key != "event_id" || len(c.Columns) != 13 || c.Rules[0].Tolerance != time.Hour || c.Rules[1].Time.Year() != 2000 {
		t.Errorf("default contract: %+v", c)
	}
	if want := []string{"", "null", "none", "nil", "nan", "n/a", "undefined", `\N`}; !slices.Equal(c.NullTokens, want) {
		t.Errorf("null tokens: %q", c.NullTokens)
	}
	if user := &c.Columns[c.ColumnIndex("user_id")]; !slices.Equal(user.NullTokens, []string{"0", "-1"}) || user.Type() != dropzone.Identifier {
		t.Errorf("user_id: %+v", user)
	}
}

// base is a contract with one column; columns and other keys can be added.
const base = "contract: x\nrevision: 1\ntable: x\nkey: id\nextras: extras\ncolumns:\n  - {name: id, type: uuid}\n"

// column parses base with one more column "a", of which the YAML is given without its name.
func column(t *testing.T, yaml string) *Column {
	t.Helper()
	c, err := Parse("x.yaml", []byte(base+"  - {name: a, "+yaml+"}\n"))
	if err != nil {
		t.Fatalf("%s: %v", yaml, err)
	}
	return &c.Columns[1]
}

func TestPolicies(t *testing.T) {
	t.Parallel()
	null, reject := Policy{Action: UseNull}, Policy{Action: RejectRow}
	def := func(v string) Policy { return Policy{Action: UseDefault, Default: v} }
	for _, c := range []struct {
		yaml            string
		absent, invalid Policy
	}{
		{"type: text", null, reject},
		{"type: text, required: true", reject, reject},
		{"type: text, absent: reject, invalid: reject", reject, reject},
		{"type: text, absent: null, invalid: null", null, null},
		{"type: text, absent: 'null', invalid: \"null\"", null, null},
		{"type: text, absent: ~, invalid: Null", null, null},
		{"type: text, absent: {default: x}, invalid: {default: 'y z'}", def("x"), def("y z")},
		{"type: text, absent: {default: 12.50}, invalid: {default: 0010}", def("12.50"), def("0010")},
		{"type: text, absent: {default: null}, invalid: {default: true}", def("null"), def("true")},
		{"type: text, absent: {default: ''}, invalid: {default: 1e400}", def(""), def("1e400")},
		{"type: text, absent: {default: 2024-05-06}, invalid: {\"default\": .nan}", def("2024-05-06"), def(".nan")},
	} {
		if col := column(t, c.yaml); col.Absent != c.absent || col.Invalid != c.invalid {
			t.Errorf("%s: %+v and %+v", c.yaml, col.Absent, col.Invalid)
		}
	}
}

func TestPoliciesInBlockForm(t *testing.T) {
	t.Parallel()
	c, err := Parse("x.yaml", []byte(base+"  - name: a\n    type: text\n    absent: reject # why\n    invalid: null # why\n"+
		"  - name: b\n    type: text\n    absent:\n      default: x # why\n    invalid:\n"))
	if err != nil {
		t.Fatal(err)
	}
	if a := &c.Columns[1]; a.Absent.Action != RejectRow || a.Invalid.Action != UseNull {
		t.Errorf("a: %+v", a)
	}
	if b := &c.Columns[2]; b.Absent != (Policy{UseDefault, "x"}) || b.Invalid.Action != UseNull {
		t.Errorf("b: %+v", b)
	}
}

func TestWordsAreTakenAsTheyStandInTheFile(t *testing.T) {
	t.Parallel()
	col := column(t, "type: decimal, scale: 2, null_tokens: [0, -1, null, ~, 1.50, true, .nan, 'null '], minimum: 010, maximum: 10.50, aliases: [1, no, b]")
	if want := []string{"0", "-1", "null", "~", "1.50", "true", ".nan", "null "}; !slices.Equal(col.NullTokens, want) {
		t.Errorf("null tokens %q", col.NullTokens)
	}
	if col.Minimum != "010" || col.Maximum != "10.50" || !slices.Equal(col.Aliases, []string{"1", "no", "b"}) {
		t.Errorf("got %+v", col)
	}
}

func TestAnEnumMayHaveAnyWord(t *testing.T) {
	t.Parallel()
	col := column(t, "type: enum, values: {default: , absent: [null, 010, no], x: }")
	if got := col.Values["absent"]; len(col.Values) != 3 || !slices.Equal(got, []string{"null", "010", "no"}) {
		t.Errorf("got %v", col.Values)
	}
}

func TestFaultsOfTheFormShowTheirLine(t *testing.T) {
	t.Parallel()
	for yaml, want := range map[string]string{
		"  - {name: a, type: text, typo: b}\n":                  `unknown field "typo"`,
		"  - {name: a, type: text, name: b}\n":                  `"name" already defined`,
		"  - {name: a, type: strin}\n":                          `unknown type strin`,
		"  - {name: a, type: 5}\n":                              `unknown type 5`,
		"  - {name: a, type: text, aliases: b}\n":               "sequence is expected",
		"  - {name: a, type: text, required: yes}\n":            "bool",
		"  - {name: a, type: text, absent: rejekt}\n":           "policy rejekt: want reject, null or {default: value}",
		"  - {name: a, type: text, absent: ''}\n":               "want reject, null or",
		"  - {name: a, type: text, absent: [reject]}\n":         "want reject, null or",
		"  - {name: a, type: text, absent: {otherwise: x}}\n":   "want reject, null or",
		"  - {name: a, type: text, absent: {default: [x]}}\n":   "want reject, null or",
		"  - {name: a, type: text, absent: {default: x, y: z}}": "want reject, null or",
		"  - {name: a, type: text, max_length: long}\n":         "int",
		"revision: 2\n": `"revision" already defined`,
		"rules:\n  - {rule: not_in_future, column: t, tolerance: 60}\n": "time.Duration",
		"colums: []\n":           `unknown field "colums"`,
		"max_rejected_rows: [\n": "not found",
	} {
		_, err := Parse("x.yaml", []byte(base+yaml))
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "x.yaml: [") || !strings.Contains(err.Error(), "\n>") {
			t.Errorf("%s: %v, want %q and its line", yaml, err, want)
		}
	}
}

func TestExactlyOneDocumentIsWanted(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "# nothing\n", base + "---\n" + base, "null", "[]", "3", "\xff\xfe", "a: &a [*a]", "*x", "&a *a"} {
		if c, err := Parse("x.yaml", []byte(text)); err == nil {
			t.Errorf("%q is %+v", text, c)
		}
	}
	if _, err := Parse("x.yaml", []byte("---\n"+base)); err != nil {
		t.Errorf("a marker in front: %v", err)
	}
}

func TestAnchorsWork(t *testing.T) {
	t.Parallel()
	c, err := Parse("x.yaml", []byte(base+"  - {name: a, type: text, aliases: &n [x, y]}\n  - {name: b, type: text, null_tokens: *n}\n"))
	if err != nil || !slices.Equal(c.Columns[2].NullTokens, []string{"x", "y"}) {
		t.Errorf("%+v, %v", c, err)
	}
}

// Each fault of the meaning is reported in words that name the place.
func TestFaultsOfTheMeaning(t *testing.T) {
	t.Parallel()
	for yaml, want := range map[string]string{
		"  - {name: A, type: text}":                                       `"A" is no column name`,
		"  - {name: id, type: text}":                                      "column id: twice",
		"  - {name: i_d, type: text}":                                     `"i_d" is also a spelling of column id`,
		"  - {name: a, type: text, aliases: [ID]}":                        `"ID" is also a spelling of column id`,
		"  - {name: a, type: text, aliases: ['--']}":                      `"--" has no letter and no digit`,
		"  - {name: line_no, type: text}":                                 "the name is reserved",
		"  - {name: extras, type: text}":                                  "the name is reserved",
		"  - {name: a}":                                                   "column a: type is missing",
		"  - {name: a, type: enum}":                                       "values belong to an enum",
		"  - {name: a, type: text, values: {x: }}":                        "values belong to an enum",
		"  - {name: a, type: enum, values: {x: [z], y: [Z]}}":             `column a: value y: "Z" is also a spelling of column a: value x`,
		"  - {name: a, type: enum, values: {x: ['!']}}":                   `"!" has no letter`,
		"  - {name: a, type: text, formats: [iso]}":                       "formats belong to a timestamp",
		"  - {name: a, type: decimal, scale: 9}":                          "scale must be 0 to 8",
		"  - {name: a, type: integer, scale: 2}":                          "scale belongs to a decimal",
		"  - {name: a, type: integer, minimum: x}":                        `bound "x"`,
		"  - {name: a, type: integer, maximum: .nan}":                     `bound ".nan"`,
		"  - {name: a, type: integer, maximum: 1e5}":                      `bound "1e5"`,
		"  - {name: a, type: integer, maximum: 0x10}":                     `bound "0x10"`,
		"  - {name: a, type: text, maximum: 5}":                           `bound "5"`,
		"  - {name: a, type: text, max_length: -1}":                       "max_length must not be negative",
		"  - {name: a, type: uuid, max_length: 3}":                        "max_length belongs to",
		"  - {name: a, type: text, case: title}":                          "neither upper nor lower",
		"  - {name: a, type: enum, values: {x: }, case: upper}":           "case belongs to",
		"  - {name: a, type: text, required: true, absent: null}":         "required, and yet",
		"  - {name: a, type: text, required: true, absent: {default: x}}": "required, and yet",
		"  - {name: a, type: integer, required: true, invalid: null}":     "required, and yet",
		"revision2: 1":                               "unknown field",
		"recency: id":                                "recency:",
		"recency: nowhere":                           "recency:",
		"timezone: Mars":                             `"Mars" is no IANA zone name`,
		"timezone: Local":                            `"Local" is no IANA zone name`,
		"final_newline: maybe":                       "final_newline:",
		"max_rejected_percent: 101":                  "max_rejected_percent: must be",
		"max_rejected_percent: .nan":                 "max_rejected_percent: must be",
		"max_rejected_rows: -1":                      "max_rejected_rows:",
		"rules: [{rule: be_nice}]":                   `"be_nice" is not a rule`,
		"rules: [{rule: not_before}]":                "rule not_before: time is missing",
		"rules: [{rule: not_in_future, column: id}]": `rule not_in_future: column: "id" is not a column of type timestamp`,
		"rules: [{rule: not_in_future, column: id, tolerance: -1h}]":                                  "tolerance must not be negative",
		"rules: [{rule: not_in_future, price: id}]":                                                   "rule not_in_future: it has no price",
		"rules: [{rule: amount_matches, tolerance: 1h}]":                                              "rule amount_matches: it has no tolerance",
		"rules: [{rule: amount_matches, time: 2000-01-01}]":                                           "rule amount_matches: it has no time",
		"rules: [{rule: amount_matches}]":                                                             `total: "" is not a column of type decimal`,
		"  - {name: a, type: enum, values: {x: }}\nrules: [{rule: purchase_needs_product, event: a}]": `column a has no value "purchase"`,
	} {
		_, err := Parse("x.yaml", []byte(base+yaml+"\n"))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", yaml, err, want)
		}
	}
}

func TestFaultsOfTheHead(t *testing.T) {
	t.Parallel()
	for change, want := range map[string]string{
		"contract: x>contract: X":                          `contract: "X" is no name`,
		"revision: 1>revision: 0":                          "revision: must be 1 or more",
		"table: x>table: objects":                          "own tables",
		"table: x>table: top_products":                     "own tables",
		"table: x>table: 'a b'":                            "is no table name",
		"extras: extras>extras: line_no":                   `extras: the name "line_no" is reserved`,
		"extras: extras>extras: ''":                        "extras:",
		"key: id>key: nothing":                             `key: "nothing" is not one of the columns`,
		"type: uuid>type: integer":                         "must be a uuid, an identifier or a text",
		"uuid>uuid, invalid: null":                         "must reject invalid values",
		"uuid>text, absent: {default: x}":                  "cannot have a default",
		"columns:\n  - {name: id, type: uuid}>columns: []": "columns: none",
	} {
		from, to, _ := strings.Cut(change, ">")
		_, err := Parse("x.yaml", []byte(strings.Replace(base, from, to, 1)))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", change, err, want)
		}
	}
}

func TestAllFaultsAreReportedAtOnceAndInOrder(t *testing.T) {
	t.Parallel()
	text := []byte(base + "rules: [{rule: amount_matches, price: p, quantity: q, total: t}]\ntimezone: Mars\n")
	_, first := Parse("x.yaml", text)
	for range 20 {
		if _, err := Parse("x.yaml", text); err.Error() != first.Error() {
			t.Fatalf("%v, then %v", first, err)
		}
	}
	if n := strings.Count(first.Error(), "\n"); n != 3 {
		t.Errorf("%d lines: %v", n+1, first)
	}
}

func TestFoldKeepsLettersAndDigits(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"eventId": "eventid", "EVENT_ID": "eventid", "event id": "eventid", "event.id-2": "eventid2", "ÉTAT": "état", "état": "état",
		"event\u00a0id": "eventid", "\ufeffid": "id", "i\u200bd": "id", "日付": "日付", "---": "", "": "", "ＩＤ": "ｉｄ", "e\u0301": "e\u0301",
	} {
		if got := Fold(name); got != want {
			t.Errorf("%q folds to %q, want %q", name, got, want)
		}
		if again := Fold(Fold(name)); again != want {
			t.Errorf("%q folds twice to %q", name, again)
		}
	}
}

func TestServesMatchesPrefixAndSuffix(t *testing.T) {
	t.Parallel()
	c := Contract{Objects: Objects{Prefixes: []string{"in/", "raw/"}, Suffixes: []string{".csv", ".csv.gz"}}}
	for key, want := range map[string]bool{
		"in/a.csv": true, "raw/a.csv.gz": true, "in/a.json": false, "out/a.csv": false, "in/": false, "in/.csv": true,
	} {
		if c.Serves(key) != want {
			t.Errorf("%s: %v", key, !want)
		}
	}
	if every := (&Contract{}); !every.Serves("anything") {
		t.Error("no pattern means every key")
	}
}

func FuzzContract(f *testing.F) {
	f.Add(ecommerceEvents)
	f.Add([]byte(base + "  - {name: a, type: enum, values: {x: [y], purchase: }, absent: {default: x}, invalid: null}\nrecency: id\n"))
	f.Add([]byte("a: &a [*a]\nb: {<<: *a}\n--- !!null\n? - x\n: |\n  y"))
	f.Fuzz(func(t *testing.T, text []byte) {
		c, err := Parse("x.yaml", text)
		if (c == nil) == (err == nil) {
			t.Errorf("%v, %v", c, err)
		}
		if c != nil && (c.Location() == nil || c.ColumnIndex(c.Key) < 0 || c.Revision < 1) {
			t.Errorf("accepted: %+v", c)
		}
	})
}
