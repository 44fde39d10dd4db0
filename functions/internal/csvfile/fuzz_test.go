package csvfile

import (
	"bytes"
	"path/filepath"
	"reflect"
	"testing"
	"testing/iotest"
)

// FuzzReader reads any bytes: it never panics, lines add up, every bound holds, and the
// result does not depend on how the bytes arrive.
func FuzzReader(f *testing.F) {
	for _, kind := range []string{"ok", "unreadable"} {
		folders, err := filepath.Glob(filepath.Join("testdata", kind, "*"))
		if err != nil {
			f.Fatal(err)
		}
		for _, folder := range folders {
			input, _ := loadCase(f, folder)
			f.Add(input, uint16(0))
			f.Add(input, uint16(30))
		}
	}
	f.Fuzz(func(t *testing.T, input []byte, limit uint16) {
		o := Options{Limits: Limits{RecordBytes: int(limit), Columns: 8, DecompressedBytes: 1 << 20}}
		whole := read(t, bytes.NewReader(input), o)
		pieces := read(t, iotest.OneByteReader(bytes.NewReader(input)), o)
		if !whole.equal(pieces) {
			t.Fatalf("whole: %+v\npieces: %+v", whole, pieces)
		}
	})
}

// FuzzRoundTrip writes the sound records that were read and reads them again.
func FuzzRoundTrip(f *testing.F) {
	folders, err := filepath.Glob(filepath.Join("testdata", "ok", "*"))
	if err != nil {
		f.Fatal(err)
	}
	for _, folder := range folders {
		input, _ := loadCase(f, folder)
		f.Add(input)
	}
	f.Fuzz(func(t *testing.T, input []byte) {
		first := read(t, bytes.NewReader(input), Options{})
		if first.err != nil || len(first.header) < 2 {
			return
		}
		rows := first.fields()
		written := form{delimiter: first.dialect.Delimiter, lineEnd: "\n", quoteAll: true, charset: utf8Text}
		text := written.write(t, append([][]string{first.header}, rows...))
		second := read(t, bytes.NewReader(text), Options{Known: func(string) bool { return true }})
		if second.err != nil || !reflect.DeepEqual(second.header, first.header) {
			t.Fatalf("header %q was written, and read as %q: %v", first.header, second.header, second.err)
		}
		checkRoundTrip(t, rows, second)
	})
}

// checkRoundTrip compares, unless the rows hold one that reads as the header again, or text
// in which records of the right width stand.
func checkRoundTrip(t *testing.T, rows [][]string, o outcome) {
	t.Helper()
	if o.dialect.HeaderLines > o.dialect.Lines-o.dialect.Records || len(o.sound()) != len(o.records) {
		return
	}
	if o.dialect.Records == int64(len(rows)) && !reflect.DeepEqual(o.fields(), rows) {
		t.Fatalf("rows %q were written, and read as %q", rows, o.fields())
	}
}
