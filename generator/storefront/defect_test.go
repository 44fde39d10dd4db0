package storefront

import (
	"math"
	"strings"
	"testing"
)

// classTest is what must become of a class: the fate of its rows, and what their raw cells look like.
type classTest struct {
	reason string // "" if all survive
	column string
	some   bool // purchases are rejected for the reason, others survive
}

func classTests() map[string]classTest {
	kept := classTest{}
	reject := func(reason, column string) classTest { return classTest{reason: reason, column: column} }
	noProduct := classTest{"purchase_needs_product", "product_id", true}
	return map[string]classTest{
		"id_absent": kept, "id_malformed": reject("invalid_uuid", "event_id"),
		"id_duplicate_in_object": kept, "id_duplicate_across": kept,
		"type_upper": kept, "type_title": kept, "type_padded": kept, "type_camel": kept, "type_kebab": kept,
		"type_synonym": kept, "type_empty": reject("missing", "event_type"), "type_null": reject("missing", "event_type"),
		"type_unknown": reject("unknown_value", "event_type"),
		"time_iso_z":   kept, "time_naive": kept, "time_offset": kept, "time_microseconds": kept, "time_space": kept,
		"time_utc_suffix": kept, "time_dmy": kept, "time_us_ampm": kept,
		"time_epoch_s": kept, "time_epoch_ms": kept, "time_epoch_us": kept,
		"time_empty": reject("missing", "event_time"), "time_invalid": reject("invalid_timestamp", "event_time"),
		"time_future_2h": reject("in_future", "event_time"), "time_future_1d": reject("in_future", "event_time"),
		"time_late": kept, "time_very_old": reject("too_old", "event_time"),
		"user_empty": kept, "user_null": kept, "user_zero": kept, "user_minus_one": kept, "user_float": kept, "user_text": kept,
		"product_empty": noProduct, "product_null": noProduct, "product_zero": noProduct, "product_minus_one": noProduct,
		"product_float": kept, "product_text": kept,
		"name_empty": kept, "name_padded": kept, "name_quotes": kept, "name_commas": kept, "name_newline": kept,
		"price_negative": reject("below_minimum", "price"), "price_empty": kept, "price_currency": kept,
		"price_european": kept, "price_text": reject("invalid_decimal", "price"), "price_zero": kept,
		"price_absurd":  reject("above_maximum", "price"),
		"quantity_zero": {"purchase_needs_quantity", "quantity", true}, "quantity_negative": reject("below_minimum", "quantity"),
		"quantity_text": reject("invalid_integer", "quantity"), "quantity_huge": reject("above_maximum", "quantity"),
		"total_mismatch": reject("amount_mismatch", "total"), "session_empty": kept,
	}
}

func TestEveryClassIsPlantedAtItsRateWithItsFate(t *testing.T) {
	t.Parallel()
	tests := classTests()
	for _, c := range Classes() {
		if c.Object {
			continue
		}
		want, ok := tests[c.Name]
		if !ok {
			t.Errorf("no test says what becomes of %s", c.Name)
		}
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			objects := produce(t, Options{Seed: 11, Rates: map[string]float64{c.Name: 0.05}}, 60)
			checkClass(t, c.Name, lines(objects), want)
			for _, o := range objects[:10] {
				compare(t, o)
			}
		})
	}
	if len(tests) != len(rowClasses()) {
		t.Errorf("%d tests of %d classes", len(tests), len(rowClasses()))
	}
}

// checkClass looks at lines of which one in twenty should be of the class and the others sound.
func checkClass(t *testing.T, name string, all []Line, want classTest) {
	t.Helper()
	planted, rejected := 0, 0
	for _, line := range all {
		if line.Class == "" && line.Outcome == OutcomeEvent {
			continue
		}
		planted++
		if line.Outcome == OutcomeReject {
			rejected++
			if line.Reason != want.reason || line.Column != want.column {
				t.Errorf("line %d is rejected: %s of %s", line.Line, line.Reason, line.Column)
			}
		}
		if line.Class != name {
			t.Errorf("line %d is %q", line.Line, line.Class)
		}
	}
	if math.Abs(float64(planted)-300) > 60 {
		t.Errorf("planted in %d rows of %d, expected about 300", planted, len(all))
	}
	switch {
	case want.some && (rejected == 0 || rejected == planted), want.reason == "" && rejected > 0,
		want.reason != "" && !want.some && rejected != planted:
		t.Errorf("%d of %d are rejected", rejected, planted)
	}
}

func TestClassesLookAsTheyAreCalled(t *testing.T) {
	t.Parallel()
	for class, cell := range map[string]string{
		"time_iso_z": "T09:5*Z", "time_naive": "2026-11-23T09:*", "time_offset": "+02:00", "time_space": "2026-11-23 09:",
		"time_utc_suffix": " UTC", "time_dmy": `"23-11-2026, 09:`, "time_us_ampm": "11/23/2026 9:5* AM",
		"time_epoch_s": ",17954*", "time_invalid": "INVALID_DATE", "type_padded": ", View ,", "type_camel": "AddToCart",
		"type_kebab": "add-to-cart", "type_synonym": "product_view", "user_float": ".0,", "price_currency": `"$1,*"`,
		"price_european": `"1.*,9`, "price_negative": ",-", "name_quotes": `The ""Original"" 12""`, "name_newline": "Lamp\nwith",
		"id_absent": "\n,view,", "user_zero": ",0,", "product_minus_one": ",-1,",
	} {
		text := string(produce(t, Options{Rates: map[string]float64{class: 0.5}, Rows: Rows{1000, 1000}}, 1)[0].Body)
		for part := range strings.SplitSeq(cell, "*") {
			if !strings.Contains(text, part) {
				t.Errorf("%s: no %q in the object", class, part)
			}
		}
	}
}

func TestDefectsAreSpreadOverAllClasses(t *testing.T) {
	t.Parallel()
	count := map[string]int{}
	all := lines(produce(t, Options{Defects: 0.2, Rows: Rows{500, 500}, Rates: noBombs()}, 100))
	for _, line := range all {
		count[line.Class]++
	}
	if share := 1 - float64(count[""])/float64(len(all)); math.Abs(share-0.2) > 0.01 {
		t.Errorf("%.3f of the rows carry a defect, expected 0.2", share)
	}
	want := 0.2 * float64(len(all)) / float64(len(rowClasses()))
	for _, c := range rowClasses() {
		if got := float64(count[c.name]); math.Abs(got-want) > 0.35*want {
			t.Errorf("%s: %.0f rows, expected about %.0f", c.name, got, want)
		}
	}
}

func TestNoDefectsMeansClean(t *testing.T) {
	t.Parallel()
	for _, o := range produce(t, Options{}, 50) {
		if o.Truth.Class != "" || strings.Contains(string(o.Body), "NaN") {
			t.Errorf("%s is damaged: %s", o.Key, o.Truth.Class)
		}
		for _, line := range o.Truth.Lines {
			if line.Class != "" || line.Outcome != OutcomeEvent || line.Derived {
				t.Errorf("%s line %d: %+v", o.Key, line.Line, line)
			}
		}
	}
}

func TestNoFutureLeavesOutWhatDependsOnTheClock(t *testing.T) {
	t.Parallel()
	rates := map[string]float64{"time_future_1d": 0.2, "time_very_old": 0.2, "object_gzip_bomb": 0}
	count := map[string]int{}
	for _, line := range lines(produce(t, Options{Defects: 0.2, Rates: rates, NoFuture: true}, 50)) {
		count[line.Reason]++
	}
	if count["in_future"] != 0 || count["too_old"] == 0 {
		t.Errorf("rejects: %v", count)
	}
}

func TestRepeatsAreEqualToTheFirst(t *testing.T) {
	t.Parallel()
	rates := map[string]float64{"id_duplicate_in_object": 0.1, "id_duplicate_across": 0.1}
	versions := map[string]float64{"v1": 1, "v3": 1}
	first, home := map[string]Line{}, map[string]string{}
	for _, o := range produce(t, Options{Rates: rates, Versions: versions}, 50) {
		for _, line := range o.Truth.Lines {
			id := line.Values["event_id"]
			before, known := first[id]
			if known != (line.Class != "") {
				t.Fatalf("%s line %d is of class %q, but its id came before: %v", o.Key, line.Line, line.Class, known)
			}
			if !known {
				first[id], home[id] = line, o.Key
				continue
			}
			if (home[id] == o.Key) != (line.Class == "id_duplicate_in_object") {
				t.Errorf("%s line %d: %s, first seen in %s", o.Key, line.Line, line.Class, home[id])
			}
			before.Line, before.Class = line.Line, line.Class
			if !agrees(verdict{line: line.Line, values: line.Values, extras: line.Extras}, before) {
				t.Errorf("%s line %d differs from its first:\n%v\n%v", o.Key, line.Line, line, before)
			}
		}
	}
}
