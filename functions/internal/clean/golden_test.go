package clean

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"eventdrop/functions/internal/contract"
	"eventdrop/functions/internal/csvfile"
	"eventdrop/functions/internal/dropzone"
)

// A folder below testdata is a case, and its name says what it shows: an object (input.csv), and in want.jsonl what
// a contract makes of it, then what was counted. README.md says what each shows.
// To add a case, add a folder with its input, run the tests with -update, and read the result.
//
//nolint:gochecknoglobals // a test flag has to be one
var update = flag.Bool("update", false, "write the want files of the golden cases")

// Lines of want.jsonl.
type (
	wantEvent struct {
		Line   int64             `json:"line"`
		Event  map[string]string `json:"event"`
		Record string            `json:"record,omitempty"` // its hash, where the event has no id
	}
	wantReject struct {
		Line   int64  `json:"line"`
		Reject string `json:"reject"` // reason and column
		Value  string `json:"value,omitempty"`
	}
	wantCounts struct {
		Absent  []string                `json:"absent"`
		Unknown []string                `json:"unknown"`
		Quality []dropzone.QualityCount `json:"quality"`
	}
	wantUnreadable struct {
		Unreadable dropzone.Reason `json:"unreadable"`
		Hint       string          `json:"hint"`
	}
)

func TestGoldenFiles(t *testing.T) {
	t.Parallel()
	for _, folder := range goldenFolders(t) {
		t.Run(filepath.Base(folder), func(t *testing.T) {
			t.Parallel()
			input, err := os.ReadFile(filepath.Join(folder, "input.csv"))
			if err != nil {
				t.Fatal(err)
			}
			result := cleanFile(t, caseCleaner(t, folder), input)
			path := filepath.Join(folder, "want.jsonl")
			if *update {
				if err := os.WriteFile(path, result, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if want, err := os.ReadFile(path); err != nil || !bytes.Equal(result, want) {
				t.Errorf("got:\n%s\nwant:\n%s%v", result, want, err)
			}
		})
	}
}

func goldenFolders(tb testing.TB) []string {
	tb.Helper()
	inputs, err := filepath.Glob(filepath.Join("testdata", "*", "input.csv"))
	if err != nil || len(inputs) == 0 {
		tb.Fatalf("%d cases, %v", len(inputs), err)
	}
	for i := range inputs {
		inputs[i] = filepath.Dir(inputs[i])
	}
	return inputs
}

// caseCleaner compiles the contract of a case: the default one, unless its options name another.
func caseCleaner(t *testing.T, folder string) *Cleaner {
	t.Helper()
	options := struct {
		Contract string `json:"contract"`
	}{"ecommerce_events"}
	text, err := os.ReadFile(filepath.Join(folder, "options.json"))
	if err == nil {
		err = json.Unmarshal(text, &options)
	}
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	c, err := contract.Embedded(options.Contract)
	if err != nil {
		t.Fatal(err)
	}
	return mustCompile(t, c)
}

// cleanFile gives the lines of want.jsonl.
func cleanFile(t *testing.T, c *Cleaner, input []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	lines := json.NewEncoder(&b)
	lines.SetEscapeHTML(false)
	write := func(line any) {
		if err := lines.Encode(line); err != nil {
			t.Fatal(err)
		}
	}
	records, err := csvfile.NewReader(bytes.NewReader(input), csvfile.Options{Known: c.Known})
	if err != nil {
		t.Fatal(err)
	}
	rows, err := c.Rows(dropzone.Object{LastModified: modified()}, records, 8<<10)
	if unreadable, ok := errors.AsType[*dropzone.UnreadableError](err); ok {
		write(wantUnreadable{unreadable.Reason, unreadable.Hint})
		return b.Bytes()
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range all(t, c, rows) {
		if r.reason != "" {
			write(wantReject{r.line, r.reason, r.value})
		} else {
			write(wantEvent{r.line, r.values, r.hash})
		}
	}
	write(wantCounts{rows.Absent(), rows.Unknown(), rows.Quality()})
	return b.Bytes()
}

// defects are the headings that testdata/README.md must have: what files have in the wild.
func defects() []string {
	return []string{
		"ISO 8601 without a zone, with Z, with an offset, with microseconds",
		"The form with a space, and a suffix UTC",
		"dd-MM-yyyy, HH:mm:ss",
		"MM/dd/yyyy h:mm a",
		"Epoch in seconds, milliseconds, microseconds",
		"Empty times, and INVALID_DATE",
		"Times in the future",
		"Late and very old times",
		"VIEW, padded, AddToCart, add-to-cart, cart, transaction",
		"Empty, null and unknown event types",
		"user_id empty, null, 0, -1, as a float, as text",
		"product_id likewise",
		"A name that is empty, padded, or has quotes, commas and line breaks inside",
		"Price negative, empty, 0, absurd, as text",
		"Price as $1,234.50 and 1.234,50",
		"Quantity 0, negative, text, huge",
		"A total that does not match",
		"event_id absent: derived from the record",
		"event_id malformed",
		"event_id twice in a file: both are events, the load keeps the later one",
		"An optional column is absent, a required one is absent",
		"A new column is kept in extras",
		"Columns are reordered",
		"Columns are renamed: case, separators, aliases",
		"A column that comes twice makes the object unreadable",
		"The header comes again in the middle",
		"Damage becomes a reject of its line",
		"Several faults: the first in the contract's order gives the reason",
		"Its files load under the default contract",
		"Its files are repaired under its own contract",
	}
}

func TestEveryDefectHasItsGoldenCases(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join("testdata", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	var headings, named []string
	for _, section := range strings.Split(string(text), "\n### ")[1:] {
		heading, body, _ := strings.Cut(section, "\n")
		headings = append(headings, heading)
		cases := regexp.MustCompile("`([a-z0-9_]+)`").FindAllStringSubmatch(body, -1)
		if len(cases) == 0 {
			t.Errorf("%s: no case", heading)
		}
		for _, match := range cases {
			named = append(named, match[1])
		}
	}
	if !slices.Equal(headings, defects()) {
		t.Errorf("headings are %q, want %q", headings, defects())
	}
	var existing []string
	for _, folder := range goldenFolders(t) {
		existing = append(existing, filepath.Base(folder))
	}
	slices.Sort(named)
	if named = slices.Compact(named); !slices.Equal(named, existing) {
		t.Errorf("README.md names %q\nthere are %q", named, existing)
	}
}
