package contract_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"testing"

	"eventdrop/functions/internal/clean"
	"eventdrop/functions/internal/contract"
)

// A contract is refused with faults that show their place, or it is sound: it compiles, or the compiler's
// faults show theirs; and its JSON is a contract that says the same.
func FuzzParse(f *testing.F) {
	for _, name := range contract.EmbeddedNames() {
		c, err := contract.Embedded(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(marshal(f, c))
	}
	const base = "contract: x\nrevision: 1\ntable: x\nkey: id\nextras: extras\ncolumns:\n  - {name: id, type: uuid}\n"
	f.Add([]byte(base + "  - {name: a, type: enum, values: {x: [y], purchase: }, absent: {default: x}, invalid: null}\n"))
	f.Add([]byte(base + "  - {name: t, type: timestamp, required: true, formats: [epoch, 'd.M.yyyy H:mm']}\nrecency: t\ntimezone: Europe/Berlin\n"))
	f.Add([]byte(base + "  - {name: n, type: decimal, scale: 2, minimum: '-1', maximum: 1.50, below_minimum: {default: 0}, invalid: null}\n"))
	f.Add([]byte(base + "  - {name: t, type: timestamp, absent: {default: last_modified}}\nrules: [{rule: not_in_future, column: t, tolerance: 90s}]\n"))
	f.Add([]byte(base + "  - {name: t, type: text, aliases: &n [\"\\u2028\", '🛒 x']}\n  - {name: u, type: text, null_tokens: *n}\nfinal_newline: optional\n"))
	f.Add([]byte("a: &a [*a]\nb: {<<: *a}\n--- !!null\n? - x\n: |\n  y"))
	f.Add([]byte(base + "  - {name: a, type: strin, typo: x}\nrules: 5\nrevision: 2\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		c, err := contract.Parse("x.yaml", text)
		if err != nil {
			checkFaults(t, err)
			return
		}
		first := marshal(t, c)
		again, err := contract.Parse("x.json", first)
		if err != nil {
			t.Fatalf("%v in\n%s", err, first)
		}
		if second := marshal(t, again); !bytes.Equal(first, second) {
			t.Fatalf("%s\nbecomes\n%s", first, second)
		}
		_, err = clean.Compile(c)
		_, errAgain := clean.Compile(again)
		if (err == nil) != (errAgain == nil) {
			t.Errorf("compiled: %v; from JSON: %v", err, errAgain)
		}
		if err != nil {
			checkFaults(t, err)
		}
	})
}

func marshal(tb testing.TB, c *contract.Contract) []byte {
	tb.Helper()
	text, err := json.MarshalIndent(c, "", "  ")
	if err != nil {
		tb.Fatal(err)
	}
	return text
}

func checkFaults(t *testing.T, err error) {
	t.Helper()
	invalid, ok := errors.AsType[*contract.InvalidError](err)
	if !ok || len(invalid.Faults) == 0 {
		t.Fatalf("no faults: %v", err)
	}
	for _, fault := range invalid.Faults {
		if fault.Line < 1 || fault.Column < 1 || fault.Message == "" {
			t.Errorf("no place: %+v", fault)
		}
	}
}
