package csvfile

import (
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/zstd"

	"eventdrop/functions/internal/dropzone"
)

// freeText is how much text any compressed object may have, whatever its ratio.
const freeText = 16 << 20

// bounded reads a decompressor within the limits and says whose fault its errors are.
type bounded struct {
	text   io.Reader
	stored *source
	name   string
	limits Limits
	count  int64
	err    error
}

// Read keeps its first error for good.
func (b *bounded) Read(p []byte) (int, error) {
	if b.err != nil {
		return 0, b.err
	}
	n, err := b.text.Read(p)
	b.count += int64(n)
	b.err = b.judge(err)
	return n, b.err
}

// judge turns a decompressor's error into the source's own or into a reason to park the
// object, and finds decompression bombs.
func (b *bounded) judge(err error) error {
	switch {
	case b.stored.failure() != nil:
		if err == nil {
			return nil // text that came before the failure is still good
		}
		return b.stored.failure()
	case errors.Is(err, zstd.ErrWindowSizeExceeded):
		return b.windowTooLarge(err)
	case err != nil && !cleanEnd(err):
		return b.damaged(err)
	case b.count > b.limits.DecompressedBytes:
		return b.tooLarge()
	case b.count > freeText && b.count/int64(b.limits.Ratio) > b.stored.count:
		return b.bomb()
	default:
		return err
	}
}

func (b *bounded) damaged(err error) error {
	return &dropzone.UnreadableError{
		Reason: dropzone.DamagedCompression,
		Hint:   fmt.Sprintf("The %s stream is cut or corrupt: test the file with `%s -t` and drop it again.", b.name, b.name),
		Err:    err,
	}
}

func (b *bounded) windowTooLarge(err error) error {
	return &dropzone.UnreadableError{
		Reason: dropzone.TooLarge,
		Hint:   fmt.Sprintf("The zstd stream needs a window of more than %d MiB: compress it without --ultra and --long.", zstdWindow>>20),
		Err:    err,
	}
}

func (b *bounded) tooLarge() error {
	return &dropzone.UnreadableError{
		Reason: dropzone.TooLarge,
		Hint:   fmt.Sprintf("The decompressed text is larger than %d bytes: split the file, or raise the limit.", b.limits.DecompressedBytes),
	}
}

func (b *bounded) bomb() error {
	return &dropzone.UnreadableError{
		Reason: dropzone.SuspiciousRatio,
		Hint: fmt.Sprintf("The text is more than %d times larger than its %s stream: if that is right, drop it uncompressed.",
			b.limits.Ratio, b.name),
	}
}
