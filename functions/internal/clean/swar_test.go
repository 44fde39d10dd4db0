package clean

import (
	"encoding/binary"
	"encoding/hex"
	"strings"
	"testing"
	"time"
)

// Times and UUIDs are read eight bytes at a time: every byte at every place must do what it does alone,
// and nothing to its neighbours.
func TestEveryByteAtEveryPlaceOfATime(t *testing.T) {
	t.Parallel()
	const form = "2011-11-11T11:11:11"
	layouts := []string{"2006-01-02T15:04:05", "2006-01-02t15:04:05", "2006-01-02 15:04:05", "2006-01-02T15:04-07"}
	read := isoReader(time.UTC)
	for at := range form {
		for b := range 256 {
			cell := []byte(form)
			cell[at] = byte(b)
			var want time.Time
			err := error(&time.ParseError{})
			for i := 0; i < len(layouts) && err != nil; i++ {
				want, err = time.Parse(layouts[i], string(cell))
			}
			got, ok := read(cell)
			if ok != (err == nil) || ok && got != want.UnixMicro() {
				t.Errorf("%q: %d %v, want %v %v", cell, got, ok, want, err)
			}
		}
	}
}

func TestEveryByteAtEveryPlaceOfHexadecimalDigits(t *testing.T) {
	t.Parallel()
	for at := range 8 {
		for b := range 256 {
			digits := []byte("09afAF5c")
			digits[at] = byte(b)
			want, err := hex.DecodeString(string(digits))
			four, ok := unhex(binary.LittleEndian.Uint64(digits))
			if got := string(binary.LittleEndian.AppendUint32(nil, four)); ok != (err == nil) || ok && got != string(want) {
				t.Errorf("%q: %x %v, want %x %v", digits, got, ok, want, err)
			}
		}
	}
}

func TestWordsAreFoundWhateverTheirHash(t *testing.T) {
	t.Parallel()
	values := map[string][]byte{}
	for n := range 200 {
		word := strings.Repeat("x", n) + "same tail"
		values[word], values[word[:n]] = []byte(word), []byte(word[:n])
	}
	words := newWordTable(values)
	for word, value := range values {
		if got := words.value([]byte(word)); string(got) != string(value) {
			t.Errorf("%q: %q", word, got)
		}
		if got := words.value([]byte(word + "y")); got != nil {
			t.Errorf("%q: %q, want none", word+"y", got)
		}
	}
}
