package clean

import (
	"bytes"
	"encoding/binary"
	"math/bits"
)

// wordTable finds a value by one of its spellings. It is a hash table with at most a quarter of its
// slots taken, which beats a map because words are short and told apart by eight bytes and their length.
type wordTable struct {
	slots []spelling
	shift int
}

type spelling struct {
	word, value []byte
}

func newWordTable(values map[string][]byte) *wordTable {
	size := bits.Len(uint(4 * len(values)))
	t := &wordTable{slots: make([]spelling, 1<<size), shift: 64 - size}
	for word, value := range values {
		at := t.slot([]byte(word))
		*at = spelling{[]byte(word), value}
	}
	return t
}

// value returns nil for an unknown word.
func (t *wordTable) value(word []byte) []byte { return t.slot(word).value }

// slot returns the slot of a word, or the free one where it belongs.
func (t *wordTable) slot(word []byte) *spelling {
	last := uint64(1)<<(64-t.shift) - 1
	for at := hashWord(word) >> t.shift; ; at++ {
		s := &t.slots[at&last]
		if s.value == nil || bytes.Equal(s.word, word) {
			return s
		}
	}
}

// hashWord mixes the last eight bytes of a word, and its length.
func hashWord(word []byte) uint64 {
	tail := uint64(len(word))
	if n := len(word); n >= 8 {
		tail += binary.LittleEndian.Uint64(word[n-8:])
	} else {
		for _, b := range word {
			tail = tail<<8 | uint64(b)
		}
	}
	return tail * 0x9e3779b97f4a7c15 // 2^64 divided by the golden ratio: it spreads into the highest bits
}
