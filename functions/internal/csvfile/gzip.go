package csvfile

import (
	"bufio"
	"io"

	"github.com/klauspost/compress/gzip"
)

// gzipMembers reads a gzip stream member by member. The library could join them by itself, but takes a stream that
// was cut within a member's file name for one that ended before that member.
type gzipMembers struct {
	raw    *bufio.Reader
	member *gzip.Reader
}

func newGzipMembers(raw *bufio.Reader) (*gzipMembers, error) {
	g := &gzipMembers{raw: raw, member: new(gzip.Reader)}
	return g, g.open()
}

// Read implements [io.Reader].
func (g *gzipMembers) Read(p []byte) (int, error) {
	for {
		n, err := g.member.Read(p)
		if !cleanEnd(err) {
			return n, err
		}
		if err = g.next(); n > 0 || err != nil {
			return n, err
		}
	}
}

// next opens the next member. At the end of the stream, and only there, its error is io.EOF.
func (g *gzipMembers) next() error {
	if _, err := g.raw.Peek(1); err != nil {
		return err
	}
	return g.open()
}

func (g *gzipMembers) open() error {
	err := g.member.Reset(g.raw)
	if cleanEnd(err) {
		err = io.ErrUnexpectedEOF
	}
	g.member.Multistream(false)
	return err
}
