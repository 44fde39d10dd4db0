package csvfile

import "bytes"

// landmark knows where in a buffer the next byte of one kind is. Lines that lie before it need
// not be searched for that kind: in a file without any NUL, all the searching for one costs as
// much as reading memory once.
type landmark struct {
	index func([]byte) int
	at    int  // no byte of the kind is in the buffer between the present line and here
	found bool // there is one here
}

// within reports whether buf[from:to] has a byte of the kind. Calls must go forward.
func (l *landmark) within(buf []byte, from, to int) bool {
	return to > l.at && l.search(buf, from, to)
}

func (l *landmark) search(buf []byte, from, to int) bool {
	if !l.found || l.at < from {
		from = max(from, l.at)
		i := l.index(buf[from:])
		l.found = i >= 0
		l.at = len(buf)
		if l.found {
			l.at = from + i
		}
	}
	return l.found && l.at < to
}

// moved tells that the buffer's content moved down by n bytes.
func (l *landmark) moved(n int) { l.at -= n }

func indexQuote(text []byte) int { return bytes.IndexByte(text, quote) }

func indexNUL(text []byte) int { return bytes.IndexByte(text, 0) }
