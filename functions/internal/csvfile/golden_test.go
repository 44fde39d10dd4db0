package csvfile

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf8"

	"pgregory.net/rapid"

	"eventdrop/functions/internal/dropzone"
)

// A folder below testdata is a case, and its name says what it shows. It holds the object
// (input.*) and what must come of it: want.jsonl below ok and partly (the records, then the dialect),
// want.json below unreadable (reason and hint). An options.json changes the options. Below ok, all
// records are sound; below partly, some are damaged. README.md says what each shows.
// To add a case, add a folder with its input, run the tests with -update, and read the result.
//
//nolint:gochecknoglobals // a test flag has to be one
var update = flag.Bool("update", false, "write the want files of the golden cases")

// caseOptions are the options of one golden case.
type caseOptions struct {
	Known                []string `json:"known"` // the default contract's columns where empty
	RecordBytes          int      `json:"record_bytes"`
	Columns              int      `json:"columns"`
	RawBytes             int      `json:"raw_bytes"`
	DecompressedBytes    int64    `json:"decompressed_bytes"`
	FinalNewlineOptional bool     `json:"final_newline_optional"`
	Header               []string `json:"header"`
}

// columns of the default contract.
func columns() []string {
	return []string{
		"event_id", "event_type", "event_time", "user_id", "session_id", "product_id", "product_name",
		"category", "price", "quantity", "currency", "device",
	}
}

func known(names []string) func(string) bool {
	return func(name string) bool { return slices.Contains(names, name) }
}

func (c caseOptions) options() Options {
	names := c.Known
	if len(names) == 0 {
		names = columns()
	}
	return Options{
		Known: known(names), Header: c.Header,
		Limits: Limits{
			RecordBytes: c.RecordBytes, Columns: c.Columns, RawBytes: c.RawBytes, DecompressedBytes: c.DecompressedBytes,
		},
		FinalNewlineOptional: c.FinalNewlineOptional,
	}
}

func TestGoldenRecords(t *testing.T) {
	t.Parallel()
	for _, kind := range readable() {
		forEachCase(t, kind, "want.jsonl", func(t *testing.T, o outcome) []byte {
			t.Helper()
			if o.err != nil {
				t.Fatalf("unreadable: %v", o.err)
			}
			if damaged := len(o.records) - len(o.sound()); (damaged > 0) != (kind == "partly") {
				t.Errorf("%d damaged records below %s", damaged, kind)
			}
			return renderRecords(t, o)
		})
	}
}

// readable are the kinds of golden cases that give records.
func readable() []string { return []string{"ok", "partly"} }

func TestGoldenUnreadable(t *testing.T) {
	t.Parallel()
	forEachCase(t, "unreadable", "want.json", func(t *testing.T, o outcome) []byte {
		t.Helper()
		unreadable, ok := errors.AsType[*dropzone.UnreadableError](o.err)
		if !ok {
			t.Fatalf("error is %v, not UnreadableError", o.err)
		}
		return render(t, struct {
			Reason dropzone.Reason `json:"reason"`
			Hint   string          `json:"hint"`
		}{unreadable.Reason, unreadable.Hint})
	})
}

func forEachCase(t *testing.T, kind, want string, outcomeOf func(*testing.T, outcome) []byte) {
	t.Helper()
	for _, folder := range goldenFolders(t, kind) {
		t.Run(filepath.Base(folder), func(t *testing.T) {
			t.Parallel()
			input, options := loadCase(t, folder)
			result := readEveryWay(t, input, options)
			compare(t, filepath.Join(folder, want), outcomeOf(t, result))
		})
	}
}

// goldenFolders are the golden cases of some kinds.
func goldenFolders(tb rapid.TB, kinds ...string) (folders []string) {
	tb.Helper()
	for _, kind := range kinds {
		found, err := filepath.Glob(filepath.Join("testdata", kind, "*"))
		if err != nil || len(found) == 0 {
			tb.Fatalf("no cases below %s: %v", kind, err)
		}
		folders = append(folders, found...)
	}
	return folders
}

// readEveryWay reads an object whole and in pieces, and checks that it makes no difference.
func readEveryWay(t *testing.T, input []byte, o Options) outcome {
	t.Helper()
	result := read(t, bytes.NewReader(input), o)
	if !result.equal(read(t, iotest.OneByteReader(bytes.NewReader(input)), o)) {
		t.Error("reading byte by byte gives another result")
	}
	if !result.equal(read(t, iotest.DataErrReader(bytes.NewReader(input)), o)) {
		t.Error("io.EOF together with data gives another result")
	}
	return result
}

func loadCase(t rapid.TB, folder string) ([]byte, Options) {
	t.Helper()
	inputs, err := filepath.Glob(filepath.Join(folder, "input.*"))
	if err != nil || len(inputs) != 1 {
		t.Fatalf("%s has %d inputs: %v", folder, len(inputs), err)
	}
	input, err := os.ReadFile(inputs[0])
	if err != nil {
		t.Fatal(err)
	}
	var c caseOptions
	text, err := os.ReadFile(filepath.Join(folder, "options.json"))
	if err == nil {
		err = json.Unmarshal(text, &c)
	}
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	return input, c.options()
}

func compare(t *testing.T, path string, result []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, result, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(result, want) {
		t.Errorf("got:\n%s\nwant:\n%s", result, want)
	}
}

// wantRecord is a line of want.jsonl.
type wantRecord struct {
	Line   int64           `json:"line"`
	Fields []string        `json:"fields"`
	Damage dropzone.Reason `json:"damage,omitempty"`
	Detail string          `json:"detail,omitempty"`
	Raw    string          `json:"raw,omitempty"` // of damaged records only
}

// renderRecords writes a line for each record and one for the dialect.
func renderRecords(t *testing.T, o outcome) []byte {
	t.Helper()
	var b bytes.Buffer
	for _, g := range o.records {
		w := wantRecord{Line: g.Line, Fields: legible(g.Fields...), Damage: g.Damage, Detail: g.Detail}
		if g.Damage != "" {
			w.Raw = legible(g.Raw)[0]
		}
		b.Write(render(t, w))
	}
	b.Write(render(t, o.dialect))
	return b.Bytes()
}

func render(t *testing.T, document any) []byte {
	t.Helper()
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(document); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// legible shortens long texts and escapes bytes that JSON cannot hold.
func legible(texts ...string) []string {
	shown := []string{}
	for _, text := range texts {
		if len(text) > 200 {
			text = text[:200] + "... (" + strconv.Itoa(len(text)) + " bytes)"
		}
		if !utf8.ValidString(text) {
			text = strings.Trim(strconv.Quote(text), `"`)
		}
		shown = append(shown, text)
	}
	return shown
}
