package storefront

import (
	"bytes"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/gzip"
)

// noBombs leaves out what takes long to build.
func noBombs() map[string]float64 { return map[string]float64{"object_gzip_bomb": 0} }

// damaged makes objects of which all have the damage.
func damaged(t *testing.T, class string, n int, o Options) []Object {
	t.Helper()
	o.Rates = map[string]float64{}
	for _, c := range objectClasses() {
		o.Rates[c.name] = 0
	}
	o.Rates[class] = 1
	objects := produce(t, o, n)
	for _, object := range objects {
		if object.Truth.Class != class {
			t.Fatalf("%s is %q, not %s", object.Key, object.Truth.Class, class)
		}
	}
	return objects
}

func TestParkedObjectsHaveReasonsAndNoLines(t *testing.T) {
	t.Parallel()
	for class, reasons := range map[string][]string{
		"object_binary": {"binary_content"}, "object_prose": {"no_known_column"}, "object_unknown_header": {"no_known_column"},
		"object_gzip_cut": {"damaged_compression"}, "object_gzip_bomb": {"suspicious_ratio", "too_large"},
	} {
		for _, o := range damaged(t, class, 3, Options{}) {
			if o.Truth.Outcome != OutcomeParked || !slices.Equal(o.Truth.Reasons, reasons) || o.Truth.Lines != nil || o.Truth.Rows != 0 {
				t.Errorf("%s: %+v", class, o.Truth)
			}
		}
	}
}

func TestEmptyAndHeaderOnlyObjectsAreLoadedWithoutRows(t *testing.T) {
	t.Parallel()
	for class, want := range map[string]int{"object_empty": 0, "object_header_only": 1} {
		for _, o := range damaged(t, class, 9, Options{Compression: CompressionMixed}) {
			text := unpack(t, o.Body)
			if o.Truth.Outcome != OutcomeLoaded || o.Truth.Rows != 0 || bytes.Count(text, []byte("\n")) != want {
				t.Errorf("%s: %q, %+v", class, text, o.Truth)
			}
		}
	}
}

func TestEmptyObjectHasNoBytes(t *testing.T) {
	t.Parallel()
	for _, o := range damaged(t, "object_empty", 3, Options{Compression: CompressionZstd}) {
		if len(o.Body) != 0 || !strings.HasSuffix(o.Key, ".csv") {
			t.Errorf("%s has %d bytes", o.Key, len(o.Body))
		}
	}
}

func TestCutObjectLosesOnlyItsLastRecord(t *testing.T) {
	t.Parallel()
	for _, o := range damaged(t, "object_cut", 200, Options{Defects: 0.5, Rows: Rows{1, 12}, Compression: CompressionMixed}) {
		text := unpack(t, o.Body)
		last := o.Truth.Lines[len(o.Truth.Lines)-1]
		begin := lineStart(text, last.Line)
		if text[len(text)-1] == '\n' || last.Raw == "" || string(text[begin:]) != last.Raw {
			t.Errorf("%s ends with %q, the truth says %q", o.Key, text[begin:], last.Raw)
		}
		if last.Reason != "missing_final_newline" || last.Column != "" || last.Class != "object_cut" {
			t.Errorf("%s: last line %+v", o.Key, last)
		}
		whole := Object{Key: o.Key, Body: text[:begin], Truth: o.Truth}
		whole.Truth.Lines = o.Truth.Lines[:len(o.Truth.Lines)-1]
		whole.Truth.Rows--
		compare(t, whole)
	}
}

func TestCutIsNeverInsideQuotes(t *testing.T) {
	t.Parallel()
	rates := map[string]float64{"object_cut": 1, "name_newline": 0.5, "name_quotes": 0.5}
	for _, o := range produce(t, Options{Rates: rates, Rows: Rows{1, 5}}, 200) {
		if bytes.Count(o.Body, []byte(`"`))%2 != 0 {
			t.Errorf("%s ends inside quotes: %q", o.Key, o.Body)
		}
	}
}

func TestGzipCutEndsTooEarly(t *testing.T) {
	t.Parallel()
	for _, o := range damaged(t, "object_gzip_cut", 20, Options{Rows: Rows{1, 50}}) {
		r, err := gzip.NewReader(bytes.NewReader(o.Body))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(io.Discard, r); err == nil || !strings.HasSuffix(o.Key, ".csv.gz") {
			t.Errorf("%s is whole", o.Key)
		}
	}
}

func TestBombIsSmallAndGrowsAThousandfold(t *testing.T) {
	t.Parallel()
	bomb := damaged(t, "object_gzip_bomb", 1, Options{})[0]
	r, err := gzip.NewReader(bytes.NewReader(bomb.Body))
	if err != nil {
		t.Fatal(err)
	}
	size, err := io.Copy(io.Discard, r)
	if err != nil || size < bombBytes || size < 1000*int64(len(bomb.Body)) {
		t.Errorf("%d bytes become %d, %v", len(bomb.Body), size, err)
	}
}

func TestObjectsAreDamagedAtTheirRates(t *testing.T) {
	t.Parallel()
	count := map[string]int{}
	rates := map[string]float64{"object_gzip_bomb": 0, "object_prose": 0.1}
	for _, o := range produce(t, Options{Rows: Rows{1, 1}, Defects: 0.4, Rates: rates, Redrops: 0.2}, 4000) {
		count[o.Truth.Class]++
	}
	for _, c := range objectClasses() {
		want := map[string]int{"object_gzip_bomb": 0, "object_prose": 400}
		if _, ok := want[c.name]; !ok {
			want[c.name] = 40 // a fifth of 0.4, spread over 8 classes
		}
		if got := count[c.name]; got < want[c.name]*6/10 || got > want[c.name]*14/10 {
			t.Errorf("%s: %d objects of 4000, expected about %d", c.name, got, want[c.name])
		}
	}
	if count[Redrop] < 700 || count[Redrop] > 900 {
		t.Errorf("%d re-drops of 4000 objects, expected about 800", count[Redrop])
	}
}

func TestRedropsAreEqualBytesUnderAnotherKey(t *testing.T) {
	t.Parallel()
	earlier, keys, redrops := map[string]Object{}, map[string]bool{}, 0
	for _, o := range produce(t, Options{Defects: 0.2, Redrops: 0.3, Compression: CompressionMixed, Rates: noBombs()}, 100) {
		if keys[o.Key] {
			t.Errorf("key %s is used twice", o.Key)
		}
		keys[o.Key] = true
		earlier[o.Key] = o
		if o.Truth.Class != Redrop {
			continue
		}
		redrops++
		first, ok := earlier[o.Truth.RedropOf]
		if !ok || !bytes.Equal(first.Body, o.Body) || len(first.Truth.Lines) != len(o.Truth.Lines) || first.Truth.Class != "" {
			t.Errorf("%s is no re-drop of %s", o.Key, o.Truth.RedropOf)
		}
		compare(t, o)
	}
	if redrops < 15 {
		t.Errorf("%d re-drops of 100", redrops)
	}
}

func TestRedropAfterHoursLeavesOutObjectsFromTheFuture(t *testing.T) {
	t.Parallel()
	s, err := New(Options{Redrops: 0.5, Rates: map[string]float64{"time_future_2h": 0.005}, Versions: map[string]float64{"v3": 1}})
	if err != nil {
		t.Fatal(err)
	}
	redrops := 0
	for i := range 200 {
		o, err := s.Next(start().Add(time.Duration(i) * 2 * time.Hour))
		if err != nil {
			t.Fatal(err)
		}
		if o.Truth.Class == Redrop {
			redrops++
		}
		compare(t, o)
	}
	if redrops < 50 {
		t.Errorf("%d re-drops of 200", redrops)
	}
}
