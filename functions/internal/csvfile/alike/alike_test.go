package alike

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"eventdrop/functions/internal/dropzone"
	"eventdrop/functions/internal/pgtest"
)

//nolint:gochecknoglobals // a test flag has to be one
var update = flag.Bool("update", false, "record what Python's csv module reads; needs python3")

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

// recorded is what Python made of a file, by digests.
type recorded struct {
	Input string `json:"input"`
	Rows  string `json:"rows"`
}

func TestWhatOthersReadAlikeIsReadAlike(t *testing.T) {
	t.Parallel()
	conn, err := pgtest.Empty(t).Pool.Acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Release()
	files, records := append(goldenFiles(t), generatedFiles()...), pythonRecords(t)
	exceptions := policies()
	alike, generated, differing := 0, 0, map[string]int{}
	for _, f := range files {
		ours := readOurs(t, f)
		if ours.header == nil {
			continue // nothing but blank lines
		}
		theirs, agreed := agreement(t, conn.Conn(), f, ours, records)
		if !agreed {
			continue
		}
		alike++
		if strings.HasPrefix(f.name, "generated/") {
			generated++
		}
		policy, difference := compare(ours, theirs)
		differing[policy]++
		if policy != exceptions[f.name] && !strings.HasPrefix(f.name, "generated/") || difference != "" {
			t.Errorf("%s: %s, listed as %q\n%q\nours   %q\ntheirs %q", f.name, policy+difference, exceptions[f.name], f.text, ours, theirs)
		}
		delete(exceptions, f.name)
	}
	for name := range exceptions {
		t.Errorf("%s is listed, but the others do not read it alike", name)
	}
	t.Logf("%d of %d files were read alike by all others, %d of them generated; by policy %v", alike, len(files), generated, differing)
	if alike-generated < 60 || generated < 300 {
		t.Errorf("only %d files to compare with, %d of them generated", alike, generated)
	}
}

// agreement gives the rows of the three others where they are the same.
func agreement(t *testing.T, conn *pgx.Conn, f file, ours ourReading, records map[string]recorded) (rows [][]string, agreed bool) {
	t.Helper()
	record, ok := records[f.name]
	if !ok || record.Input != digestOf(f.text) {
		t.Fatalf("%s: what Python reads is not recorded: run the test with -update", f.name)
	}
	golang := readEncodingCSV(f, ours.delimiter)
	copied, err := readCOPY(t.Context(), conn, f, ours.delimiter, len(ours.header))
	if err != nil {
		t.Fatal(err)
	}
	same := golang.digest() == copied.digest() && golang.digest() == record.Rows
	return golang.rows, same && !golang.refused
}

// The policies by which our reader differs from what all others read alike, each on purpose.
const (
	noFinalNewline = "the last line has no line end: the file may have been cut"
	headerAgain    = "the header comes again: the files were concatenated"
	markStripped   = "a byte order mark is no part of the first name"
	swallowedRows  = "a quoted field contains lines which are records: the quote was stray"
)

// policies are the golden files that show them.
func policies() map[string]string {
	return map[string]string{
		"ok/byte_order_mark_and_crlf":                    markStripped,
		"ok/byte_order_mark_before_semicolons":           markStripped,
		"ok/utf8_with_byte_order_mark":                   markStripped,
		"ok/header_repeated_as_last_line_without_end":    headerAgain,
		"ok/header_repeated_by_three_files":              headerAgain,
		"ok/header_repeated_in_the_middle":               headerAgain,
		"ok/header_repeated_with_byte_order_mark":        headerAgain,
		"ok/header_repeated_with_line_break_inside":      headerAgain,
		"ok/final_newline_optional":                      noFinalNewline, // the test does not set the option
		"partly/cut_behind_a_closing_quote":              noFinalNewline,
		"partly/cut_behind_a_delimiter":                  noFinalNewline,
		"partly/cut_within_a_number":                     noFinalNewline,
		"partly/final_newline_missing":                   noFinalNewline,
		"partly/final_newline_missing_in_quotes":         noFinalNewline,
		"partly/record_above_the_limit_without_line_end": noFinalNewline, // nor a limit
		"partly/text_with_a_row_inside_is_damage":        swallowedRows,
	}
}

// compare gives the policy by which our reading differs, or a difference that none explains.
func compare(ours ourReading, theirs [][]string) (policy, difference string) {
	isHeader := func(row []string) bool { return slices.Equal(ours.header, namesOf(row)) }
	if !isHeader(theirs[0]) {
		return "", "another header"
	}
	if strings.HasPrefix(theirs[0][0], mark) {
		policy = markStripped
	}
	theirs = theirs[1:]
	if slices.ContainsFunc(theirs, isHeader) && len(ours.records) < len(theirs) {
		policy, theirs = headerAgain, slices.DeleteFunc(slices.Clone(theirs), isHeader)
	}
	for i, record := range ours.records {
		switch {
		case record.damage == dropzone.MissingFinalNewline && i == len(ours.records)-1:
			policy = noFinalNewline
		case record.damage == dropzone.UnbalancedQuote && slices.ContainsFunc(theirs[min(i, len(theirs)-1)], hasLineBreak):
			return swallowedRows, ""
		case record.damage != "":
			return policy, "damage " + string(record.damage)
		case i >= len(theirs) || !slices.Equal(record.fields, theirs[i]):
			return policy, "other fields"
		}
	}
	if len(ours.records) != len(theirs) {
		return policy, "another number of records"
	}
	return policy, ""
}

// mark is the byte order mark.
const mark = "\ufeff"

// namesOf are the names in a row of theirs, trimmed and without the mark.
func namesOf(row []string) (names []string) {
	for _, name := range row {
		names = append(names, strings.TrimSpace(strings.TrimPrefix(name, mark)))
	}
	return names
}

func hasLineBreak(field string) bool { return strings.Contains(field, "\n") }

// pythonRecords reads what was recorded, or records it again.
func pythonRecords(t *testing.T) (records map[string]recorded) {
	t.Helper()
	path := filepath.Join("testdata", "python.json")
	if *update {
		records = map[string]recorded{}
		script := startPython(t)
		for _, f := range append(goldenFiles(t), generatedFiles()...) {
			delimiter := readOurs(t, f).delimiter
			if delimiter == "" {
				delimiter = ","
			}
			records[f.name] = recorded{digestOf(f.text), script.read(t, f, delimiter).digest()}
		}
		text, err := json.MarshalIndent(records, "", " ")
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, append(text, '\n'), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(text, &records)
	}
	if err != nil {
		t.Fatal(err)
	}
	return records
}

func digestOf(text []byte) string {
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:8])
}
