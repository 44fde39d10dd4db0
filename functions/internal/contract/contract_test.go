package contract

import (
	"slices"
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
