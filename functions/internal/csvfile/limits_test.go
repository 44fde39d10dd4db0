package csvfile

import (
	"bytes"
	"compress/gzip"
	"io"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"

	"eventdrop/functions/internal/dropzone"
)

// repeated gives a text over and over, up to a number of bytes, without holding it.
type repeated struct {
	text string
	left int
	at   int
}

func repeat(text string, size int) io.Reader {
	return &repeated{text: strings.Repeat(text, 1+4096/len(text)), left: size}
}

func (r *repeated) Read(p []byte) (int, error) {
	if r.left == 0 {
		return 0, io.EOF
	}
	n := copy(p[:min(len(p), r.left)], r.text[r.at:])
	r.at = (r.at + n) % len(r.text)
	r.left -= n
	return n, nil
}

// count counts the sound records of an object and keeps nothing of it.
func count(t *testing.T, src io.Reader, o Options) (sound int64, err error) {
	t.Helper()
	r, err := NewReader(src, o)
	for err == nil {
		var record *Record
		if record, err = r.Next(); err == nil && record.Damage == "" {
			sound++
		}
	}
	if cleanEnd(err) {
		err = nil
		if d := r.Dialect(); d.Lines != d.HeaderLines+d.Records+d.BlankLines+d.ContinuationLines {
			t.Errorf("lines do not add up: %+v", d)
		}
	}
	return sound, err
}

// held is the memory that a reader holds on to, in bytes, apart from its decompressor.
func held(r *Reader) int {
	return len(r.text.buf) + cap(r.split.unescaped) + cap(r.split.fields)*24 + cap(r.beginning) + len(r.headerText)
}

// D12.
func TestMemoryIsBoundedWhateverTheObject(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		body string
		size int
	}{
		"rows":                    {"1,view\n", 8 << 20},
		"quoted rows":             {"\"1\",\"a \"\"b\"\"\"\n", 8 << 20},
		"a field":                 {"x", 100 << 20},
		"a line of delimiters":    {",", 100 << 20},
		"a quoted field":          {"\"x", 100 << 20},
		"a quoted field of lines": {"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\n", 8 << 20},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			head := "event_id,event_type\n" + strings.Repeat(`1,"`, strings.Count(name, "a quoted"))
			r, err := NewReader(io.MultiReader(strings.NewReader(head), repeat(c.body, c.size)), Options{})
			for err == nil {
				_, err = r.Next()
			}
			if !cleanEnd(err) || held(r) > 4<<20 {
				t.Errorf("%d bytes are held: %v", held(r), err)
			}
		})
	}
}

// D9, D10: a quote opened in line 2 costs that line, whatever follows, and the reader holds no more for it.
func TestAQuoteOpenedInLineTwoOfAMillionCostsOneRecord(t *testing.T) {
	t.Parallel()
	const line = "1,view\n"
	src := io.MultiReader(strings.NewReader("event_id,event_type\n1,\"view\n"), repeat(line, 999_998*len(line)))
	r, err := NewReader(src, Options{})
	sound, damaged, most := 0, []dropzone.Reason(nil), 0
	for err == nil {
		var record *Record
		if record, err = r.Next(); err != nil {
			break
		}
		if most = max(most, held(r)); record.Damage != "" {
			damaged = append(damaged, record.Damage)
		} else {
			sound++
		}
	}
	if !cleanEnd(err) || sound != 999_998 || len(damaged) != 1 || damaged[0] != dropzone.UnbalancedQuote || most > 4<<20 {
		t.Errorf("%d sound records, damage %v, %d bytes held, %v", sound, damaged, most, err)
	}
	if d := r.Dialect(); d.Lines != 1_000_000 {
		t.Errorf("%d lines", d.Lines)
	}
}

//nolint:paralleltest // it counts what is allocated
func TestRecordsAreReadWithoutAllocating(t *testing.T) {
	for _, quotes := range []bool{false, true} {
		r, err := NewReader(bytes.NewReader(shopFile(3000, quotes)), Options{})
		if err != nil {
			t.Fatal(err)
		}
		next := func() {
			if _, err := r.Next(); err != nil {
				t.Fatal(err)
			}
		}
		for range 100 {
			next()
		}
		if n := testing.AllocsPerRun(2500, next); n != 0 {
			t.Errorf("quotes %v: %v allocations a record", quotes, n)
		}
	}
}

// Text that makes each line look like the beginning of something long. If the effort were not
// linear, this would not end: 10^5 to 10^6 lines, each followed over up to a megabyte.
func TestEffortIsLinear(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ header, line string }{
		"never closed":              {"event_id,event_type,price", "x,\"y"},
		"closed and opened":         {"event_id,event_type,price", "x\",\""},
		"closed and opened, single": {"event_id", "x\",\""},
		"opened, single":            {"event_id", "\"x"},
		"doubled":                   {"event_id,event_type,price", `""`},
		"three":                     {"event_id,event_type,price", `"""`},
		"alone":                     {"event_id,event_type,price", `"`},
		"opened once, prose":        {"event_id,event_type", "x, y"},
		"opened once, empty":        {"event_id,event_type", ""},
		"wide":                      {"event_id" + strings.Repeat(",", 999), "x\",\""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			src := io.MultiReader(strings.NewReader(c.header+"\n\"\n"), repeat(c.line+"\n", 1<<20))
			if _, err := count(t, src, Options{}); err != nil {
				t.Fatal(err)
			}
		})
	}
}

// D1.
func TestDecompressionBombIsRefused(t *testing.T) {
	t.Parallel()
	var bomb bytes.Buffer
	row := "1," + strings.Repeat("x", 1021) + "\n"
	w := gzip.NewWriter(&bomb)
	if _, err := io.Copy(w, io.MultiReader(strings.NewReader(twoRows), repeat(row, 24<<20))); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	sound, err := count(t, bytes.NewReader(bomb.Bytes()), Options{})
	if !isReason(err, dropzone.SuspiciousRatio) || sound<<10 > 20<<20 {
		t.Errorf("default ratio: %v after %d records", err, sound)
	}
	if _, err = count(t, bytes.NewReader(bomb.Bytes()), Options{Limits: Limits{Ratio: 2000}}); err != nil {
		t.Errorf("wide ratio: %v", err)
	}
	_, err = count(t, bytes.NewReader(bomb.Bytes()), Options{Limits: Limits{Ratio: 2000, DecompressedBytes: 20 << 20}})
	if !isReason(err, dropzone.TooLarge) {
		t.Errorf("size: %v", err)
	}
}

func TestZstdWindowIsBounded(t *testing.T) {
	t.Parallel()
	var object bytes.Buffer
	w, err := zstd.NewWriter(&object, zstd.WithWindowSize(64<<20), zstd.WithEncoderConcurrency(1))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(w, repeat(twoRows, 1<<20)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := count(t, &object, Options{}); !isReason(err, dropzone.TooLarge) {
		t.Error(err)
	}
}
