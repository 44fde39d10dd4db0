package csvfile

import (
	"bytes"
	"errors"
	"fmt"

	"eventdrop/functions/internal/dropzone"
)

// A stray quote opens a field that swallows the rows up to the next stray quote, and every
// CSV parser calls that well formed. This is how it is told from text with line breaks in it:
//
// While a quoted field is open, each full line inside it is tried as a record of its own. Is
// it convincing (quotes in order, as many fields as the header, and not prose), then the
// quote was stray. So it was, if its field never closes, or not within the limit for one
// record, or if text follows where it closes, or if the record has another width than the
// header then. The line that opened it is rejected alone, and reading resumes at the next.
//
// Prose is a line that has a space behind each delimiter, in a file whose header has not:
// "Dear Bob, thanks" is no row of a table with two columns. In a file with one column every
// line would be a record; no line is convincing there, and quotes are taken at their word.
//
// The lines that were seen inside the field are under suspicion: they are records only if
// they are convincing, and none of them is followed over its line end again: at the next line
// it would be inside a field too, and meet the same fate. Hence a file that was cut within a
// field never shows the field's text as a row, and the effort stays linear: an attempt that
// fails is charged to the lines that it saw, the next attempt begins behind them, and each
// line is split a few times at most (when it is followed, as a record of its own, as part of
// the whole record, and at last when it is its turn).
//
// Somewhere behind the damage the quote may still have its other half. So the first line
// with quotes that follows must have them in order; a quote in the midst of a field, which
// is text elsewhere, counts as that half, and costs its line.

// suspicion is what remains of a quote that was found to be stray.
type suspicion struct {
	opened int64 // the line that has the quote
	before int64 // the lines up to here, exclusive, were seen inside its field
	half   bool  // its other half may still come
}

// read finds where the record that begins with the line first ends, splits it, and says what
// is wrong with its quotes or its shape. It fails only where the source does.
func (r *Reader) read(first line) (extent, finding, error) {
	e := extent{line: first, lines: 1}
	if r.text.has(&r.text.quotes, first.end) {
		return r.readQuoted(e)
	}
	r.split.plain(r.text.text(0, first.end))
	return e, r.shape(), nil
}

// readQuoted is read for a line that has quotes.
func (r *Reader) readQuoted(first extent) (extent, finding, error) {
	text := r.text.text(0, first.end)
	how := r.split.quoted(text, false)
	if r.isOtherHalf(how) {
		return first, r.stray("has a quote that may close the one opened on line %d", r.suspect.opened), nil
	}
	switch {
	case how == malformed:
		return first, r.textAfterQuote(text), nil
	case how == open && r.underSuspicion():
		return first, r.stray("opens a quote within the field opened on line %d", r.suspect.opened), nil
	case how == open:
		return r.follow(first)
	default:
		return first, r.shape(), nil
	}
}

// follow reads a record whose first line leaves a quote open.
func (r *Reader) follow(first extent) (extent, finding, error) {
	last, fault, err := r.closing(first)
	if err != nil {
		return first, finding{}, err
	}
	if fault == "" {
		return last, r.shape(), nil
	}
	opened := r.taken + 1
	r.suspect = suspicion{opened: opened, before: opened + last.lines, half: true}
	return first, r.stray(fault, opened+last.lines), nil
}

// closing follows an open quote to the line that closes it, and splits the record. If the quote
// is stray, fault says why, with a place for the number of the line behind last, and last is
// the last line that lies inside its field.
func (r *Reader) closing(first extent) (last extent, fault string, err error) {
	for last = first; ; {
		next, err := r.text.lineAt(last.next)
		if err != nil {
			fault, err = beyond(err)
			return last, fault, err
		}
		text := r.text.text(last.next, next.end)
		how := r.split.quoted(text, true)
		if how == malformed {
			return last, "opens a quote that closes before other text, on line %d", nil
		}
		after := extent{line: next, lines: last.lines + 1}
		if how == whole {
			return r.closedAt(after, last)
		}
		if last = after; r.standsAlone(text) {
			return last, "opens a quote that swallows the record before line %d", nil
		}
	}
}

// beyond says why no line follows.
func beyond(err error) (fault string, _ error) {
	switch {
	case cleanEnd(err):
		return "opens a quote that never closes, up to line %d", nil
	case errors.Is(err, errTooLong):
		return "opens a quote that does not close within the limit for a record, up to line %d", nil
	default:
		return "", err
	}
}

// closedAt splits the record up to the line that closes its quotes. If it has not the
// header's width then, the quotes belong to two records.
func (r *Reader) closedAt(end, last extent) (extent, string, error) {
	r.split.quoted(r.text.text(0, end.end), false)
	if r.header != nil && r.split.count != len(r.header) {
		return last, "opens a quote that closes in a record of another width, on line %d", nil
	}
	return end, "", nil
}

// standsAlone reports whether a line is a record by itself, whatever stands around it.
func (r *Reader) standsAlone(text []byte) bool {
	return len(r.header) > 1 && r.split.quoted(text, false) == whole && r.convincing()
}

// convincing reports whether the text that was split last cannot well be anything but a record.
func (r *Reader) convincing() bool {
	return r.split.count == len(r.header) && !r.split.literal && (r.spaced || !spacedOut(r.split.fields))
}

// spacedOut reports whether a space follows each delimiter, as in prose.
func spacedOut(fields [][]byte) bool {
	for _, field := range fields[1:] {
		if len(field) == 0 || field[0] != ' ' {
			return false
		}
	}
	return len(fields) > 1
}

// underSuspicion reports whether the present line was seen inside a quoted field.
func (r *Reader) underSuspicion() bool { return r.taken+1 < r.suspect.before }

// isOtherHalf decides about the first line with quotes behind the suspicious ones.
func (r *Reader) isOtherHalf(how ending) bool {
	if !r.suspect.half || r.underSuspicion() {
		return false
	}
	r.suspect.half = r.split.literal && how == open
	return r.split.literal
}

// textAfterQuote is the damage of a line with text behind a closing quote. If it has an odd
// number of quotes, one of them has its other half on a later line.
func (r *Reader) textAfterQuote(text []byte) finding {
	r.split.reset()
	if bytes.Count(text, []byte{quote})%2 == 1 && !r.underSuspicion() {
		r.suspect = suspicion{opened: r.taken + 1, half: true}
	}
	return finding{dropzone.MalformedQuotes, "text after a closing quote"}
}

// suspectText is the damage of a line that has a record's width and yet is not convincing
// where it stands.
func (r *Reader) suspectText() finding {
	return r.stray("reads like text of the field opened on line %d", r.suspect.opened)
}

func (r *Reader) stray(format string, at int64) finding {
	r.split.reset()
	return finding{dropzone.UnbalancedQuote, fmt.Sprintf(format, at)}
}
