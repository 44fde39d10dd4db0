package csvfile

import (
	"bytes"
	"io"

	"eventdrop/functions/internal/dropzone"
)

// Reader reads the records of one object. It is not for concurrent use.
type Reader struct {
	options Options
	text    *window
	split   splitter

	header     []string
	headerText []byte
	spaced     bool // the header has a space behind each delimiter

	taken     int64 // physical lines
	suspect   suspicion
	dialect   dropzone.Dialect
	record    Record
	beginning []byte // of a record that is too large
}

// NewReader reads the object as far as its header. An empty object is fine: it has no header
// and no records.
//
// Its errors are those of [Reader.Next]; the object's reasons to be unreadable that show here
// are NoKnownColumn, TooManyColumns, HeaderTooLarge, BinaryContent, InvalidEncoding (of the
// header), DamagedCompression and TooLarge.
func NewReader(src io.Reader, o Options) (*Reader, error) {
	o.Limits = o.Limits.withDefaults()
	r := &Reader{options: o}
	text, compression, err := openText(src, o.Limits)
	if err != nil {
		return nil, err
	}
	utf8, charset, marked := openCharset(text)
	r.dialect.Compression, r.dialect.Charset, r.dialect.BOM = compression, charset, marked
	r.text = newWindow(utf8, o.Limits.RecordBytes)
	if err := r.readHeader(); err != nil {
		return nil, err
	}
	return r, nil
}

// Header gives the names of the columns as read, trimmed; nil for an empty object.
func (r *Reader) Header() []string { return r.header }

// Next gives the next record, sound or damaged. At the end its error is io.EOF. Other errors
// are [*dropzone.UnreadableError] (DamagedCompression, TooLarge, SuspiciousRatio), which
// takes back every record given so far, and the source's own, untouched.
func (r *Reader) Next() (*Record, error) {
	for {
		first, err := r.text.lineAt(0)
		if err != nil {
			return r.oversized(err)
		}
		if r.isBlank(first) {
			r.takeBlank(first)
			continue
		}
		record, split, err := r.read(first)
		if err != nil {
			return nil, err
		}
		if r.repeatsHeader(record) {
			r.take(record)
			r.dialect.HeaderLines += record.lines
			continue
		}
		return r.deliver(record, r.examine(record, split)), nil
	}
}

// Dialect says what was found out about the object's form. It is complete after io.EOF, but
// for Unknown and Absent, which only the contract's owner can tell.
func (r *Reader) Dialect() dropzone.Dialect {
	d := r.dialect
	d.Lines = r.taken
	return d
}

// isBlank reports whether a line holds no record: only white space, or where the header has a
// single column, which may well be white space, nothing at all.
func (r *Reader) isBlank(l line) bool {
	if l.end == 0 || len(r.header) == 1 {
		return l.end == 0
	}
	text := r.text.text(0, l.end)
	return text[0] <= ' ' && len(bytes.TrimLeftFunc(text, r.isSpace)) == 0
}

func (r *Reader) isSpace(c rune) bool {
	return c == ' ' || c == '\r' || c == '\t' && r.split.delimiter != '\t'
}

func (r *Reader) takeBlank(l line) {
	r.take(extent{line: l, lines: 1})
	r.dialect.BlankLines++
}

// take moves on behind a record, or whatever the lines were.
func (r *Reader) take(e extent) {
	r.text.take(e.next)
	r.taken += e.lines
	r.dialect.FinalNewline = e.ended
}
