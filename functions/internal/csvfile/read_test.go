package csvfile

import (
	"bytes"
	"io"
	"reflect"
	"slices"

	"pgregory.net/rapid"

	"eventdrop/functions/internal/dropzone"
)

// got is a record that outlives the next call of Next.
type got struct {
	Line   int64
	Fields []string
	Raw    string
	Damage dropzone.Reason
	Detail string
}

// outcome is all that a reader gives of an object.
type outcome struct {
	header  []string
	records []got
	dialect dropzone.Dialect
	err     error // nil after io.EOF
}

// sound are the records without damage.
func (o outcome) sound() []got {
	return slices.DeleteFunc(slices.Clone(o.records), func(g got) bool { return g.Damage != "" })
}

// fields are those of the sound records.
func (o outcome) fields() [][]string {
	var rows [][]string
	for _, g := range o.sound() {
		rows = append(rows, g.Fields)
	}
	return rows
}

// read reads an object to its end and checks what is true of every object.
func read(t rapid.TB, src io.Reader, o Options) outcome {
	t.Helper()
	r, err := NewReader(src, o)
	if err != nil {
		return outcome{err: err}
	}
	result := outcome{header: r.Header()}
	for {
		record, err := r.Next()
		if err != nil {
			result.dialect = r.Dialect()
			if !cleanEnd(err) {
				result.err = err
			}
			checkInvariants(t, result, o.Limits.withDefaults())
			return result
		}
		result.records = append(result.records, keep(record))
	}
}

func readString(t rapid.TB, text string, o Options) outcome {
	t.Helper()
	return read(t, bytes.NewReader([]byte(text)), o)
}

func keep(r *Record) got {
	g := got{Line: r.Line, Raw: string(r.Raw), Damage: r.Damage, Detail: r.Detail}
	for _, field := range r.Fields {
		g.Fields = append(g.Fields, string(field))
	}
	return g
}

func checkInvariants(t rapid.TB, o outcome, limits Limits) {
	t.Helper()
	d := o.dialect
	if d.Lines != d.HeaderLines+d.Records+d.BlankLines+d.ContinuationLines {
		t.Errorf("lines do not add up: %+v", d)
	}
	if d.Records != int64(len(o.records)) {
		t.Errorf("dialect counts %d records, Next gave %d", d.Records, len(o.records))
	}
	line := int64(0)
	for _, g := range o.records {
		if g.Line <= line {
			t.Errorf("record on line %d after one on line %d", g.Line, line)
		}
		line = g.Line
		checkRecord(t, g, len(o.header), limits)
	}
	if line > d.Lines {
		t.Errorf("record on line %d of %d", line, d.Lines)
	}
}

func checkRecord(t rapid.TB, g got, width int, limits Limits) {
	t.Helper()
	if g.Damage == "" && len(g.Fields) != width {
		t.Errorf("line %d: sound with %d fields, the header names %d", g.Line, len(g.Fields), width)
	}
	if (g.Damage == "") != (g.Detail == "") {
		t.Errorf("line %d: damage %q with detail %q", g.Line, g.Damage, g.Detail)
	}
	if len(g.Raw) > limits.RecordBytes {
		t.Errorf("line %d: raw of %d bytes", g.Line, len(g.Raw))
	}
	if len(g.Fields) > limits.Columns+1 {
		t.Errorf("line %d: %d fields", g.Line, len(g.Fields))
	}
}

// equal compares all but the identity of errors.
func (o outcome) equal(p outcome) bool {
	message := func(err error) string {
		if err == nil {
			return ""
		}
		return err.Error()
	}
	a, b := message(o.err), message(p.err)
	return a == b && slices.Equal(o.header, p.header) && reflect.DeepEqual(o.dialect, p.dialect) &&
		reflect.DeepEqual(o.records, p.records)
}
