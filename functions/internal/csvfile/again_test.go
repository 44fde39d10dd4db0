package csvfile

import (
	"bytes"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"eventdrop/functions/internal/dropzone"
)

// checkAgain reads each record again, alone: a sound one must have the same fields.
func checkAgain(t rapid.TB, o outcome, options Options) {
	t.Helper()
	for _, record := range o.sound() {
		last := record.Line + int64(strings.Count(record.Raw, "\n"))
		again, ok := Again([]byte(record.Raw), o.dialect.FinalNewline || last < o.dialect.Lines, o.dialect, options)
		if !ok {
			t.Fatalf("%q, a record of line %d, is none alone; dialect %+v", record.Raw, record.Line, o.dialect)
		}
		if alone := keep(again); !reflect.DeepEqual(alone.Fields, record.Fields) || alone.Raw != record.Raw {
			t.Fatalf("%q read as %q, and alone as %q", record.Raw, record.Fields, alone.Fields)
		}
	}
}

func TestASoundRecordIsTheSameAlone(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		options := Options{FinalNewlineOptional: rapid.Bool().Draw(t, "final newline optional")}
		checkAgain(t, readString(t, dirtyText(t, 1), options), options)
		options.Known = known(columns())
		table, f := drawTable(t, 1), drawForm(t)
		checkAgain(t, read(t, bytes.NewReader(f.write(t, table)), options), options)
	})
}

func TestGoldenRecordsAreTheSameAlone(t *testing.T) {
	t.Parallel()
	for _, folder := range goldenFolders(t, readable()...) {
		input, o := loadCase(t, folder)
		checkAgain(t, read(t, bytes.NewReader(input), o), o)
	}
}

func TestWhatIsNotOneSoundRecordIsNotReadAgain(t *testing.T) {
	t.Parallel()
	two := dropzone.Dialect{Delimiter: ";", Header: []string{"a", "b"}}
	for name, test := range map[string]struct {
		raw   string
		ended bool
		ok    bool
	}{
		"sound":                      {"1;2", true, true},
		"a line break in quotes":     {"1;\"x\ny\"", true, true},
		"a CR is content":            {"1;2\r", true, true},
		"like a header's mark":       {"\xef\xbb\xbf1;2", true, true},
		"looks compressed":           {"BZh91;2", true, true},
		"two records":                {"1;2\n3;4", true, false},
		"a record and a blank line":  {"1;2\n", true, false},
		"a blank line and a record":  {"\n1;2", true, false},
		"nothing":                    {"", true, false},
		"blank":                      {"  ", true, false},
		"another delimiter":          {"1,2", true, false},
		"too many fields":            {"1;2;3", true, false},
		"an open quote":              {"1;\"2", true, false},
		"text behind a quote":        {"1;\"2\"3", true, false},
		"not UTF-8":                  {"1;\xff", true, false},
		"a NUL":                      {"1;\x00", true, false},
		"no line end where required": {"1;2", false, false},
		"larger than a record may":   {"1;" + strings.Repeat("2", 100), true, false},
	} {
		record, ok := Again([]byte(test.raw), test.ended, two, Options{Limits: Limits{RecordBytes: 64}})
		if ok != test.ok || ok && string(record.Raw) != test.raw {
			t.Errorf("%s: %t, %+v", name, ok, record)
		}
	}
}
