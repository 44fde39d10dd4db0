package storefront

import (
	"encoding/csv"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"
)

func original(t *testing.T, n int) []Object {
	t.Helper()
	return produce(t, Options{Seed: 3, Prefix: "drop", Shape: ShapeOriginal}, n)
}

func TestOriginalNamesAreNumberedAndUsedAgain(t *testing.T) {
	t.Parallel()
	for i, o := range original(t, 12) {
		if want := fmt.Sprintf("drop/events_batch_%03d.csv", i); o.Key != want {
			t.Errorf("key %s, want %s", o.Key, want)
		}
	}
	if originalName(1234) != "events_batch_1234.csv" {
		t.Error("numbers above 999 are cut")
	}
}

// originalCount is what the original's files are counted by.
type originalCount struct {
	files, sessionFiles, floatFiles float64
	rows, sessionRows               float64
	cells                           map[string]float64
}

func countOriginal(t *testing.T, objects []Object) originalCount {
	t.Helper()
	count := originalCount{cells: map[string]float64{}}
	for _, o := range objects {
		records, err := csv.NewReader(strings.NewReader(string(o.Body))).ReadAll()
		if err != nil || len(records) != 101 {
			t.Fatalf("%s: %d records, %v", o.Key, len(records), err)
		}
		count.file(t, records)
	}
	return count
}

func (c *originalCount) file(t *testing.T, records [][]string) {
	t.Helper()
	c.files++
	sessions := len(records[0]) == 7
	want := "user_id,action,product_id,product_name,price,timestamp,session_id"
	if got := strings.Join(records[0], ","); got != want && got != strings.TrimSuffix(want, ",session_id") {
		t.Fatalf("header %s", got)
	}
	if sessions {
		c.sessionFiles++
	}
	floats := 0
	for _, cells := range records[1:] {
		floats += strings.Count(cells[0], ".0")
		c.row(cells, sessions)
	}
	if floats > 0 {
		c.floatFiles++
	}
}

func (c *originalCount) row(cells []string, sessions bool) {
	c.rows++
	c.cells["user "+cells[0]]++
	c.cells["action "+cells[1]]++
	c.cells["product "+cells[2]]++
	c.cells["name "+cells[3]]++
	if strings.HasPrefix(cells[4], "-") {
		c.cells["price -"]++
	}
	if _, err := time.Parse(clockOriginal, cells[5]); err == nil && len(cells[5]) == 26 {
		c.cells["time iso"]++
	} else if _, err := time.Parse("2006-01-02 15:04:05", cells[5]); err == nil {
		c.cells["time space"]++
	} else {
		c.cells["time "+cells[5]]++
	}
	if sessions {
		c.sessionRows++
		c.cells["session "+cells[6]]++
	}
}

func TestOriginalHasTheMeasuredShares(t *testing.T) {
	t.Parallel()
	count := countOriginal(t, original(t, 600))
	for _, test := range []struct {
		what      string
		got, want float64
		tolerance float64
	}{
		{"files with sessions", count.sessionFiles / count.files, 0.25, 0.05},
		{"files with float user ids", count.floatFiles / count.files, 0.87, 0.04},
		{"ISO times", count.cells["time iso"] / count.rows, 0.903, 0.005},
		{"times with a space", count.cells["time space"] / count.rows, 0.05, 0.004},
		{"no time", count.cells["time "] / count.rows, 0.028, 0.003},
		{"INVALID_DATE", count.cells["time INVALID_DATE"] / count.rows, 0.019, 0.003},
		{"no action", count.cells["action "] / count.rows, 0.0075, 0.002},
		{"null", count.cells["action null"] / count.rows, 0.0075, 0.002},
		{"VIEW", count.cells["action VIEW"] / count.rows, 0.0075, 0.002},
		{"Purchase", count.cells["action Purchase"] / count.rows, 0.0075, 0.002},
		{"no user", count.cells["user "] / count.rows, 0.02, 0.003},
		{"product -1", count.cells["product -1"] / count.rows, 0.015, 0.003},
		{"no name", count.cells["name "] / count.rows, 0.01, 0.002},
		{"negative price", count.cells["price -"] / count.rows, 0.0007, 0.0005},
		{"no session", count.cells["session "] / count.sessionRows, 0.1, 0.01},
	} {
		if math.Abs(test.got-test.want) > test.tolerance {
			t.Errorf("%s: %.4f, want %.4f", test.what, test.got, test.want)
		}
	}
}

func TestOriginalActionsAreTheOnesItKnows(t *testing.T) {
	t.Parallel()
	for _, line := range lines(original(t, 100)) {
		kind := line.Values["event_type"]
		if line.Outcome == OutcomeEvent && kind != "view" && kind != "purchase" {
			t.Errorf("line %d is a %s", line.Line, kind)
		}
		if line.Outcome == OutcomeEvent && (!line.Derived || line.Values["price"] == "") {
			t.Errorf("line %d has an id or no price: %v", line.Line, line.Values)
		}
	}
}

func TestOriginalPurchasesOfNothingAreRejected(t *testing.T) {
	t.Parallel()
	count := map[string]int{}
	for _, line := range lines(original(t, 600)) {
		if line.Class == "product_minus_one" {
			count[line.Reason]++
		}
	}
	if len(count) != 2 || count["purchase_needs_product"] == 0 || count[""] == 0 {
		t.Errorf("product -1 becomes %v", count)
	}
}
