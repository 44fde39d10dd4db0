package csvfile

import (
	"bufio"
	"encoding/binary"
	"io"
	"strings"

	"golang.org/x/text/transform"
)

// The names of charsets, as the ledger stores them.
const (
	utf8Text    = "utf-8"
	utf16Little = "utf-16le"
	utf16Big    = "utf-16be"
)

// byteOrderMark is U+FEFF in UTF-8.
const byteOrderMark = "\xef\xbb\xbf"

// openCharset takes the byte order mark off the text and gives the rest as UTF-8. Without a
// mark the text is UTF-8, or else its records are found to be damaged one by one.
func openCharset(text *bufio.Reader) (utf8 io.Reader, charset string, marked bool) {
	head, _ := text.Peek(len(byteOrderMark)) // a short text or its error shows when it is read
	mark := string(head)
	switch {
	case mark == byteOrderMark:
		skip(text, len(byteOrderMark))
		return text, utf8Text, true
	case strings.HasPrefix(mark, "\xff\xfe"):
		skip(text, 2)
		return transform.NewReader(text, utf16Decoder{order: binary.LittleEndian}), utf16Little, true
	case strings.HasPrefix(mark, "\xfe\xff"):
		skip(text, 2)
		return transform.NewReader(text, utf16Decoder{order: binary.BigEndian}), utf16Big, true
	default:
		return text, utf8Text, false
	}
}

// skip drops n bytes that were peeked at, which cannot fail.
func skip(text *bufio.Reader, n int) { _, _ = text.Discard(n) }
