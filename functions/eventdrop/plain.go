package main

import (
	"strconv"
	"strings"
	"unicode"
)

// plain is text from outside as a terminal may show it: whatever is not printed as itself, as the escape character,
// line ends and marks that turn the direction of writing, is written as Go does.
func plain(text string) string {
	var b strings.Builder
	for _, r := range text {
		if unicode.IsPrint(r) {
			b.WriteRune(r)
			continue
		}
		b.WriteString(strings.Trim(strconv.QuoteRune(r), "'"))
	}
	return b.String()
}

// beginning is what fits of a long text, and whether that is all.
func beginning(text string, characters int) (string, bool) {
	for at := range text {
		if characters == 0 {
			return text[:at], false
		}
		characters--
	}
	return text, true
}

// plainLines is plain for a text of several lines, as an error may have.
func plainLines(text string) string {
	lines := strings.Split(text, "\n")
	for i := range lines {
		lines[i] = plain(lines[i])
	}
	return strings.Join(lines, "\n")
}
