package csvfile

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"pgregory.net/rapid"

	"eventdrop/functions/internal/dropzone"
)

// drawTable draws a header of the contract's columns and rows below it. A field may have line
// breaks or delimiters, not both, lest its lines be records themselves.
func drawTable(t *rapid.T, minColumns int) [][]string {
	width := rapid.IntRange(minColumns, 6).Draw(t, "columns")
	table := [][]string{columns()[:width]}
	plain := rapid.StringOfN(rapid.SampledFrom([]rune("ab1 ,;|\t\"é😀\r")), 0, 6, -1)
	broken := rapid.StringOfN(rapid.SampledFrom([]rune("ab \"\n\né\r")), 0, 6, -1)
	for i := range rapid.IntRange(0, 8).Draw(t, "rows") {
		row := []string{fmt.Sprint("id", i)}
		for range width - 1 {
			row = append(row, rapid.OneOf(plain, plain, broken).Draw(t, "field"))
		}
		table = append(table, row)
	}
	return table
}

func TestAnyTableInAnyFormIsReadAsWritten(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		table, f := drawTable(t, 1), drawForm(t)
		object := f.write(t, table)
		o := read(t, bytes.NewReader(object), Options{Known: known(columns())})
		if o.err != nil {
			t.Fatal(o.err)
		}
		if pieces := read(t, iotest.OneByteReader(bytes.NewReader(object)), Options{Known: known(columns())}); !o.equal(pieces) {
			t.Fatalf("whole: %+v\nbyte by byte: %+v", o, pieces)
		}
		if !slices.Equal(o.header, table[0]) {
			t.Fatalf("header is %q", o.header)
		}
		if len(o.records) != len(table)-1 || len(table) > 1 && !reflect.DeepEqual(o.fields(), table[1:]) {
			t.Fatalf("records are %+v, the table is %q", o.records, table)
		}
		checkDialect(t, f, o.dialect, len(table[0]))
	})
}

func checkDialect(t *rapid.T, f form, d dropzone.Dialect, width int) {
	t.Helper()
	lineEnd := map[string]string{"\n": "lf", "\r\n": "crlf"}[f.lineEnd]
	if d.Compression != f.compression || d.Charset != f.charset || d.BOM != f.mark || d.LineEnd != lineEnd ||
		width > 1 && d.Delimiter != f.delimiter {
		t.Fatalf("dialect is %+v, the form %+v", d, f)
	}
}

// dirtyText draws lines of the few characters that matter, below a header.
func dirtyText(t *rapid.T, minColumns int) string {
	width := rapid.IntRange(minColumns, 3).Draw(t, "columns")
	line := rapid.OneOf(
		rapid.StringOfN(rapid.SampledFrom([]rune(`a,,""  é`+"\r")), 0, 12, -1),
		rapid.SampledFrom([]string{
			strings.Repeat(`x,`, width-1) + `y`, strings.Repeat(`x,`, width-1) + `"y`, `"x"` + strings.Repeat(`,y`, width-1),
			strings.Repeat(`x","`, width), strings.Repeat(`,"`, width), `"`, `",`, `""`, "a\x00", "a\xff", ` , b`,
		}),
		// Text, and the lines between which it may stand.
		rapid.SampledFrom([]string{
			"x" + strings.Repeat(", y", width-1), `x""` + strings.Repeat(`,y`, width-1), strings.Repeat(`x,`, width-1) + `"y`,
			`z"`, `z"` + strings.Repeat(",y", width-1),
		}),
	)
	lines := rapid.SliceOfN(line, 0, 12).Draw(t, "lines")
	header := strings.Join(columns()[:width], ",")
	return header + "\n" + strings.Join(lines, rapid.SampledFrom([]string{"\n", "\r\n"}).Draw(t, "line end"))
}

func TestResultDoesNotDependOnHowTheBytesArrive(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := dirtyText(t, 1)
		o := Options{Known: known(columns()), Limits: Limits{RecordBytes: rapid.SampledFrom([]int{0, 45, 60}).Draw(t, "limit")}}
		whole := readString(t, text, o)
		for name, src := range map[string]io.Reader{
			"byte by byte": iotest.OneByteReader(strings.NewReader(text)),
			"in halves":    iotest.HalfReader(strings.NewReader(text)),
			"at random":    &chunks{r: strings.NewReader(text), size: rapid.IntRange(1, 9).Draw(t, "chunk")},
		} {
			if pieces := read(t, src, o); !whole.equal(pieces) {
				t.Fatalf("%s: %+v\nwhole: %+v", name, pieces, whole)
			}
		}
	})
}

// chunks gives a reader's bytes in pieces of one size, and now and then nothing.
type chunks struct {
	r    io.Reader
	size int
	idle bool
}

func (c *chunks) Read(p []byte) (int, error) {
	if c.idle = !c.idle; c.idle {
		return 0, nil
	}
	return c.r.Read(p[:min(c.size, len(p))])
}

// D16, I15. In a file of one column, every line of a text over lines would be a record; there the
// property cannot hold (see resync.go).
func TestCutFileNeverChangesAValue(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := dirtyText(t, 2)
		switch rapid.IntRange(0, 2).Draw(t, "kind") {
		case 0:
			f := drawForm(t)
			f.compression = "" // what is compressed fails whole, see TestCutCompressionFailsWhole
			text = string(f.write(t, drawTable(t, 2)))
		case 1:
			prose := rapid.SampledFrom([]string{"Dear Bob, hello", "", `so ""he"" said,x`, "bye", "a,b,c", `",`, `","`})
			text = "event_id,product_name\n1,\"" + strings.Join(rapid.SliceOfN(prose, 1, 6).Draw(t, "text"), "\n") + "\"\n2,x\n"
		}
		o := Options{Known: known(columns())}
		whole := readString(t, text, o)
		for cut := range len(text) {
			checkCut(t, text[:cut], readString(t, text[:cut], o), whole)
		}
	})
}

func checkCut(t *rapid.T, text string, cut, whole outcome) {
	t.Helper()
	sound := map[int64]got{}
	for _, g := range whole.sound() {
		sound[g.Line] = g
	}
	for _, g := range cut.sound() {
		if !reflect.DeepEqual(g, sound[g.Line]) {
			t.Fatalf("cut to %q:\n%+v\nwhole: %+v", text, g, sound[g.Line])
		}
	}
}

func TestDamageCostsNoGoodNeighbour(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		width := rapid.IntRange(2, 5).Draw(t, "columns")
		table := [][]string{columns()[:width]}
		f := drawForm(t)
		var text strings.Builder
		text.WriteString(f.line(table[0]))
		for i := range rapid.IntRange(6, 20).Draw(t, "records") {
			if rapid.Bool().Draw(t, "bad") {
				text.WriteString(strings.ReplaceAll(drawBadLine(t, width, f.charset), ",", f.delimiter) + f.lineEnd)
				continue
			}
			row := drawGoodRow(t, i, width)
			text.WriteString(f.line(row))
			table = append(table, row)
		}
		object := f.compress(t, f.encode(text.String()))
		o := read(t, bytes.NewReader(object), Options{Known: known(columns())})
		good := slices.DeleteFunc(o.fields(), func(row []string) bool { return strings.HasPrefix(row[0], "bad") })
		if len(good)+len(table) > 1 && !reflect.DeepEqual(good, table[1:]) {
			t.Fatalf("form %+v, text:\n%s\nsound: %q\ngood: %q", f, text.String(), good, table[1:])
		}
		if again := read(t, bytes.NewReader(object), Options{Known: known(columns())}); !o.equal(again) {
			t.Fatalf("first %+v\nthen %+v", o, again)
		}
	})
}

// drawGoodRow draws a row whose quotes are in order, if it has any.
func drawGoodRow(t *rapid.T, i, width int) []string {
	fields := rapid.SampledFrom([]string{"", "x", "é", "a,b", `a "b" c`, ",", `"`})
	if rapid.Bool().Draw(t, "without quotes") {
		fields = rapid.SampledFrom([]string{"", "x", "é"})
	}
	row := []string{fmt.Sprint("id", i)}
	for range width - 1 {
		row = append(row, fields.Draw(t, "field"))
	}
	return row
}

// drawBadLine draws a line that is no record, each by damage of its own, or one that was none
// before it got a stray quote: that one may be read or not.
func drawBadLine(t *rapid.T, width int, charset string) string {
	opens, closes := `bad,"stray`+strings.Repeat(",x", width-2), `bad,half"`+strings.Repeat(",x", width-2)
	bytesOfNoText := "\xff"
	if charset != utf8Text {
		bytesOfNoText = "\x00" // UTF-16 is encoded from text, which has no such bytes
	}
	return rapid.SampledFrom([]string{
		opens, opens, opens, closes, closes, closes,
		`"bad` + strings.Repeat(",x", width-1),
		`bad` + strings.Repeat(",x", width), // too wide
		`bad`,
		`bad"` + strings.Repeat(",x", width-1),
		`bad,"x"y` + strings.Repeat(",x", width-2), // text after a closing quote
		`bad` + strings.Repeat(",\x00", width-1),
		`bad` + strings.Repeat(","+bytesOfNoText, width-1),
	}).Draw(t, "bad line")
}

// Where encoding/csv, strict, reads a file and no rule of ours finds damage, both read the same.
func TestAgreesWithEncodingCSV(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := dirtyText(t, 1) + "\n"
		reader := csv.NewReader(strings.NewReader(text))
		theirs, err := reader.ReadAll()
		o := readString(t, text, Options{Known: known(columns())})
		if err != nil || len(o.sound()) != len(o.records) || o.dialect.HeaderLines != 1 {
			return
		}
		ours := [][]string{o.header}
		for _, g := range o.records {
			ours = append(ours, withLF(g.Fields))
		}
		if !reflect.DeepEqual(ours, theirs) {
			t.Fatalf("text %q:\nours   %q\ntheirs %q", text, ours, theirs)
		}
	})
}

// withLF turns CRLF in fields into LF, as encoding/csv does and we do not (D18).
func withLF(fields []string) []string {
	for i, field := range fields {
		fields[i] = strings.ReplaceAll(field, "\r\n", "\n")
	}
	return fields
}
