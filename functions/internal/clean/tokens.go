package clean

import (
	"bytes"
	"strings"
	"unicode"
	"unicode/utf8"
)

// tokenSet answers quickly whether a value is one of a few words, whatever their case.
// Most values are settled by their first byte.
type tokenSet struct {
	words [][]byte
	empty bool
	first [256]bool // bytes with which a word begins, in any case
}

func newTokenSet(words []string) tokenSet {
	var set tokenSet
	for _, w := range words {
		word := strings.TrimSpace(w)
		if word == "" {
			set.empty = true
			continue
		}
		set.words = append(set.words, []byte(word))
		set.noteFirst(word)
	}
	return set
}

// noteFirst walks through all cases of a word's first letter; k, K and the Kelvin sign are one.
func (s *tokenSet) noteFirst(word string) {
	letter, _ := utf8.DecodeRuneInString(word)
	s.first[word[0]] = true
	for r := unicode.SimpleFold(letter); r != letter; r = unicode.SimpleFold(r) {
		s.first[string(r)[0]] = true
	}
}

func (s *tokenSet) contains(value []byte) bool {
	if len(value) == 0 {
		return s.empty
	}
	if !s.first[value[0]] {
		return false
	}
	for _, w := range s.words {
		if bytes.EqualFold(w, value) {
			return true
		}
	}
	return false
}
