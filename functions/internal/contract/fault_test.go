package contract

import (
	"errors"
	"slices"
	"strings"
	"testing"
)

func TestFaultsOfTheFormShowTheirPlace(t *testing.T) {
	t.Parallel()
	for yaml, want := range map[string]string{
		"  - {name: a, type: text, typo: b}\n":                        `8:27: unknown field "typo": want one of name, type, aliases,`,
		"  - {name: a, type: text, name: b}\n":                        `8:27: duplicate key "name": remove one of the two`,
		"  - {name: a, type: strin}\n":                                "8:21: unknown type strin: want one of uuid, identifier,",
		"  - {name: a, type: 5}\n":                                    "8:21: unknown type 5",
		"  - {name: a, type: text, aliases: b}\n":                     "8:36: want a list, such as [a, b]",
		"  - {name: a, type: text, required: yes}\n":                  "8:37: want true or false",
		"  - {name: a, type: text, absent: rejekt}\n":                 "8:35: policy rejekt: want reject, null or {default: value}",
		"  - {name: a, type: text, absent: ''}\n":                     "8:35: policy '': want reject, null or",
		"  - {name: a, type: text, absent: [reject]}\n":               "8:35: policy [reject]: want reject, null or",
		"  - {name: a, type: text, absent: {otherwise: x}}\n":         "8:35: policy {otherwise: x}: want",
		"  - {name: a, type: text, absent: {default: [x]}}\n":         "want reject, null or",
		"  - {name: a, type: text, absent: {default: x, y: z}}":       "want reject, null or",
		"  - {name: a, type: text, max_length: long}\n":               "8:39: want a whole number",
		"  - {name: a, type: text, max_length: 1e99}\n":               "8:39: 1e99 is too large: want a whole number",
		"  - {name: a, type: text, scale: 99999999999999999999999}\n": "8:34: 99999999999999999999999 is too large: want a whole number",
		"  - text\n":    "8:5: want fields, each as name: value",
		"revision: 2\n": `8:1: duplicate key "revision": remove`,
		"rules:\n  - {rule: not_in_future, column: t, tolerance: 60}\n": "9:49: want a duration, such as 90s or 1h",
		"rules:\n  - {rule: not_before, column: t, time: yesterday}\n":  "9:41: rule not_before: time is missing: add one, such as",
		"rules:\n  - {rule: not_before, colum: t}\n":                    `9:24: unknown field "colum": want one of rule, column,`,
		"objects: {prefix: [a]}\n":                                      `8:11: unknown field "prefix": want one of prefixes, suffixes`,
		"colums: []\n":                                                  `8:1: unknown field "colums": want one of contract, revision, table,`,
		"max_rejected_rows: [\n":                                        "8:20: sequence end token ']' not found",
		"max_rejected_percent: a\n":                                     "8:23: want a number",
		"objects: ! \n":                                                 "8:10: a contract has no tags: remove !",
		"  - {name: !!str a, type: text}\n":                             "8:12: a contract has no tags: remove !!str",
		"key: [id]\n":                                                   `duplicate key "key"`,
	} {
		_, err := Parse("x.yaml", []byte(base+yaml))
		if err == nil || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), "x.yaml:") {
			t.Errorf("%s:\n got %v\nwant %s", yaml, err, want)
		}
	}
}

// A person mends the file once: whatever is wrong with its form is said at once, in the order of the file.
func TestAllFaultsOfTheFormAreReportedAtOnce(t *testing.T) {
	t.Parallel()
	text := base + "  - name: a\n    type: strin\n    absent: rejekt\n    typo: 1\n    aliases: [x, [y]]\n  - 5\ncolums: []\nrevision: 3\nmax_rejected_rows: many\n"
	_, err := Parse("x.yaml", []byte(text))
	want := []int{9, 10, 11, 12, 13, 14, 15, 16}
	if got := linesOf(t, err); !slices.Equal(got, want) {
		t.Errorf("faults in lines %v, want %v:\n%v", got, want, err)
	}
}

func linesOf(t *testing.T, err error) (lines []int) {
	t.Helper()
	invalid, ok := errors.AsType[*InvalidError](err)
	if !ok {
		t.Fatalf("no InvalidError: %v", err)
	}
	for _, f := range invalid.Faults {
		lines = append(lines, f.Line)
	}
	return lines
}

func TestFaultsOfTheMeaningShowTheirPlace(t *testing.T) {
	t.Parallel()
	text := strings.Join([]string{
		"contract: X", "revision: 0", "table: objects", "key: nothing", "extras: ''", "timezone: Mars", "recency: id", "final_newline: maybe",
		"columns:",
		"  - {name: id, type: text}",
		"  - name: b # 11",
		"    type: enum",
		"    values:",
		"      x: [z]",
		"      y: [Z] # 15",
		"    aliases:",
		"      - ok",
		"      - ID # 18",
		"  - type: text # 19, no name",
		"    minimum: 5",
		"rules:",
		"  - rule: not_in_future",
		"    column: id # 23",
		"  - {rule: be_nice}",
	}, "\r\n")
	_, err := Parse("x.yaml", []byte(text))
	want := []int{1, 2, 3, 4, 5, 6, 7, 8, 15, 18, 19, 20, 23, 24}
	if got := linesOf(t, err); !slices.Equal(got, want) {
		t.Errorf("faults in lines %v, want %v:\n%v", got, want, err)
	}
}

// Each fault of the meaning is reported in words that name the place.
func TestFaultsOfTheMeaning(t *testing.T) {
	t.Parallel()
	for yaml, want := range map[string]string{
		"  - {name: A, type: text}":                                                     `"A" is no column name`,
		"  - {name: id, type: text}":                                                    "column id: twice",
		"  - {name: i_d, type: text}":                                                   `"i_d" is also a spelling of column id`,
		"  - {name: a, type: text, aliases: [ID]}":                                      `"ID" is also a spelling of column id`,
		"  - {name: a, type: text, aliases: ['--']}":                                    `"--" has no letter and no digit`,
		"  - {name: line_no, type: text}":                                               "the name is reserved",
		"  - {name: extras, type: text}":                                                "the name is reserved",
		"  - {name: a}":                                                                 "column a: type is missing",
		"  - {name: a, type: enum}":                                                     "values belong to an enum",
		"  - {name: a, type: text, values: {x: }}":                                      "values belong to an enum",
		"  - {name: a, type: enum, values: {x: [z], y: [Z]}}":                           `column a: value y: "Z" is also a spelling of column a: value x`,
		"  - {name: a, type: enum, values: {x: ['!']}}":                                 `"!" has no letter`,
		"  - {name: a, type: text, formats: [iso]}":                                     "formats belong to a timestamp",
		"  - {name: a, type: decimal, scale: 9}":                                        "scale must be 0 to 8",
		"  - {name: a, type: integer, scale: 2}":                                        "scale belongs to a decimal",
		"  - {name: a, type: integer, minimum: x}":                                      `bound "x"`,
		"  - {name: a, type: integer, maximum: .nan}":                                   `bound ".nan"`,
		"  - {name: a, type: integer, maximum: 1e5}":                                    `bound "1e5"`,
		"  - {name: a, type: integer, maximum: 0x10}":                                   `bound "0x10"`,
		"  - {name: a, type: text, maximum: 5}":                                         `bound "5"`,
		"  - {name: a, type: text, max_length: -1}":                                     "max_length must not be negative",
		"  - {name: a, type: uuid, max_length: 3}":                                      "max_length belongs to",
		"  - {name: a, type: text, case: title}":                                        "neither upper nor lower",
		"  - {name: a, type: enum, values: {x: }, case: upper}":                         "case belongs to",
		"  - {name: a, type: text, required: true, absent: null}":                       "required, and yet",
		"  - {name: a, type: text, required: true, absent: {default: x}}":               "required, and yet",
		"  - {name: a, type: integer, required: true, invalid: null}":                   "required, and yet",
		"  - {name: a, type: integer, below_minimum: null}":                             "below_minimum needs a minimum",
		"  - {name: a, type: integer, minimum: 1, required: true, below_minimum: null}": "required, and yet",
		"revision2: 1":                               "unknown field",
		"recency: id":                                "recency:",
		"recency: nowhere":                           "recency:",
		"timezone: Mars":                             `"Mars" is no IANA zone name`,
		"timezone: Local":                            `"Local" is no IANA zone name`,
		"final_newline: maybe":                       "final_newline:",
		"header: [nothing, '%']":                     `"%" is no name`,
		"header: [id, ID]":                           `header: "ID" twice`,
		"header: [x, y]":                             "none of its names is a column",
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
