package csvfile

import "io"

// source counts the bytes of the object as stored and remembers how they ended, so that a
// decompressor's complaint can be told from the failure of a connection.
type source struct {
	r     io.Reader
	count int64
	err   error
}

// Read keeps the first error for good: a reader that fails once and then reports a clean end
// must not pass for complete.
func (s *source) Read(p []byte) (int, error) {
	if s.err != nil {
		return 0, s.err
	}
	n, err := s.r.Read(p)
	s.count += int64(n)
	s.err = err
	return n, err
}

// failure is the source's own error, nil while it has none or after a clean end.
func (s *source) failure() error {
	if cleanEnd(s.err) {
		return nil
	}
	return s.err
}

// cleanEnd reports whether err is the end of a stream. An error that only wraps io.EOF is a
// connection that broke, and must never pass for the end.
func cleanEnd(err error) bool {
	return err == io.EOF //nolint:errorlint // see above: only io.EOF itself is the end
}
