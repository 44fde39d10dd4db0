package contract

import (
	"encoding/json"
	"maps"
	"strings"
	"testing"
)

// withColumn is base with one more column "a", of which the YAML is given without its name.
func withColumn(t *testing.T, yaml string) *Contract {
	t.Helper()
	c, err := Parse("x.yaml", []byte(base+"  - {name: a, "+yaml+"}\n"))
	if err != nil {
		t.Fatalf("%s: %v", yaml, err)
	}
	return c
}

func TestWhichChangesOfAColumnChangeKeys(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		was, is string
		want    string // the parts
	}{
		"nothing":                                     {"type: decimal, scale: 2, minimum: 0, invalid: null", "type: decimal, scale: 2, minimum: '+0.00', invalid: null", ""},
		"a name in files":                             {"type: text", "type: text, aliases: [b]", ""},
		"the type":                                    {"type: text", "type: identifier", "column a"},
		"the case":                                    {"type: text", "type: text, case: upper", "column a"},
		"what becomes of wrong values":                {"type: integer, minimum: 0", "type: integer, minimum: 0, invalid: null", ""},
		"what becomes of absent ones":                 {"type: integer", "type: integer, absent: {default: 1}", ""},
		"bounds of values that are rejected":          {"type: integer, minimum: 0", "type: integer, maximum: 9", ""},
		"a minimum below which values are mended":     {"type: integer, minimum: 1, below_minimum: null", "type: integer, minimum: 0, below_minimum: null", "minimum of column a"},
		"a maximum where only low values are mended":  {"type: integer, minimum: 1, below_minimum: null", "type: integer, minimum: 1, maximum: 9, below_minimum: null", ""},
		"a minimum where only high values are mended": {"type: integer, minimum: 1, below_minimum: reject, invalid: null", "type: integer, minimum: 0, below_minimum: reject, invalid: null", ""},
		"a maximum, and values are mended":            {"type: integer, invalid: null", "type: integer, invalid: null, maximum: 9", "maximum of column a"},
		"a minimum that comes with mending":           {"type: integer", "type: integer, minimum: 1, invalid: {default: 1}", "minimum of column a"},
		"a minimum that goes with mending":            {"type: integer, minimum: 1, invalid: {default: 1}", "type: integer", "minimum of column a"},
		"a length":                                    {"type: text, max_length: 9", "type: text, max_length: 8", ""},
		"a length, and values are mended":             {"type: text, max_length: 9, invalid: null", "type: text, invalid: null", "max_length of column a"},
		"one more format":                             {"type: timestamp", "type: timestamp, formats: [iso, epoch, dd.MM.yyyy]", ""},
		"one more format, and values are mended":      {"type: timestamp, invalid: null", "type: timestamp, invalid: null, formats: [iso, epoch, dd.MM.yyyy]", "formats of column a"},
		"a format before others":                      {"type: timestamp, formats: [iso]", "type: timestamp, formats: [dd.MM.yyyy, iso]", "format 1 of column a"},
		"one format less":                             {"type: timestamp", "type: timestamp, formats: [iso]", ""},
		"one more spelling":                           {"type: enum, values: {x: [], y: []}", "type: enum, values: {x: [z], y: []}", ""},
		"one more spelling, and values are mended":    {"type: enum, values: {x: []}, invalid: null", "type: enum, values: {x: [z]}, invalid: null", "values of column a"},
		"other case and order of spellings":           {"type: enum, values: {x: [a b, c]}, invalid: null", "type: enum, values: {x: [C, a_b]}, invalid: null", ""},
		"a spelling of another value":                 {"type: enum, values: {x: [z], y: []}", "type: enum, values: {x: [], y: [Z]}", `"z" of column a`},
		"a value under another name":                  {"type: enum, values: {x: []}", "type: enum, values: {y: [x]}", `"x" of column a`},
		"one spelling less":                           {"type: enum, values: {x: [z]}", "type: enum, values: {x: []}", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			was, is := withColumn(t, test.was), withColumn(t, test.is)
			var parts []string
			for _, change := range is.IdentityChanges(was.Identity()) {
				if parts = append(parts, change.Part); change.Was == change.Is || !strings.HasPrefix(change.Place, "columns[1].") {
					t.Errorf("%+v", change)
				}
			}
			if got := strings.Join(parts, ", "); got != test.want {
				t.Errorf("from %s\nto   %s: changed is %q, want %q", test.was, test.is, got, test.want)
			}
		})
	}
}

// Tables of older programs have whole columns noted, and nothing else. What is not known is no change.
func TestAnIdentityThatWasNotedBeforeLimitsWere(t *testing.T) {
	t.Parallel()
	c, err := Embedded("original_pipeline")
	if err != nil {
		t.Fatal(err)
	}
	was := c.Identity()
	maps.DeleteFunc(was, func(part, _ string) bool { return strings.Contains(part, " of column ") })
	c.Columns[c.ColumnIndex("price")].Minimum = "-5"
	if changes := c.IdentityChanges(was); len(changes) > 0 {
		t.Errorf("%+v", changes)
	}
	delete(was, "column price")
	was["column tax"] = "decimal"
	if changes := c.IdentityChanges(was); len(changes) != 2 || changes[0].Was != "not there" || changes[1].Is != "not there" {
		t.Errorf("columns that came and went: %+v", changes)
	}
}

// The comment of a table keeps the identity as JSON.
func TestTheBuiltInContractsKeepTheirIdentity(t *testing.T) {
	t.Parallel()
	for _, name := range EmbeddedNames() {
		c, err := Embedded(name)
		if err != nil {
			t.Fatal(err)
		}
		text, err := json.Marshal(c.Identity())
		if err != nil {
			t.Fatal(err)
		}
		was := map[string]string{}
		if err := json.Unmarshal(text, &was); err != nil || len(c.IdentityChanges(was)) > 0 || !c.DerivesKeys() {
			t.Errorf("%s: %v, %v", name, err, c.IdentityChanges(was))
		}
	}
}
