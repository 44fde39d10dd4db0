package csvfile

import (
	"bytes"
	"errors"
	"io"
)

const (
	// firstBytes is the size at which a window begins: many objects are small.
	firstBytes = 16 << 10
	// blockBytes is the size to which a window grows for the sake of speed.
	blockBytes = 64 << 10
	// idleReads is how many reads in a row may give nothing before the source counts as stuck.
	idleReads = 100
)

// errTooLong says that a line ends beyond the limit for one record.
var errTooLong = errors.New("line ends beyond the limit for one record")

// window is a sliding view of the text: what was read and not yet taken. It grows only as a
// record demands, to the limit for one record and one block, whatever the size of the object.
type window struct {
	src   io.Reader
	limit int // of the text from the window's start to the end of a line
	buf   []byte
	start int // of what was not yet taken
	end   int // of what was read
	err   error

	quotes, nuls landmark
}

// line is a physical line of the window. Its positions count from the window's start, so that
// reading more does not change them.
type line struct {
	end   int  // where its text ends, without the line end
	next  int  // where the next line begins
	ended bool // it has its line end
}

func newWindow(src io.Reader, limit int) *window {
	return &window{
		src: src, limit: limit, buf: make([]byte, firstBytes),
		quotes: landmark{index: indexQuote}, nuls: landmark{index: indexNUL},
	}
}

// lineAt finds the line that begins at from, reading as far as need be. Its errors are io.EOF
// where no byte is left, errTooLong, or the source's own.
func (w *window) lineAt(from int) (line, error) {
	i := bytes.IndexByte(w.buf[w.start+from:w.end], '\n')
	if i < 0 {
		return w.longLineAt(from)
	}
	return w.endedLine(from, from+i)
}

// longLineAt is lineAt for a line that was not yet read to its end.
func (w *window) longLineAt(from int) (line, error) {
	for searched := from; ; {
		unread := w.unread()
		if i := bytes.IndexByte(unread[searched:], '\n'); i >= 0 {
			return w.endedLine(from, searched+i)
		}
		searched = len(unread)
		if searched > w.limit+1 { // one more for the CR of a CRLF
			return line{}, errTooLong
		}
		if w.err != nil {
			return w.lastLine(from)
		}
		w.fill()
	}
}

func (w *window) endedLine(from, newline int) (line, error) {
	end := newline
	if end > from && w.buf[w.start+end-1] == '\r' {
		end--
	}
	if end > w.limit {
		return line{}, errTooLong
	}
	return line{end: end, next: newline + 1, ended: true}, nil
}

// lastLine is the rest of the text, which has no line end. A CR there is half of a CRLF.
func (w *window) lastLine(from int) (line, error) {
	size := w.end - w.start
	if !cleanEnd(w.err) || size == from {
		return line{}, w.err
	}
	end := from + len(bytes.TrimSuffix(w.text(from, size), []byte{'\r'}))
	if end > w.limit {
		return line{}, errTooLong
	}
	return line{end: end, next: size}, nil
}

// skipLine takes a line of any length without keeping it, and reports whether it had its line end.
func (w *window) skipLine() (ended bool, err error) {
	for {
		unread := w.unread()
		if i := bytes.IndexByte(unread, '\n'); i >= 0 {
			w.take(i + 1)
			return true, nil
		}
		w.take(len(unread))
		switch {
		case w.err == nil:
			w.fill()
		case cleanEnd(w.err):
			return false, nil
		default:
			return false, w.err
		}
	}
}

// take moves the window's start forward. The bytes stay in place until more are read.
func (w *window) take(n int) { w.start += n }

// unread is all that was read and not taken.
func (w *window) unread() []byte { return w.buf[w.start:w.end] }

// text is the part of the window between two positions.
func (w *window) text(from, to int) []byte { return w.buf[w.start+from : w.start+to] }

// has reports whether the first n bytes hold a byte of the landmark's kind.
func (w *window) has(kind *landmark, n int) bool {
	return kind.within(w.buf[:w.end], w.start, w.start+n)
}

// fill reads one block more, or the error that ends the text. It never moves a byte unless a
// whole window was searched in vain, so that all the moving costs less than the searching.
func (w *window) fill() {
	w.makeRoom()
	for range idleReads {
		n, err := w.src.Read(w.buf[w.end:])
		w.end += n
		w.err = err
		if n > 0 || err != nil {
			return
		}
	}
	w.err = io.ErrNoProgress
}

// makeRoom moves what was not taken to the front. It doubles a buffer that was full, up to a
// block, and one that still is. (Such a one is no larger than the limit, or else the line
// would have been found to be too long.)
func (w *window) makeRoom() {
	full := w.end == len(w.buf)
	if w.start > 0 { // else a source that gives little at a time would make the effort quadratic
		copy(w.buf, w.unread())
		w.quotes.moved(w.start)
		w.nuls.moved(w.start)
		w.end -= w.start
		w.start = 0
	}
	if w.end == len(w.buf) || full && len(w.buf) < blockBytes {
		size := min(2*len(w.buf), w.limit+blockBytes)
		w.buf = append(make([]byte, 0, size), w.buf...)[:size]
	}
}
