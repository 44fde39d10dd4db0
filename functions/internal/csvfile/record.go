package csvfile

import (
	"bytes"
	"errors"
	"fmt"
	"unicode/utf8"

	"eventdrop/functions/internal/dropzone"
)

// Record is one record as read, sound or damaged. It and all that it points to are valid
// only until the next call of [Reader.Next].
type Record struct {
	// Line is the physical line on which the record begins, counted from 1, in the
	// decompressed text.
	Line int64
	// Fields are unquoted and not trimmed. A sound record has one for each name of the header.
	// A ragged one has those that were read, but at most one more than the header names; a record
	// with damaged quotes, or one that is too large, has none.
	Fields [][]byte
	// Raw is the record as read, without its last line end. It is complete, unless the record
	// is too large: then it is the first Limits.RawBytes.
	Raw []byte
	// Damage is empty for a sound record. Where several things are wrong it is the first of
	// RecordTooLarge, NulByte, MissingFinalNewline, InvalidEncoding, then UnbalancedQuote or
	// MalformedQuotes, WrongFieldCount: what makes the bytes untrustworthy goes before what
	// was found by reading them.
	Damage dropzone.Reason
	// Detail says more about the damage, in a few words for people, without any of the content.
	Detail string
}

// extent is where a record ends: its last line, and how many lines it has.
type extent struct {
	line

	lines int64
}

// finding is something wrong with a record; the zero value is none.
type finding struct {
	reason dropzone.Reason
	detail string
}

// examine looks at the bytes of a record that was split and gives its damage by priority;
// split is what was found on the way.
func (r *Reader) examine(e extent, split finding) finding {
	switch {
	case r.text.has(&r.text.nuls, e.end):
		return finding{dropzone.NulByte, "a NUL byte"}
	case !e.ended && !r.options.FinalNewlineOptional: // also if the cut went through a character
		return finding{dropzone.MissingFinalNewline, "the last line has no line end: the file may have been cut"}
	case !r.split.ascii && !utf8.Valid(r.text.text(0, e.end)):
		return finding{dropzone.InvalidEncoding, "bytes that are not " + r.dialect.Charset}
	default:
		return split
	}
}

// shape finds what is wrong with the fields of a record whose quotes are in order.
func (r *Reader) shape() finding {
	switch {
	case r.split.count != len(r.header):
		return finding{dropzone.WrongFieldCount, fmt.Sprintf("%s, the header names %d", plural(r.split.count, "field"), len(r.header))}
	case r.underSuspicion() && len(r.header) > 1 && !r.convincing():
		return r.suspectText()
	default:
		return finding{}
	}
}

// deliver takes the record and hands it out.
func (r *Reader) deliver(e extent, f finding) *Record {
	r.record.Line, r.record.Fields, r.record.Raw = r.taken+1, r.split.fields, r.text.text(0, e.end)
	if f.reason != r.record.Damage || f.reason != "" {
		r.record.Damage, r.record.Detail = f.reason, f.detail
	}
	r.take(e)
	r.dialect.Records++
	r.dialect.ContinuationLines += e.lines - 1
	return &r.record
}

// oversized hands out the beginning of a line that is larger than a record may be, and takes
// the line without ever holding it. Any other reason why there is no line is given back.
func (r *Reader) oversized(noLine error) (*Record, error) {
	if !errors.Is(noLine, errTooLong) {
		return nil, noLine
	}
	limit := r.options.Limits.RecordBytes
	r.beginning = append(r.beginning[:0], r.text.text(0, min(limit, r.options.Limits.RawBytes))...)
	ended, err := r.text.skipLine()
	if err != nil {
		return nil, err
	}
	r.record = Record{
		Line: r.taken + 1, Raw: r.beginning,
		Damage: dropzone.RecordTooLarge, Detail: fmt.Sprintf("more than %d bytes", limit),
	}
	r.suspect.opened, r.suspect.half = r.record.Line, true // nobody looked at its quotes
	r.take(extent{line: line{ended: ended}, lines: 1})
	r.dialect.Records++
	return &r.record, nil
}

// repeatsHeader reports whether the record is the header once more, as concatenated files
// have it, perhaps with the byte order mark of the second file.
func (r *Reader) repeatsHeader(e extent) bool {
	text := r.text.text(0, e.end)
	if len(text) == len(r.headerText)+len(byteOrderMark) {
		text = bytes.TrimPrefix(text, []byte(byteOrderMark))
	}
	return len(r.headerText) > 0 && bytes.Equal(text, r.headerText)
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
