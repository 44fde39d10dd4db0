package clean

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestUnknownColumnsAreKeptUnderNamesOfTheirOwn(t *testing.T) {
	t.Parallel()
	c := defaultCleaner(t)
	rows := rowsOf(t, c, "event_type,Campaign,event_time,,ref,ref,ref#2,campaign\nview, A ,2024-05-06,B,C,D,E,F\nview,,2024-05-06,,,,,\n")
	if got, want := rows.Unknown(), []string{"Campaign", "", "ref", "ref", "ref#2", "campaign"}; !slices.Equal(got, want) {
		t.Errorf("unknown: %q, want %q", got, want)
	}
	got := all(t, c, rows)
	const want = `{"Campaign":"A","campaign":"F","column_4":"B","ref":"C","ref#2":"D","ref#2#2":"E"}`
	if got[0].get("extras") != want || got[1].get("extras") != "absent" {
		t.Errorf("got %s and %s, want %s", got[0].get("extras"), got[1].get("extras"), want)
	}
}

func TestAThousandColumnsOfOneNameAreNoBurden(t *testing.T) {
	t.Parallel()
	c := defaultCleaner(t)
	rows := rowsOf(t, c, "event_type"+strings.Repeat(",x", 999)+"\n")
	names := map[string]bool{}
	for _, e := range rows.extras {
		names[e.name] = true
	}
	if len(names) != 999 {
		t.Errorf("%d names", len(names))
	}
}

func TestExtrasAreJSONForEveryText(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		name, cell := rapid.String().Draw(t, "name"), rapid.String().Draw(t, "cell")
		text := append(append(append([]byte{'{'}, appendJSONString(nil, []byte(name))...), ':'), appendJSONString(nil, []byte(cell))...)
		var got map[string]string
		if err := json.Unmarshal(append(text, '}'), &got); err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		if value, ok := got[name]; !ok || value != cell {
			t.Errorf("%q: %q, want %q", name, value, cell)
		}
	})
}

func TestJSONEscapesWhatRFC8259WantsEscapedAndNothingElse(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"a\"\\/": `"a\"\\/"`, "\n\r\t\x01\x1f": "\"\\n\\u000d\\u0009\\u0001\\u001f\"", "\x7f\u2028é😀": "\"\x7f\u2028é😀\"", "<&>": `"<&>"`,
	} {
		if got := string(appendJSONString(nil, []byte(text))); got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
}
