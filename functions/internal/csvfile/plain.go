package csvfile

import (
	"encoding/binary"
	"math/bits"
)

// plain splits a text that has no quote, as nearly every record is. Fields are short, so that
// a call of bytes.IndexByte for each would cost more than its search: it looks at eight bytes at
// a time. The splitter needs room for its limit of fields.
func (s *splitter) plain(text []byte) {
	delimiters := uint64(s.delimiter) * lowBits
	kept := s.fields[:s.limit]
	seen, count, begin := uint64(0), 0, 0
	for i := 0; i < len(text); i += 8 {
		word := load(text[i:])
		seen |= word
		for hits := zeroBytes(word ^ delimiters); hits != 0; hits &= hits - 1 {
			end := i + bits.TrailingZeros64(hits)/8
			if count < len(kept) {
				kept[count] = text[begin:end]
			}
			count++
			begin = end + 1
		}
	}
	s.fields, s.count, s.literal, s.ascii = kept[:min(count, len(kept))], count, false, seen&highBits == 0
	s.add(text[begin:])
}

// indexEither finds the first of two bytes, neither of which is NUL. It is made for fields, which are
// shorter than what bytes.IndexByte is good at.
func indexEither(text []byte, a, b byte) int {
	first, second := uint64(a)*lowBits, uint64(b)*lowBits
	for i := 0; i < len(text); i += 8 {
		word := load(text[i:])
		if hits := zeroBytes(word^first) | zeroBytes(word^second); hits != 0 {
			return i + bits.TrailingZeros64(hits)/8
		}
	}
	return -1
}

// The lowest and the highest bit of each of eight bytes.
const (
	lowBits  = 0x0101010101010101
	highBits = 0x8080808080808080
)

// load gives eight bytes as a word, the first of them lowest; bytes that are not there are zero.
func load(text []byte) uint64 {
	if len(text) >= 8 {
		return binary.LittleEndian.Uint64(text)
	}
	word := uint64(0)
	for i, b := range text {
		word |= uint64(b) << (8 * i)
	}
	return word
}

// zeroBytes sets the highest bit of each byte of word that is zero, and no other bit.
func zeroBytes(word uint64) uint64 {
	return ^(word&^highBits + ^uint64(highBits) | word | ^uint64(highBits))
}
