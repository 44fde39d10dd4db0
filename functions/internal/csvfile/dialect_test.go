package csvfile

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"strings"
	"unicode/utf16"

	"github.com/klauspost/compress/zstd"
	"pgregory.net/rapid"
)

// form is how a table is written: all that a reader must find out.
type form struct {
	delimiter   string
	lineEnd     string
	quoteAll    bool
	charset     string
	mark        bool
	compression string
}

func drawForm(t *rapid.T) form {
	f := form{
		delimiter:   rapid.SampledFrom([]string{",", ";", "\t", "|"}).Draw(t, "delimiter"),
		lineEnd:     rapid.SampledFrom([]string{"\n", "\r\n"}).Draw(t, "line end"),
		quoteAll:    rapid.Bool().Draw(t, "quote all"),
		charset:     rapid.SampledFrom([]string{utf8Text, utf8Text, utf16Little, utf16Big}).Draw(t, "charset"),
		compression: rapid.SampledFrom([]string{"", "", gzipped, zstded}).Draw(t, "compression"),
	}
	f.mark = f.charset != utf8Text || rapid.Bool().Draw(t, "mark")
	return f
}

// write gives a table's bytes in this form.
func (f form) write(t rapid.TB, table [][]string) []byte {
	t.Helper()
	var text strings.Builder
	for _, row := range table {
		text.WriteString(f.line(row))
	}
	return f.compress(t, f.encode(text.String()))
}

func (f form) line(row []string) string {
	fields := make([]string, len(row))
	for i, field := range row {
		fields[i] = f.field(field, len(row) == 1)
	}
	return strings.Join(fields, f.delimiter) + f.lineEnd
}

func (f form) field(field string, single bool) string {
	if f.quoteAll || single && field == "" || strings.ContainsAny(field, "\"\r\n"+f.delimiter) {
		return `"` + strings.ReplaceAll(field, `"`, `""`) + `"`
	}
	return field
}

func (f form) encode(text string) []byte {
	if f.mark {
		text = "\ufeff" + text
	}
	var order binary.AppendByteOrder = binary.LittleEndian
	switch f.charset {
	case utf8Text:
		return []byte(text)
	case utf16Big:
		order = binary.BigEndian
	}
	var b []byte
	for _, unit := range utf16.Encode([]rune(text)) {
		b = order.AppendUint16(b, unit)
	}
	return b
}

func (f form) compress(t rapid.TB, text []byte) []byte {
	t.Helper()
	switch f.compression {
	case gzipped:
		return gzipOf(t, text)
	case zstded:
		w, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1))
		if err != nil {
			t.Fatal(err)
		}
		return w.EncodeAll(text, nil)
	default:
		return text
	}
}

func gzipOf(t rapid.TB, text []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write(text); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
