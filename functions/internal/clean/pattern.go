package clean

import (
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// layout is a pattern in the letters of Java and Spark (java.time.format.DateTimeFormatter), as
// package time wants it.
type layout struct {
	text  string
	zoned bool // it reads an offset
}

// layoutElements are the runs of letters that are understood. Names of zones (z) are not: package
// time takes those that it does not know for UTC. yy is 1969 to 2068.
func layoutElements() map[string]string {
	return map[string]string{
		"yyyy": "2006", "uuuu": "2006", "y": "2006", "yy": "06",
		"MM": "01", "M": "1", "MMM": "Jan", "MMMM": "January", "dd": "02", "d": "2", "EEE": "Mon", "EEEE": "Monday",
		"HH": "15", "H": "15", "hh": "03", "h": "3", "mm": "04", "m": "4", "ss": "05", "s": "5", "a": "PM",
		"XXX": "Z07:00", "XX": "Z0700", "X": "Z07", "xxx": "-07:00", "xx": "-0700", "x": "-07", "Z": "-0700",
	}
}

// piece is a literal or an element of a layout.
type piece struct {
	text    string
	element bool
}

// newLayout compiles a pattern, and refuses what it cannot read faithfully: an incomplete date, an hour
// of 12 without its half of the day, and a literal that package time would take for an element.
func newLayout(pattern string) (layout, error) {
	pieces, letters, err := splitPattern(pattern)
	if err != nil {
		return layout{}, fmt.Errorf("format %q: %w", pattern, err)
	}
	var text strings.Builder
	for _, p := range pieces {
		text.WriteString(p.text)
	}
	l := layout{text: text.String(), zoned: strings.ContainsAny(letters, "XxZ")}
	has := func(some string) bool { return strings.ContainsAny(letters, some) }
	switch {
	case !has("yu") || !has("M") || !has("d"):
		err = fmt.Errorf("format %q: a time needs year, month and day", pattern)
	case has("h") != has("a"):
		err = fmt.Errorf("format %q: h (hour of 12) and a (AM or PM) need each other; the hour of 24 is H", pattern)
	case !expressible(pieces, l.text):
		err = fmt.Errorf("format %q: a literal in it cannot be told from a part of the time", pattern)
	}
	return l, err
}

// splitPattern cuts a pattern into pieces and gives the letters that it uses. Text between quotes is
// literal, two quotes are one; literals are compared without regard to case.
func splitPattern(pattern string) (pieces []piece, letters string, err error) {
	for rest := pattern; rest != ""; {
		var p piece
		run := len(rest) - len(strings.TrimLeft(rest, rest[:1]))
		switch first, size := utf8.DecodeRuneInString(rest); {
		case first == '\'':
			p.text, run, err = quotedLiteral(rest)
		case first == 'S':
			pieces, p, err = fractionElement(pieces, run)
		case first == 'T' && run == 1 || !isPatternLetter(first):
			p.text, run = strings.ToUpper(rest[:size]), size
		default:
			p, err = letterElement(rest[:run])
			letters += rest[:1]
		}
		if err != nil {
			return nil, "", err
		}
		pieces, rest = append(pieces, p), rest[run:]
	}
	return pieces, letters, nil
}

func isPatternLetter(r rune) bool { return r <= unicode.MaxASCII && unicode.IsLetter(r) }

// quotedLiteral reads a literal that begins with a quote, and its length in the pattern.
func quotedLiteral(rest string) (text string, length int, err error) {
	if strings.HasPrefix(rest, "''") {
		return "'", 2, nil
	}
	for i := 1; i < len(rest); i++ {
		switch {
		case rest[i] != '\'':
		case strings.HasPrefix(rest[i:], "''"):
			i++
		default:
			return strings.ToUpper(strings.ReplaceAll(rest[1:i], "''", "'")), i + 1, nil
		}
	}
	return "", 0, fmt.Errorf("%s: the quote does not end", rest)
}

// fractionElement joins a run of S with the point or comma before it, as package time wants it.
func fractionElement(pieces []piece, run int) ([]piece, piece, error) {
	last := len(pieces) - 1
	if last < 0 || pieces[last].element || pieces[last].text != "." && pieces[last].text != "," || run > 9 {
		return nil, piece{}, fmt.Errorf("%s: want at most nine, after a point or a comma", strings.Repeat("S", run))
	}
	return pieces[:last], piece{text: pieces[last].text + strings.Repeat("0", run), element: true}, nil
}

func letterElement(letters string) (piece, error) {
	text, ok := layoutElements()[letters]
	if !ok {
		return piece{}, fmt.Errorf("%q is not understood", letters)
	}
	return piece{text: text, element: true}, nil
}

// expressible reports whether package time splits the layout as the pattern meant it: two unlike times
// must look the same in the whole layout as piece by piece.
func expressible(pieces []piece, layout string) bool {
	for _, t := range []time.Time{
		time.Date(1987, 11, 28, 21, 49, 37, 123_456_789, time.FixedZone("", 3*3600)),
		time.Date(2034, 8, 9, 6, 7, 8, 987_654_321, time.FixedZone("", -5*3600-1800)),
	} {
		var want []byte
		for _, p := range pieces {
			if p.element {
				want = t.AppendFormat(want, p.text)
			} else {
				want = append(want, p.text...)
			}
		}
		if t.Format(layout) != string(want) {
			return false
		}
	}
	return true
}
