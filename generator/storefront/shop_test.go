package storefront

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"maps"
	"math"
	"path"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/oklog/ulid/v2"
)

// start is when the first object of every test is dropped.
func start() time.Time { return time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC) }

// produce makes n objects, one a second.
func produce(t *testing.T, o Options, n int) []Object {
	t.Helper()
	s, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	objects := make([]Object, n)
	for i := range objects {
		if objects[i], err = s.Next(start().Add(time.Duration(i) * time.Second)); err != nil {
			t.Fatal(err)
		}
	}
	return objects
}

// lines are the lines of all objects, in order.
func lines(objects []Object) (all []Line) {
	for _, o := range objects {
		all = append(all, o.Truth.Lines...)
	}
	return all
}

// dirty are options that use everything.
func dirty(seed uint64) Options {
	return Options{
		Seed: seed, Prefix: "drop", Rows: Rows{20, 60}, Versions: map[string]float64{"v1": 1, "v2": 2, "v3": 1},
		Compression: CompressionMixed, Defects: 0.3, Redrops: 0.1, Rates: noBombs(),
	}
}

func TestSameSeedSameBytes(t *testing.T) {
	t.Parallel()
	for _, o := range []Options{{Seed: 7}, dirty(7), {Seed: 7, Shape: ShapeOriginal}} {
		first, second := produce(t, o, 60), produce(t, o, 60)
		if !reflect.DeepEqual(first, second) {
			t.Errorf("%+v: two runs differ", o)
		}
	}
}

func TestAnotherSeedGivesOtherBytesAndKeys(t *testing.T) {
	t.Parallel()
	first, second := produce(t, Options{Seed: 1}, 1)[0], produce(t, Options{Seed: 2}, 1)[0]
	if bytes.Equal(first.Body, second.Body) || first.Key == second.Key {
		t.Error("seeds 1 and 2 give the same object")
	}
}

func TestManifestsAgreeWithAnIndependentReader(t *testing.T) {
	t.Parallel()
	for _, o := range []Options{dirty(1), dirty(2), dirty(3), {Seed: 4, Shape: ShapeOriginal}, {Seed: 5}} {
		for _, object := range produce(t, o, 50) {
			if object.Truth.Outcome == OutcomeLoaded && object.Truth.Class != "object_cut" {
				compare(t, object)
			}
		}
	}
}

// compare reads the object and holds the result against its truth.
func compare(t *testing.T, object Object) {
	t.Helper()
	text := unpack(t, object.Body)
	got := read(t, object.Body, object.Truth.At)
	if len(got) != len(object.Truth.Lines) || len(got) != object.Truth.Rows {
		t.Fatalf("%s: %d records read, %d lines and %d rows in the truth", object.Key, len(got), len(object.Truth.Lines), object.Truth.Rows)
	}
	for i, want := range object.Truth.Lines {
		if !agrees(got[i], want) {
			t.Fatalf("%s: read\n%+v, the truth is\n%+v", object.Key, got[i], want)
		}
		if want.Raw != "" && !bytes.HasPrefix(text[lineStart(text, want.Line):], []byte(want.Raw+"\n")) {
			t.Errorf("%s line %d: raw text %q is not there", object.Key, want.Line, want.Raw)
		}
	}
}

func agrees(got verdict, want Line) bool {
	if got.line != want.Line || got.reason != want.Reason || got.column != want.Column {
		return false
	}
	if got.reason != "" {
		return want.Outcome == OutcomeReject && want.Raw != "" && want.Values == nil
	}
	return want.Outcome == OutcomeEvent && maps.Equal(got.values, want.Values) && maps.Equal(got.extras, want.Extras) &&
		want.Derived == (got.values["event_id"] == "")
}

func TestHeaderPerVersion(t *testing.T) {
	t.Parallel()
	for version, want := range map[string]string{
		"v1": "event_id,event_type,event_time,user_id,product_id,product_name,category,price,quantity,total",
		"v2": "event_id,event_type,event_time,user_id,session_id,product_id,product_name,category,price,quantity,total,currency,device",
		"v3": "occurred_at,event_name,event_uuid,customer_id,session_id,sku,product_title,product_category,qty,unit_price," +
			"order_total,currency_code,platform,campaign,referrer",
	} {
		object := produce(t, Options{Versions: map[string]float64{version: 1}}, 1)[0]
		header, _, _ := strings.Cut(string(object.Body), "\n")
		if header != want || object.Truth.Version != version {
			t.Errorf("%s (%s): header %s", version, object.Truth.Version, header)
		}
	}
}

func TestVersionsAreMixedByWeight(t *testing.T) {
	t.Parallel()
	count := map[string]int{}
	for _, o := range produce(t, Options{Rows: Rows{1, 1}, Versions: map[string]float64{"v1": 1, "v2": 3, "v3": 0}}, 1000) {
		count[o.Truth.Version]++
	}
	if count["v1"] < 200 || count["v1"] > 300 || count["v3"] != 0 {
		t.Errorf("of 1000 objects with weights 1, 3 and 0: %v", count)
	}
}

func TestRowsPerObject(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		rows     Rows
		from, to int
	}{{Rows{}, 100, 100}, {Rows{1, 1}, 1, 1}, {Rows{7, 7}, 7, 7}, {Rows{5, 12}, 5, 12}} {
		seen := map[int]bool{}
		for _, o := range produce(t, Options{Rows: test.rows}, 100) {
			seen[o.Truth.Rows] = true
			if n := len(read(t, o.Body, o.Truth.At)); n != o.Truth.Rows {
				t.Errorf("%v: %d records, %d in the truth", test.rows, n, o.Truth.Rows)
			}
		}
		sizes := slices.Sorted(maps.Keys(seen))
		if sizes[0] != test.from || sizes[len(sizes)-1] != test.to || len(sizes) != test.to-test.from+1 {
			t.Errorf("%v: objects of %v rows", test.rows, sizes)
		}
	}
}

func TestIDsAreUniqueUUIDs(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, line := range lines(produce(t, Options{}, 200)) {
		id := line.Values["event_id"]
		if _, reason := cleanCell("event_id", id); reason != "" || id[14] != '4' || seen[id] {
			t.Fatalf("event_id %q is malformed or there already", id)
		}
		seen[id] = true
	}
}

func TestKeysAreULIDsInOrderBelowTheDate(t *testing.T) {
	t.Parallel()
	var last string
	for i, o := range produce(t, Options{Prefix: "drop/shop/", Compression: CompressionGzip}, 50) {
		dir, name := path.Split(o.Key)
		id, err := ulid.ParseStrict(strings.TrimSuffix(name, ".csv.gz"))
		if err != nil || dir != "drop/shop/2026/11/23/" {
			t.Fatalf("key %s: %v", o.Key, err)
		}
		if want := start().Add(time.Duration(i) * time.Second); !id.Timestamp().Equal(want) {
			t.Errorf("key %s is of %s, not of %s", o.Key, id.Timestamp(), want)
		}
		if o.Key <= last {
			t.Errorf("key %s after %s", o.Key, last)
		}
		last = o.Key
	}
}

func TestKeyFollowsTheBytes(t *testing.T) {
	t.Parallel()
	small, large := produce(t, Options{Rows: Rows{1, 1}}, 1)[0], produce(t, Options{Rows: Rows{2, 2}}, 1)[0]
	if small.Key == large.Key {
		t.Errorf("key %s names two objects of different bytes", small.Key)
	}
}

func TestTimesOfSoundRows(t *testing.T) {
	t.Parallel()
	last := start().Add(-window - time.Millisecond)
	for _, o := range produce(t, Options{}, 30) {
		for _, line := range o.Truth.Lines {
			when, err := time.Parse(clockTruth, line.Values["event_time"])
			if err != nil || when.After(o.Truth.At) || when.Before(last) {
				t.Fatalf("%s line %d: %s, dropped at %s, the row before at %s", o.Key, line.Line, when, o.Truth.At, last)
			}
			last = when
		}
	}
}

func TestNextAcceptsEqualAndFallingTimes(t *testing.T) {
	t.Parallel()
	s, err := New(Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, at := range []time.Time{start(), start(), start().Add(-time.Hour)} {
		o, err := s.Next(at)
		if err != nil {
			t.Fatal(err)
		}
		compare(t, o)
	}
}

func TestNextRefusesTimesBeforeTheEpochIsUnambiguous(t *testing.T) {
	t.Parallel()
	s, err := New(Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Next(time.Unix(0, 0)); err == nil || !strings.Contains(err.Error(), "after 2001") {
		t.Errorf("error %v", err)
	}
}

func TestManifestSurvivesJSON(t *testing.T) {
	t.Parallel()
	for _, o := range produce(t, dirty(9), 30) {
		text, err := json.Marshal(o.Truth)
		if err != nil {
			t.Fatal(err)
		}
		var back Manifest
		if err := json.Unmarshal(text, &back); err != nil {
			t.Fatal(err)
		}
		again, err := json.Marshal(back)
		if err != nil || !bytes.Equal(text, again) {
			t.Errorf("%s: the manifest changes on its way through JSON: %v", o.Key, err)
		}
	}
}

func TestStreamWritesAnyNumberOfRows(t *testing.T) {
	t.Parallel()
	s, err := New(Options{Defects: 0.1})
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := s.Stream(&out, start(), 300_000); err != nil {
		t.Fatal(err)
	}
	records, err := csv.NewReader(&out).ReadAll()
	if err != nil || len(records) != 300_001 {
		t.Errorf("%d records, error %v", len(records), err)
	}
}

type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { return 0, errors.New("disk full") }

func TestStreamReportsTheWriter(t *testing.T) {
	t.Parallel()
	for _, rows := range []int{1, 10_000} {
		s, err := New(Options{})
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Stream(brokenWriter{}, start(), rows); err == nil || !strings.Contains(err.Error(), "disk full") {
			t.Errorf("%d rows: error %v", rows, err)
		}
	}
}

func TestMoney(t *testing.T) {
	t.Parallel()
	for cents, want := range map[int64]string{
		0: "0.00", 5: "0.05", 99: "0.99", 100: "1.00", 123450: "1234.50", -1999: "-19.99", math.MaxInt64: "92233720368547758.07",
	} {
		if got := money(cents); got != want {
			t.Errorf("money(%d) = %s, want %s", cents, got, want)
		}
	}
}

func BenchmarkNext(b *testing.B) {
	for _, rows := range []int{100, 10_000} {
		b.Run(strconv.Itoa(rows), func(b *testing.B) {
			s, err := New(Options{Rows: Rows{rows, rows}, Defects: 0.1})
			if err != nil {
				b.Fatal(err)
			}
			at := start()
			for b.Loop() {
				at = at.Add(time.Second)
				if _, err := s.Next(at); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(rows*b.N)/b.Elapsed().Seconds(), "rows/s")
		})
	}
}

func BenchmarkStream(b *testing.B) {
	const rows = 100_000
	s, err := New(Options{Defects: 0.1})
	if err != nil {
		b.Fatal(err)
	}
	var out bytes.Buffer
	for b.Loop() {
		out.Reset()
		if err := s.Stream(&out, start(), rows); err != nil {
			b.Fatal(err)
		}
	}
	b.SetBytes(int64(out.Len()))
	b.ReportMetric(float64(rows*b.N)/b.Elapsed().Seconds(), "rows/s")
}
