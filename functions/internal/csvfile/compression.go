package csvfile

import (
	"bufio"
	"bytes"
	"compress/bzip2"
	"io"

	"github.com/klauspost/compress/zstd"
)

// The names of compressions, as the ledger stores them.
const (
	gzipped  = "gzip"
	zstded   = "zstd"
	bzipped  = "bzip2"
	magicLen = 10 // the bytes that tell them apart
)

// zstdWindow bounds the memory of a zstd stream. It is what RFC 8878 asks every decoder to
// support and what the zstd tool writes, unless told --ultra or --long.
const zstdWindow = 8 << 20

// peekBytes is the size of the buffers in which the first bytes are looked at. What is read
// of the text later goes past them, in larger pieces.
const peekBytes = 4 << 10

// compressionOf names the compression by the object's first bytes, never by its key.
// Sources: RFC 1952 (gzip), RFC 8878 (zstd frames and skippable frames), and bzip2's own
// block and end marks, without which "BZh" might as well begin a column's name.
func compressionOf(head []byte) string {
	switch {
	case bytes.HasPrefix(head, []byte{0x1f, 0x8b}):
		return gzipped
	case bytes.HasPrefix(head, []byte{0x28, 0xb5, 0x2f, 0xfd}):
		return zstded
	case len(head) >= 4 && head[0]&0xf0 == 0x50 && bytes.Equal(head[1:4], []byte{0x2a, 0x4d, 0x18}):
		return zstded
	case isBzip2(head):
		return bzipped
	default:
		return ""
	}
}

func isBzip2(head []byte) bool {
	if len(head) < magicLen || !bytes.HasPrefix(head, []byte("BZh")) {
		return false
	}
	mark := string(head[4:magicLen])
	return mark == "1AY&SY" || mark == "\x17rE8P\x90"
}

// openText gives the object's text, decompressed and bounded, and the compression's name.
// Its errors are the source's own, or [dropzone.UnreadableError].
func openText(src io.Reader, limits Limits) (*bufio.Reader, string, error) {
	stored := &source{r: src}
	raw := bufio.NewReaderSize(stored, peekBytes)
	head, _ := raw.Peek(magicLen) // a short object or a failing source shows when it is read
	name := compressionOf(head)
	if name == "" {
		return raw, "", nil
	}
	bounded := &bounded{stored: stored, limits: limits, name: name}
	opened, err := decompressor(name, raw)
	if err != nil {
		return nil, name, bounded.judge(err)
	}
	bounded.text = opened
	return bufio.NewReaderSize(bounded, peekBytes), name, nil
}

// decompressor opens a stream; all of them go on with concatenated members.
func decompressor(name string, raw *bufio.Reader) (io.Reader, error) {
	switch name {
	case gzipped:
		return newGzipMembers(raw)
	case zstded:
		// One decoder at a time, in the caller's goroutine: less memory, and nothing to close.
		return zstd.NewReader(raw, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true),
			zstd.WithDecoderMaxWindow(zstdWindow))
	default:
		return bzip2.NewReader(raw), nil
	}
}
