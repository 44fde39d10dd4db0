package clean

import "bytes"

// tokenSet answers quickly whether a value is one of a few words, whatever their case.
// Most values are settled by their length or their first byte.
type tokenSet struct {
	words   [][]byte // lower case
	lengths uint64   // bit n: a word of n bytes exists
	first   [256]bool
}

func newTokenSet(words []string) tokenSet {
	var set tokenSet
	for _, w := range words {
		word := bytes.ToLower([]byte(w))
		set.words = append(set.words, word)
		set.lengths |= 1 << min(len(word), 63)
		if len(word) > 0 {
			set.first[word[0]] = true
			set.first[bytes.ToUpper(word[:1])[0]] = true
		}
	}
	return set
}

func (s *tokenSet) contains(value []byte) bool {
	if s.lengths&(1<<min(len(value), 63)) == 0 {
		return false
	}
	if len(value) == 0 {
		return true
	}
	if !s.first[value[0]] {
		return false
	}
	for _, w := range s.words {
		if len(w) == len(value) && bytes.EqualFold(w, value) {
			return true
		}
	}
	return false
}
