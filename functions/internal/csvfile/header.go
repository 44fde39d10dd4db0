package csvfile

import (
	"bytes"
	"errors"
	"strings"

	"eventdrop/functions/internal/dropzone"
)

// delimiters are the characters that may separate fields, the most usual first.
const delimiters = ",;\t|"

// reading is the header as one delimiter would have it.
type reading struct {
	extent

	delimiter byte
	names     []string
	count     int // of the names, also of those that were not kept
	known     int // of the columns of the contract
	spaced    bool
	isData    bool // it is no header, but the first record
}

// better decides between two delimiters: the one that yields the most known columns, then the one by which the
// line is the first record of an object without header, then the most fields. On a tie the earlier one stays.
func (a *reading) better(b reading) bool {
	switch {
	case a.isData != b.isData && (a.known == 0 || b.known == 0):
		return a.isData
	case a.known != b.known:
		return a.known > b.known
	}
	return a.count > b.count
}

// judge tells a first record from a header, where objects may have none.
func (a *reading) judge(o Options) {
	a.isData = len(o.Header) > 0 && a.count == len(o.Header) && 2*a.known <= a.count
}

// readHeader takes the blank lines in front and the header. An empty object has none, and others may have none where
// the options name their fields.
func (r *Reader) readHeader() error {
	first, err := r.firstLine()
	switch {
	case cleanEnd(err):
		return nil
	case errors.Is(err, errTooLong):
		return r.headerTooLarge()
	case err != nil:
		return err
	}
	best, err := r.bestReading(extent{line: first, lines: 1})
	if err != nil {
		return err
	}
	if best.isData {
		r.nameFields(best)
		return checkControls(r.text.text(0, best.end))
	}
	if err := r.checkHeader(best); err != nil {
		return err
	}
	r.takeHeader(best)
	return nil
}

// firstLine finds the first line that is not blank, and takes those before it.
func (r *Reader) firstLine() (line, error) {
	for {
		first, err := r.text.lineAt(0)
		if err != nil || len(bytes.Trim(r.text.text(0, first.end), " \t\r")) > 0 {
			return first, err
		}
		r.takeBlank(first)
	}
}

// bestReading tries every delimiter.
func (r *Reader) bestReading(first extent) (reading, error) {
	best := reading{extent: first}
	for i := range len(delimiters) {
		r.split = splitter{delimiter: delimiters[i], limit: r.options.Limits.Columns + 1}
		candidate, ok, err := r.readingOf(first)
		if err != nil {
			return best, err
		}
		if ok && candidate.better(best) {
			best = candidate
		}
	}
	return best, nil
}

// readingOf reads the header with the splitter's delimiter. It is not ok if the quotes are
// not in order, or if a stray quote has swallowed rows: a name may have a line break in it, or
// the delimiter, but hardly both.
func (r *Reader) readingOf(first extent) (c reading, ok bool, err error) {
	c = reading{extent: first, delimiter: r.split.delimiter}
	how := r.split.quoted(r.text.text(0, first.end), false)
	if how == open {
		var fault string
		if c.extent, fault, err = r.closing(first); err != nil || fault != "" {
			return c, false, err
		}
		how = whole
	}
	c.count, c.spaced = r.split.count, spacedOut(r.split.fields)
	for _, field := range r.split.fields {
		if bytes.IndexByte(field, '\n') >= 0 && bytes.IndexByte(field, c.delimiter) >= 0 {
			return c, false, nil
		}
		c.add(strings.TrimSpace(string(field)), r.options)
	}
	c.judge(r.options)
	return c, how == whole, nil
}

func (a *reading) add(name string, o Options) {
	a.names = append(a.names, name)
	if o.known(name) {
		a.known++
	}
}

// takeHeader makes the reading the object's dialect.
func (r *Reader) takeHeader(h reading) {
	r.setDialect(h, h.names)
	r.spaced = h.spaced
	r.headerText = bytes.Clone(r.text.text(0, h.end))
	r.take(h.extent)
	r.dialect.HeaderLines = h.lines
}

// nameFields makes the reading the dialect of an object without header, and leaves its line to be read.
func (r *Reader) nameFields(h reading) { r.setDialect(h, r.options.Header) }

func (r *Reader) setDialect(h reading, names []string) {
	r.header = names
	r.split = splitter{delimiter: h.delimiter, limit: h.count + 1, fields: make([][]byte, 0, h.count+1)}
	r.dialect.Header = names
	r.dialect.Delimiter = string(rune(h.delimiter))
	r.dialect.LineEnd = lineEnd(h.line)
}

func lineEnd(l line) string {
	switch {
	case !l.ended:
		return ""
	case l.next-l.end > 1:
		return "crlf"
	default:
		return "lf"
	}
}

// checkHeader refuses an object by its header.
func (r *Reader) checkHeader(h reading) error {
	text := r.text.text(0, h.end)
	if err := checkText(text); err != nil {
		return err
	}
	switch {
	case h.known == 0:
		return noKnownColumn(text)
	case h.count > r.options.Limits.Columns:
		return tooManyColumns(h.count, r.options.Limits.Columns)
	default:
		return nil
	}
}

// headerTooLarge says why the first line does not end: because it is not text, or just so.
func (r *Reader) headerTooLarge() error {
	limit := r.options.Limits.RecordBytes
	if err := checkControls(r.text.text(0, min(limit, 4<<10))); err != nil {
		return err
	}
	return unreadable(dropzone.HeaderTooLarge,
		"The first line has more than %d bytes: check that the lines end with LF or CRLF and that the first one names the columns.", limit)
}
