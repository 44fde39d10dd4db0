package propose

import (
	"bytes"
	"hash/maphash"
	"slices"
	"strings"

	"eventdrop/functions/internal/contract"
)

// column is what is known of one column of the sample. Its memory is bounded, but for hashes, which
// the survey counts.
type column struct {
	header string
	field  int
	words  []string // of the header, in lower case

	present, absent int
	nulls           map[string]int // words for "no value" that were seen
	uuids, booleans tally
	integers        tally
	decimals        tally
	places          int            // the most decimal places of a number, at most 8
	rounded         int            // numbers with more than 8 decimal places
	codes           int            // numbers that are names: leading zeros, or a plus
	floats          int            // whole numbers that are written as floats
	commas          int            // numbers such as 1,234
	small, large    string         // the smallest and the largest number, as written
	low, high       int64          // and their values, in units of 10^-8
	times           map[string]int // which formats read a cell -> how many cells
	read            []int          // how many cells each format read
	noTime          string         // a value that no format reads
	skip            []bool         // formats that read hardly any
	distinct        map[string]*spelling
	longest         int
	examples        []string

	probes *probes
	seed   maphash.Seed
	hashes map[uint64]struct{} // nil: not unique, or not judged
	unique bool
}

// tally counts cells that fit a type, and keeps one that does not.
type tally struct {
	fit    int
	misfit string
}

func (t *tally) note(fits bool, cell []byte) {
	switch {
	case fits:
		t.fit++
	case t.misfit == "":
		t.misfit = example(cell)
	}
}

// spelling is a value of what may be an enum.
type spelling struct {
	text  string // as it came first
	count int
}

const (
	mostValues   = 12  // of an enum
	longestValue = 40  // of an enum, in bytes
	mostPatterns = 200 // combinations of formats that are told apart
	judgedAfter  = 200 // cells; then formats that read less than one of a hundred are dropped
	mostExamples = 3
)

func newColumn(header string, field int, p *probes) *column {
	return &column{
		header: header, field: field, words: words(header), nulls: map[string]int{}, probes: p,
		times: map[string]int{}, read: make([]int, len(p.formats)), skip: make([]bool, len(p.formats)),
		distinct: map[string]*spelling{}, seed: maphash.MakeSeed(), hashes: map[uint64]struct{}{}, unique: true,
	}
}

// nullWords mean "no value" in many files.
func nullWords() []string {
	return []string{"null", "none", "nil", "nan", "n/a", "#n/a", "undefined", `\N`, "(null)", "-"}
}

func (c *column) observe(field []byte) {
	cell := bytes.TrimSpace(field)
	if len(cell) == 0 {
		c.absent++
		return
	}
	for _, word := range nullWords() {
		if len(word) == len(cell) && strings.EqualFold(word, string(cell)) {
			c.absent++
			c.nulls[word]++
			return
		}
	}
	c.present++
	c.observeValue(cell)
}

func (c *column) observeValue(cell []byte) {
	_, fits, _ := c.probes.uuid.Fits(cell)
	c.uuids.note(fits, cell)
	_, fits, _ = c.probes.boolean.Fits(cell)
	c.booleans.note(fits, cell)
	c.observeNumber(cell)
	c.observeTime(cell)
	c.observeText(cell)
	if c.hashes != nil {
		hash := maphash.Bytes(c.seed, cell)
		if _, seen := c.hashes[hash]; seen {
			c.forget()
		} else {
			c.hashes[hash] = struct{}{}
		}
	}
}

// forget gives up on uniqueness.
func (c *column) forget() { c.hashes, c.unique = nil, false }

func (c *column) observeNumber(cell []byte) {
	_, whole, _ := c.probes.integer.Fits(cell)
	digits := bytes.TrimLeft(cell, "-")
	if cell[0] == '+' || len(digits) > 1 && digits[0] == '0' && digits[1] >= '0' && digits[1] <= '9' {
		c.codes++
	}
	_, amount, _ := c.probes.decimal[0].Fits(cell)
	switch places := writtenPlaces(cell); {
	case whole && places == 1:
		c.floats++
	case amount: // 10.00 is an amount, and no count; 19.50 has two places as much as 19.55
		c.places = max(c.places, min(places, mostPlaces))
	}
	c.integers.note(whole, cell)
	_, fits, exact := c.probes.decimal[c.places].Fits(cell)
	for fits && !exact && c.places < mostPlaces {
		c.places++
		_, fits, exact = c.probes.decimal[c.places].Fits(cell)
	}
	c.decimals.note(fits, cell)
	if !fits {
		return
	}
	if !exact {
		c.rounded++
	}
	if comma := bytes.IndexByte(cell, ','); comma >= 0 && bytes.Count(cell, []byte(",")) == 1 && bytes.IndexByte(cell, '.') < 0 && isGroup(cell[comma+1:]) {
		c.commas++
	}
	c.noteRange(cell)
}

// writtenPlaces counts the digits behind a decimal point or comma.
func writtenPlaces(cell []byte) int {
	point := bytes.LastIndexAny(cell, ".,")
	if point < 0 || cell[point] == ',' && isGroup(cell[point+1:]) {
		return 0
	}
	return leadingDigits(cell[point+1:]) // a currency may follow
}

// isGroup reports whether text begins with exactly three digits.
func isGroup(text []byte) bool { return leadingDigits(text) == 3 }

func leadingDigits(text []byte) (n int) {
	for n < len(text) && text[n] >= '0' && text[n] <= '9' {
		n++
	}
	return n
}

func (c *column) noteRange(cell []byte) {
	value, fits, _ := c.probes.decimal[mostPlaces].Fits(cell) // one scale, so that values can be compared
	if !fits {
		return
	}
	if c.small == "" || value < c.low {
		c.small, c.low = example(cell), value
	}
	if c.large == "" || value > c.high {
		c.large, c.high = example(cell), value
	}
}

func (c *column) observeTime(cell []byte) {
	fitting := c.probes.times(cell, c.skip)
	for _, i := range fitting {
		c.read[i]++
	}
	if len(fitting) == 0 && c.noTime == "" {
		c.noTime = example(cell)
	}
	if _, known := c.times[string(fitting)]; known || len(c.times) < mostPatterns {
		c.times[string(fitting)]++
	}
	if c.present == judgedAfter {
		for i := range c.skip {
			c.skip[i] = c.read[i]*100 < c.present
		}
	}
}

func (c *column) observeText(cell []byte) {
	c.longest = max(c.longest, len([]rune(string(cell))))
	if len(c.examples) < mostExamples {
		if text := example(cell); !slices.Contains(c.examples, text) {
			c.examples = append(c.examples, text)
		}
	}
	if c.distinct == nil {
		return
	}
	folded := contract.Fold(string(cell))
	if held, ok := c.distinct[folded]; ok {
		held.count++
		return
	}
	if folded == "" || len(cell) > longestValue || len(c.distinct) == mostValues {
		c.distinct = nil
		return
	}
	c.distinct[folded] = &spelling{text: string(cell), count: 1}
}

// example cuts a cell to what a comment has room for.
func example(cell []byte) string {
	const most = 40
	text := []rune(string(cell[:min(len(cell), 4*most)]))
	if len(text) <= most {
		return string(text)
	}
	return string(text[:most]) + "..."
}
