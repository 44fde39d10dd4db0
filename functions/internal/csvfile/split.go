package csvfile

import "bytes"

const quote = '"'

// ending says how a text ended when it was split into fields.
type ending uint8

const (
	another   ending = iota // after a delimiter, or not yet begun: one more field follows
	whole                   // at the end of a field
	open                    // inside a quoted field
	malformed               // not at its end at all, but at text after a closing quote
)

// splitter splits a record into fields. Its fields point into the record or, where doubled
// quotes had to be undone, into its own buffer; they live until the next record is split.
type splitter struct {
	delimiter byte
	limit     int // of the fields that are kept

	fields [][]byte // the first ones, up to limit
	count  int      // all of them
	// literal is set where a quote stood inside a field that does not begin with one: fine
	// by itself, and a reason to doubt where the state of the quotes is not known.
	literal bool
	// ascii is set where every byte was seen to be ASCII.
	ascii bool

	unescaped []byte
}

func (s *splitter) reset() {
	s.fields, s.count, s.literal, s.ascii, s.unescaped = s.fields[:0], 0, false, false, s.unescaped[:0]
}

// quoted splits a text that may have quotes. With inside the text begins within a quoted field.
func (s *splitter) quoted(text []byte, inside bool) (how ending) {
	for s.reset(); how == another; {
		switch {
		case inside:
			text, how = s.enclosed(text)
			inside = false
		case len(text) > 0 && text[0] == quote:
			text, how = s.enclosed(text[1:])
		default:
			text, how = s.bare(text)
		}
	}
	return how
}

// bare takes a field that does not begin with a quote.
func (s *splitter) bare(text []byte) (rest []byte, how ending) {
	i := indexEither(text, s.delimiter, quote)
	if i >= 0 && text[i] == quote {
		s.literal = true
		i = bytes.IndexByte(text, s.delimiter)
	}
	if i < 0 {
		s.add(text)
		return nil, whole
	}
	s.add(text[:i])
	return text[i+1:], another
}

// enclosed takes a quoted field; text begins after its opening quote.
func (s *splitter) enclosed(text []byte) (rest []byte, how ending) {
	i := bytes.IndexByte(text, quote)
	if i < 0 {
		return nil, open
	}
	if i+1 < len(text) && text[i+1] == quote {
		return s.escaped(text)
	}
	return s.closed(text[:i], text[i+1:])
}

// escaped takes a quoted field that has doubled quotes.
func (s *splitter) escaped(text []byte) (rest []byte, how ending) {
	begin := len(s.unescaped)
	for {
		i := bytes.IndexByte(text, quote)
		if i < 0 {
			return nil, open
		}
		if i+1 == len(text) || text[i+1] != quote {
			s.unescaped = append(s.unescaped, text[:i]...)
			return s.closed(s.unescaped[begin:], text[i+1:])
		}
		s.unescaped = append(s.unescaped, text[:i+1]...)
		text = text[i+2:]
	}
}

// closed ends a quoted field; rest begins after its closing quote.
func (s *splitter) closed(field, rest []byte) ([]byte, ending) {
	s.add(field)
	switch {
	case len(rest) == 0:
		return nil, whole
	case rest[0] == s.delimiter:
		return rest[1:], another
	default:
		return nil, malformed
	}
}

func (s *splitter) add(field []byte) {
	if s.count < s.limit {
		s.fields = append(s.fields, field)
	}
	s.count++
}
