package contract

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

// contractOf is base under a name, on a table, for keys, and with more of whatever is given.
func contractOf(t *testing.T, name, table, objects, more string) *Contract {
	t.Helper()
	text := strings.NewReplacer("contract: x", "contract: "+name, "table: x", "table: "+table).Replace(base)
	if objects != "" {
		text = strings.Replace(text, "key: id", "objects: "+objects+"\nkey: id", 1)
	}
	c, err := Parse(name+".yaml", []byte(text+more))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestContractsOverlapExactlyWhereAKeyIsServedByBoth(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ a, b, key string }{
		{"", "", "example"},
		{"{prefixes: [a/]}", "{prefixes: [b/]}", ""},
		{"{prefixes: [a/]}", "", "a/example"},
		{"{prefixes: [a/]}", "{prefixes: ['']}", "a/example"},
		{"{prefixes: [a]}", "{prefixes: [a/b/]}", "a/b/example"},
		{"{prefixes: [a/, b/]}", "{prefixes: [c/, b/x]}", "b/xexample"},
		{"{suffixes: [.csv]}", "{suffixes: [.tsv]}", ""},
		{"{suffixes: [.csv]}", "{suffixes: [.csv.gz]}", ""},
		{"{suffixes: [.csv]}", "{suffixes: [.daily.csv]}", "example.daily.csv"},
		{"{suffixes: [.gz]}", "{suffixes: [.csv, .csv.gz]}", "example.csv.gz"},
		{"{prefixes: [a/], suffixes: [.csv]}", "{suffixes: [.csv], prefixes: [b/]}", ""},
		{"{prefixes: [a/], suffixes: [.csv]}", "{suffixes: [.tsv], prefixes: [a/]}", ""},
		{"{prefixes: [a/], suffixes: [.csv]}", "{suffixes: [sv], prefixes: [a/b]}", "a/bexample.csv"},
		{"{prefixes: [a/b]}", "{prefixes: [a/c, a/bb]}", "a/bbexample"},
	} {
		a, b := contractOf(t, "one", "one", test.a, ""), contractOf(t, "two", "two", test.b, "")
		for _, pair := range [][]*Contract{{a, b}, {b, a}} {
			err := Together(pair)
			if (err == nil) != (test.key == "") {
				t.Errorf("%q beside %q: %v, want the key %q", test.a, test.b, err, test.key)
			}
			if test.key == "" || err == nil {
				continue
			}
			for _, want := range []string{fmt.Sprintf("the key %q,", test.key), "one", "two", pair[1].Name + ".yaml:", "give them prefixes"} {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%q beside %q: nothing about %s in: %v", test.a, test.b, want, err)
				}
			}
			if !a.Serves(test.key) || !b.Serves(test.key) {
				t.Errorf("%q beside %q: the example %q is served by %v and %v", test.a, test.b, test.key, a.Serves(test.key), b.Serves(test.key))
			}
		}
	}
}

// Where patterns do not overlap, no key of a grid of them is served twice.
func TestContractsThatDoNotOverlapServeNoKeyTogether(t *testing.T) {
	t.Parallel()
	words := []string{"", "a", "ab", "b", "ba", "bab"}
	for _, x := range words {
		for _, y := range words {
			a := contractOf(t, "one", "one", fmt.Sprintf("{prefixes: ['%s'], suffixes: ['%s']}", x, y), "")
			for _, p := range words {
				for _, s := range words {
					b := contractOf(t, "two", "two", fmt.Sprintf("{prefixes: ['%s'], suffixes: ['%s']}", p, s), "")
					apart := Together([]*Contract{a, b}) == nil
					for _, key := range append(words, "aba", "abba", "babab", "aabb") {
						if apart && a.Serves(key) && b.Serves(key) {
							t.Errorf("%s*%s and %s*%s: %q is served by both", x, y, p, s, key)
						}
					}
				}
			}
		}
	}
}

func TestTheBuiltInContractsNeedCopiesBesideOthers(t *testing.T) {
	t.Parallel()
	own, built := contractOf(t, "own", "own", "{prefixes: [own/], suffixes: [.csv]}", ""), mustDefault(t)
	err := Together([]*Contract{built, own})
	if err == nil || !strings.Contains(err.Error(), "eventdrop contract show -o json ecommerce_events") || !strings.Contains(err.Error(), "own.yaml:4:10:") {
		t.Errorf("got %v", err)
	}
	if err := Together([]*Contract{own, contractOf(t, "a", "a", "{prefixes: [a/]}", "")}); err != nil {
		t.Errorf("got %v", err)
	}
}

func mustDefault(t *testing.T) *Contract {
	t.Helper()
	c, err := Default()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestTwoContractsOfOneName(t *testing.T) {
	t.Parallel()
	a, b := contractOf(t, "same", "a", "{prefixes: [a/]}", ""), contractOf(t, "same", "b", "{prefixes: [b/]}", "")
	err := Together([]*Contract{a, b})
	if err == nil || !strings.Contains(err.Error(), "same.yaml:1:11: contract: same.yaml has the name same, too") {
		t.Errorf("got %v", err)
	}
}

// Contracts that share a table must agree on what a row of it is, and on nothing else.
func TestContractsThatShareATable(t *testing.T) {
	t.Parallel()
	const columns = "  - {name: name, type: text}\n  - {name: price, type: decimal, scale: 2}\n  - {name: at, type: timestamp, required: true}\n"
	for _, test := range []struct{ name, replace, by, more, want string }{
		{name: "the same"},
		{
			"other aliases, bounds, rules and policies", "name: price, type: decimal, ", "name: price, type: decimal, aliases: [p], minimum: 1, absent: {default: 1}, ",
			"rules: [{rule: not_in_future, column: at, tolerance: 1h}]\nfinal_newline: optional\nmax_rejected_rows: 1\n", "",
		},
		{"a column less", "  - {name: name, type: text}\n", "", "", "there is also a column name"},
		{"a column more", "  - {name: name, type: text}\n", "  - {name: name, type: text}\n  - {name: b, type: text}\n", "", "there is no column b"},
		{"another type", "name: name, type: text", "name: name, type: integer", "", "column name is text, not integer"},
		{"another scale", "scale: 2", "scale: 3", "", "column price is decimal of scale 2, not decimal of scale 3"},
		{"another way to derive keys", "", "", "timezone: Europe/Berlin\n", "timezone, on which keys depend, is UTC, not Europe/Berlin"},
		{"other null tokens", "", "", "null_tokens: [x]\n", "null_tokens, on which keys depend, is"},
		{"another recency", "", "", "recency: at\n", "recency is last-modified, not at"},
		{
			"another minimum where one mends what is wrong", "name: price, type: decimal, ", "name: price, type: decimal, minimum: 1, invalid: null, ", "",
			"minimum of column price, on which keys depend, is none, wrong values are rejected, not 1.00, wrong values are mended",
		},
		{"the same, mended by one of them", "name: price, type: decimal, ", "name: price, type: decimal, invalid: null, ", "", ""},
		{"another format first", "name: at, type: timestamp, ", "name: at, type: timestamp, formats: [epoch, iso], ", "", "format 1 of column at, on which keys depend, is iso, not epoch"},
		{"another case", "name: name, type: text", "name: name, type: text, case: upper", "", "column name, on which keys depend, is text, not text, case upper"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			a := contractOf(t, "a", "shared", "{prefixes: [a/]}", columns)
			b := contractOf(t, "b", "shared", "{prefixes: [b/]}", strings.Replace(columns, test.replace, test.by, 1)+test.more)
			err := Together([]*Contract{a, b})
			if (err == nil) != (test.want == "") || err != nil && (!strings.Contains(err.Error(), test.want) || !strings.Contains(err.Error(), "table of the contract a,")) {
				t.Errorf("got %v, want %q", err, test.want)
			}
		})
	}
	reordered := contractOf(t, "c", "shared", "{prefixes: [c/]}", "  - {name: price, type: decimal, scale: 2}\n  - {name: at, type: timestamp, required: true}\n  - {name: name, type: text}\n")
	if err := Together([]*Contract{contractOf(t, "a", "shared", "{prefixes: [a/]}", columns), reordered}); err != nil {
		t.Errorf("in another order: %v", err)
	}
}

// Contracts that share a table read its key alike, whether or not they derive keys: else one record would be two events.
func TestContractsThatShareATableReadItsKeyAlike(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, a, b, want string }{
		{"the same", "type: text, case: upper", "type: text, case: upper, required: true", ""},
		{"another case of the key", "type: text", "type: text, case: upper", "type of column id, on which keys depend, is text, not text, case upper"},
		{"another case of a required key", "type: text, required: true", "type: text, case: upper, required: true", "type of column id, on which keys depend, is text, not text, case upper"},
		{"another type of the key", "type: text", "type: identifier, required: true", "type of column id, on which keys depend, is text, not identifier"},
		{"a null token where keys are derived", "type: text", "type: text, null_tokens: [x]", `null_tokens of column id, on which keys depend, is`},
		{"a null token where one derives none", "type: text", "type: text, null_tokens: [x], required: true", ""},
		{"a null token that is no UUID", "type: uuid", "type: uuid, null_tokens: [x]", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			of := func(name, key string) *Contract {
				text := fmt.Sprintf("contract: %s\nrevision: 1\ntable: shared\nobjects: {prefixes: [%s/]}\nkey: id\nextras: extras\ncolumns:\n  - {name: id, %s}\n", name, name, key)
				c, err := Parse(name+".yaml", []byte(text))
				if err != nil {
					t.Fatal(err)
				}
				return c
			}
			err := Together([]*Contract{of("a", test.a), of("b", test.b)})
			if (err == nil) != (test.want == "") || err != nil && (!strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "\n")) {
				t.Errorf("got %v, want %q", err, test.want)
			}
		})
	}
}

// Each contract with faults has its own error, so that each file is named.
func TestAllFaultsOfContractsTogetherAreReportedAtOnce(t *testing.T) {
	t.Parallel()
	err := Together([]*Contract{contractOf(t, "a", "t", "", ""), contractOf(t, "b", "t", "", "  - {name: n, type: text}\n"), contractOf(t, "c", "c", "", "")})
	for _, want := range []string{"b.yaml:", "c.yaml:", "there is no column n", "the contract a would", "the contract b would"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("nothing about %q in %v", want, err)
		}
	}
	if _, ok := errors.AsType[*InvalidError](err); !ok {
		t.Errorf("%T", err)
	}
}
