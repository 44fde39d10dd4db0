package bucket

import (
	"errors"
	"fmt"
	"io"

	"eventdrop/functions/internal/dropzone"
)

// Body is the bytes of one object as they are stored: nothing is decompressed.
//
// Only a Read that returns io.EOF vouches for the bytes: by then their number was compared with
// the object's size, and their checksum or MD5 with the store's where there is one. A body that
// is cut, damaged or stalled fails with another error, which may pass, and goes on failing so.
// It is not safe for concurrent use.
type Body struct {
	// Object is the object that the store answered with.
	Object dropzone.Object

	stream io.ReadCloser
	watch  *watch  // nil for a local file
	sum    *md5Sum // nil where the ETag is no MD5, or minio-go verifies a checksum
	read   int64
	err    error
}

// Read implements [io.Reader].
func (b *Body) Read(p []byte) (int, error) {
	if b.err != nil || len(p) == 0 {
		return 0, b.err
	}
	b.watch.arm()
	n, err := b.stream.Read(p)
	b.watch.disarm(n)
	b.read += int64(n)
	b.sum.add(p[:n])
	b.err = b.judge(err)
	return n, b.err
}

// Close gives the connection up; a rest that was not read is not waited for.
func (b *Body) Close() error {
	if b.err == nil {
		b.err = errors.New("read after close")
	}
	b.watch.stop()
	return b.stream.Close()
}

// judge turns the stream's error into the body's.
func (b *Body) judge(err error) error {
	if errors.Is(err, io.EOF) {
		err = b.verify()
		if err == nil {
			return io.EOF
		}
	}
	if b.read > b.Object.Size {
		err = fmt.Errorf("more bytes than the object's %d", b.Object.Size)
	}
	if err == nil {
		return nil
	}
	return b.fail(b.watch.cause(err))
}

// verify compares what was read with what the store said, at the end of the stream.
func (b *Body) verify() error {
	if b.read != b.Object.Size {
		return fmt.Errorf("the stream ended early: %w", io.ErrUnexpectedEOF)
	}
	return b.sum.verify()
}

func (b *Body) fail(err error) error {
	if b.Object.Local() {
		return fmt.Errorf("read %q: the file was changed or cannot be read: %w", b.Object.Key, err)
	}
	return fmt.Errorf("read %q at byte %d of %d: %w", b.Object, b.read, b.Object.Size, err)
}
