package propose

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"eventdrop/functions/internal/dropzone"
)

// guess is what a column is taken for.
type guess struct {
	typ     dropzone.Type
	misfit  int    // values that are not of the type
	example string // one of them
	scale   int
	formats []string
	values  []*spelling
	remarks []string // for people, a line each
}

func (g *guess) remark(format string, args ...any) {
	g.remarks = append(g.remarks, fmt.Sprintf(format, args...))
}

// Shares of a column's values, in percent, that must be of a type before the rest is taken for wrong values.
const (
	mostAreNumbers = 90
	mostAreTimes   = 95
	manyAreTimes   = 80 // where the name speaks of time
)

// guess decides on the type, the most particular one first.
func (c *column) guess() guess {
	if c.present == 0 {
		g := guess{typ: dropzone.Text}
		g.remark("Nothing was in it: text is the type that takes everything.")
		return g
	}
	if c.uuids.fit*100 >= c.present*mostAreNumbers {
		return guess{typ: dropzone.UUID, misfit: c.present - c.uuids.fit, example: c.uuids.misfit}
	}
	for _, try := range []func() (guess, bool){c.guessTime, c.guessBoolean, c.guessNumber, c.guessEnum} {
		if g, ok := try(); ok {
			return g
		}
	}
	return c.guessText()
}

func (c *column) guessTime() (guess, bool) {
	formats, covered := c.coverTimes()
	need := mostAreTimes
	if isTime(c.words) {
		need = manyAreTimes
	}
	for _, i := range formats {
		if c.probes.formats[i].hazy && !isTime(c.words) {
			return guess{}, false
		}
	}
	if covered*100 < c.present*need {
		return guess{}, false
	}
	g := guess{typ: dropzone.Timestamp, misfit: c.present - covered, example: c.noTime}
	for _, i := range formats {
		g.formats = append(g.formats, c.probes.formats[i].text)
	}
	c.remarkOrder(&g, formats)
	return g, true
}

// coverTimes chooses formats, each time the one that reads most of what the others do not read. A format for less
// than one value in a hundred is none.
func (c *column) coverTimes() (chosen []byte, covered int) {
	left := map[string]int{}
	maps.Copy(left, c.times)
	for {
		counts := make([]int, len(c.probes.formats))
		for pattern, count := range left {
			for _, i := range []byte(pattern) {
				counts[i] += count
			}
		}
		best := slices.Index(counts, slices.Max(counts))
		if counts[best] == 0 || counts[best]*100 < c.present {
			return chosen, covered
		}
		chosen, covered = append(chosen, byte(best)), covered+counts[best] //nolint:gosec // there are fewer than 256
		for pattern := range left {
			if strings.IndexByte(pattern, byte(best)) >= 0 { //nolint:gosec // as above
				delete(left, pattern)
			}
		}
	}
}

// remarkOrder says what the sample tells of the order of day and month.
func (c *column) remarkOrder(g *guess, chosen []byte) {
	for _, i := range chosen {
		f := c.probes.formats[i]
		if f.twin == "" {
			continue
		}
		mine, others := c.onlyRead(f.text, f.twin), c.onlyRead(f.twin, f.text)
		switch {
		case mine == 0 && others == 0:
			g.remark("DAY OR MONTH FIRST? The sample fits both. If this is the wrong one, write %q.", f.twin)
		case mine > 0 && others > 0:
			g.remark("Both orders of day and month are in it: %d values fit only %q, %d only %q. The rest is read by the first format: ask who writes it.",
				mine, f.text, others, f.twin)
		default:
			g.remark("The order of day and month is certain for %d of %d values; the others follow.", mine, c.present)
		}
		return
	}
}

// onlyRead counts the cells that one format reads and the other does not.
func (c *column) onlyRead(one, other string) (count int) {
	find := func(text string) byte {
		return byte(slices.IndexFunc(c.probes.formats, func(f format) bool { return f.text == text })) //nolint:gosec // fewer than 256
	}
	a, b := find(one), find(other)
	for pattern, n := range c.times {
		if strings.IndexByte(pattern, a) >= 0 && strings.IndexByte(pattern, b) < 0 {
			count += n
		}
	}
	return count
}

func (c *column) guessBoolean() (guess, bool) {
	digits := c.integers.fit == c.present
	if c.booleans.fit < c.present || digits && !isFlag(c.words) || isID(c.words) {
		return guess{}, false
	}
	return guess{typ: dropzone.Boolean}, true
}

func (c *column) guessNumber() (guess, bool) {
	if isID(c.words) || c.codes*100 > c.present {
		return guess{}, false
	}
	g := guess{typ: dropzone.Integer, misfit: c.present - c.integers.fit, example: c.integers.misfit}
	if c.decimals.fit > c.integers.fit || c.places > 0 {
		g = guess{typ: dropzone.Decimal, misfit: c.present - c.decimals.fit, example: c.decimals.misfit, scale: c.places}
	}
	if (c.present-g.misfit)*100 < c.present*mostAreNumbers {
		return guess{}, false
	}
	g.remark("From %q to %q in the sample. Bounds, if you want them: minimum and maximum.", c.small, c.large)
	if c.rounded > 0 {
		g.remark("%d of them have more than %d decimal places: they are rounded.", c.rounded, mostPlaces)
	}
	if c.commas > 0 {
		g.remark("A single comma before three digits separates thousands, as in %d of them: 1,234 is 1234. If it is a decimal comma, change the export.", c.commas)
	}
	if g.typ == dropzone.Integer && c.booleans.fit == c.present {
		g.remark("Only 0 and 1: if it is a yes or no, write boolean.")
	}
	return g, true
}

func (c *column) guessEnum() (guess, bool) {
	const few, often = 20, 5
	if len(c.distinct) < 2 || isID(c.words) || c.present < few || len(c.distinct)*often > c.present {
		return guess{}, false
	}
	g := guess{typ: dropzone.Enum}
	for _, value := range c.distinct {
		g.values = append(g.values, value)
	}
	slices.SortFunc(g.values, func(a, b *spelling) int { return cmp.Or(cmp.Compare(b.count, a.count), cmp.Compare(a.text, b.text)) })
	g.remark("Few values that come again and again: any other one will be rejected. If new ones are fine, write text.")
	return g, true
}

// guessText tells identifiers, which are normalised, from text.
func (c *column) guessText() guess {
	if !isID(c.words) {
		g := guess{typ: dropzone.Text}
		g.remark("At most %s in the sample. A limit, if you want one: max_length.", counted(c.longest, "character"))
		return g
	}
	g := guess{typ: dropzone.Identifier}
	if c.floats > 0 {
		g.remark("%d of them are written as floats (123.0): an identifier loses the .0.", c.floats)
	}
	if c.codes > 0 && c.integers.fit == c.present {
		g.remark("Numbers with leading zeros: an identifier keeps them.")
	}
	return g
}
