package csvfile

import (
	"encoding/binary"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/transform"
)

// utf16Decoder turns UTF-16 into UTF-8. Unlike the one of x/text/encoding/unicode it does not
// put U+FFFD in place of what is no text: such a value would load, silently changed. A lone
// surrogate keeps its own three bytes, and half a unit at the end becomes 0xff; neither is
// valid UTF-8, so that the record which holds it is found to be damaged.
type utf16Decoder struct {
	transform.NopResetter

	order binary.ByteOrder
}

// Transform implements [transform.Transformer].
func (d utf16Decoder) Transform(dst, src []byte, atEOF bool) (nDst, nSrc int, err error) {
	for nSrc < len(src) {
		text, size := d.next(src[nSrc:], atEOF)
		if size == 0 {
			return nDst, nSrc, transform.ErrShortSrc
		}
		if len(dst)-nDst < utf8.UTFMax {
			return nDst, nSrc, transform.ErrShortDst
		}
		nDst += text.put(dst[nDst:])
		nSrc += size
	}
	return nDst, nSrc, nil
}

// next decodes the first character of src and its size in bytes; 0 asks for more bytes.
func (d utf16Decoder) next(src []byte, atEOF bool) (character, int) {
	if len(src) < 2 {
		if atEOF {
			return half, len(src)
		}
		return 0, 0
	}
	first := rune(d.order.Uint16(src))
	if first&^0x3ff != 0xd800 {
		return character(first), 2
	}
	if len(src) < 4 {
		if atEOF {
			return character(first), 2
		}
		return 0, 0
	}
	pair := utf16.DecodeRune(first, rune(d.order.Uint16(src[2:])))
	if pair == utf8.RuneError {
		return character(first), 2
	}
	return character(pair), 4
}

// character is a code point, a lone surrogate, or half.
type character rune

// half stands for a single byte at the end of the text.
const half character = -1

// put writes the character to dst and gives its length.
func (c character) put(dst []byte) int {
	switch {
	case c == half:
		dst[0] = 0xff
		return 1
	case c&^0x7ff == 0xd800:
		return copy(dst, []byte{0xed, byte(0x80 | c>>6&0x3f), byte(0x80 | c&0x3f)}) //nolint:gosec // six bits each
	default:
		return utf8.EncodeRune(dst, rune(c))
	}
}
