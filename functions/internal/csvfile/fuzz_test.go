package csvfile

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf8"

	"github.com/klauspost/compress/zstd"

	"eventdrop/functions/internal/dropzone"
)

// FuzzReader reads any bytes: it never panics, lines add up, every bound holds, and the
// result does not depend on how the bytes arrive.
func FuzzReader(f *testing.F) {
	for _, input := range goldenInputs(f, "ok", "partly", "unreadable") {
		f.Add(input, uint16(0))
		f.Add(input, uint16(30))
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
	for _, input := range goldenInputs(f, readable()...) {
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
		bare := read(t, bytes.NewReader(written.write(t, [][]string{first.header})), Options{Known: func(string) bool { return true }})
		checkRoundTrip(t, rows, second, bare.dialect.HeaderLines)
	})
}

// checkRoundTrip compares, unless the rows hold one that reads as the header again, so that there are more lines of headers
// than one has, or text in which records of the right width stand.
func checkRoundTrip(t *testing.T, rows [][]string, o outcome, header int64) {
	t.Helper()
	if o.dialect.HeaderLines > header || len(o.sound()) != len(o.records) {
		return
	}
	if o.dialect.Records != int64(len(rows)) || !reflect.DeepEqual(o.fields(), rows) {
		t.Fatalf("rows %q were written, and read as %q", rows, o.fields())
	}
}

// FuzzHeader reads any bytes as a header. What is refused has a reason and a hint that can be shown; what is
// taken names a known column, has no delimiter that would have found more, and is the same when it is written
// again with all quotes.
func FuzzHeader(f *testing.F) {
	for _, input := range goldenInputs(f, "ok", "partly", "unreadable") {
		lines := bytes.SplitAfterN(input, []byte("\n"), 3)
		f.Add(bytes.Join(lines[:min(2, len(lines))], nil))
	}
	o := Options{Known: known(columns()), Limits: Limits{Columns: 50, RecordBytes: 1 << 16, DecompressedBytes: 1 << 20}}
	f.Fuzz(func(t *testing.T, header []byte) {
		header = header[:min(len(header), 1<<14)]
		r, err := NewReader(bytes.NewReader(header), o)
		pieces, errOfPieces := NewReader(iotest.OneByteReader(bytes.NewReader(header)), o)
		if fmt.Sprint(err) != fmt.Sprint(errOfPieces) || err == nil && !reflect.DeepEqual(r.Dialect(), pieces.Dialect()) {
			t.Fatalf("%v, %v in pieces", err, errOfPieces)
		}
		if err != nil {
			checkRefusal(t, err)
			checkNothingKnown(t, header, err)
			return
		}
		if r.Header() != nil {
			checkHeader(t, r, o)
		}
	})
}

func checkRefusal(t *testing.T, err error) {
	t.Helper()
	unreadable, ok := errors.AsType[*dropzone.UnreadableError](err)
	if !ok || unreadable.Reason == "" || unreadable.Hint == "" || len(unreadable.Hint) > 3000 || !utf8.ValidString(unreadable.Hint) {
		t.Fatalf("refused with %+v", err)
	}
}

// checkNothingKnown checks that a plain header which was refused for want of a known column has none, whatever the delimiter.
func checkNothingKnown(t *testing.T, object []byte, err error) {
	t.Helper()
	text := strings.TrimLeft(strings.TrimPrefix(string(object), byteOrderMark), " \t\r\n")
	first, _, _ := strings.Cut(text, "\n")
	if !isReason(err, dropzone.NoKnownColumn) || compressionOf(object) != "" || strings.Contains(first, `"`) || !utf8.ValidString(first) || len(first) > 50 {
		return
	}
	for delimiter := range strings.SplitSeq(delimiters, "") {
		if countKnown(strings.Split(first, delimiter)) > 0 {
			t.Fatalf("%q is refused: %v", first, err)
		}
	}
}

func checkHeader(t *testing.T, r *Reader, o Options) {
	t.Helper()
	names, d := r.Header(), r.Dialect()
	if len(names) > o.Limits.Columns || countKnown(names) == 0 || !strings.Contains(delimiters, d.Delimiter) || len(d.Delimiter) != 1 {
		t.Fatalf("header %q, dialect %+v", names, d)
	}
	for _, name := range names {
		if name != strings.TrimSpace(name) || !utf8.ValidString(name) || strings.ContainsAny(name, "\x00\x1b") {
			t.Fatalf("name %q", name)
		}
	}
	if text := string(r.headerText); !strings.Contains(text, `"`) {
		for delimiter := range strings.SplitSeq(delimiters, "") {
			if countKnown(strings.Split(text, delimiter)) > countKnown(names) {
				t.Fatalf("%q was split by %q", text, d.Delimiter)
			}
		}
	}
	written := form{delimiter: d.Delimiter, lineEnd: "\n", quoteAll: true, charset: utf8Text}.line(names)
	again, err := NewReader(strings.NewReader(written), o)
	if err != nil || !slices.Equal(again.Header(), names) || len(names) > 1 && again.Dialect().Delimiter != d.Delimiter {
		t.Fatalf("header %q is written as %q, and read as %q, %v", names, written, again.Header(), err)
	}
}

func countKnown(names []string) (count int) {
	for _, name := range names {
		if slices.Contains(columns(), strings.TrimSpace(name)) {
			count++
		}
	}
	return count
}

// FuzzCompressed reads the same bytes plain and compressed: only the compression differs.
func FuzzCompressed(f *testing.F) {
	for _, input := range goldenInputs(f, "ok", "partly", "unreadable") {
		f.Add(input, false)
		f.Add(input, true)
	}
	var stored bytes.Buffer
	gzipper := gzip.NewWriter(&stored)
	zstder, err := zstd.NewWriter(&stored, zstd.WithEncoderConcurrency(1), zstd.WithLowerEncoderMem(true))
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text []byte, asZstd bool) {
		if compressionOf(text) != "" {
			return // it would be compressed twice
		}
		var w compressor = gzipper
		if asZstd {
			w = zstder
		}
		stored.Reset()
		w.Reset(&stored)
		if _, err := w.Write(text); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		plain, compressed := read(t, bytes.NewReader(text), Options{}), read(t, &stored, Options{})
		compressed.dialect.Compression = ""
		if !plain.equal(compressed) {
			t.Fatalf("plain: %+v\ncompressed: %+v", plain, compressed)
		}
	})
}

type compressor interface {
	io.WriteCloser
	Reset(w io.Writer)
}

// goldenInputs are the objects of the golden cases of some kinds.
func goldenInputs(tb testing.TB, kinds ...string) (inputs [][]byte) {
	tb.Helper()
	for _, folder := range goldenFolders(tb, kinds...) {
		input, _ := loadCase(tb, folder)
		inputs = append(inputs, input)
	}
	return inputs
}
