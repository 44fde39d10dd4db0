package clean

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"eventdrop/functions/internal/contract"
	"eventdrop/functions/internal/csvfile"
	"eventdrop/functions/internal/dropzone"
)

// cell draws a value that files have in such a column, sound or not.
func cell(col *contract.Column) *rapid.Generator[string] {
	common := []string{"", "null", "NaN", " ", "x", "-1", "0", "0.0", "\u00a0", "İ", "a\"b\nc", "𝄞"}
	switch col.Type() {
	case dropzone.Enum:
		common = slices.Concat(common, slices.Sorted(maps.Keys(col.Values)), []string{"AddToCart", "VIEW", "transaction"})
	case dropzone.Integer, dropzone.Decimal:
		common = append(common, "12.5", "12.50", "$1,234.50", "1.234,50", "1e400", "0012", "10000", "1000000.001")
	case dropzone.Timestamp:
		common = append(common, "2024-05-06T07:08:09.1234567+02:00", "1714979289", "06-05-2024, 07:08:09", "05/06/2024 2:30 PM")
	case dropzone.UUID:
		common = append(common, "6F1C2E0A-77B1-4C1E-9D2B-0123456789AB", "{6f1c2e0a77b14c1e9d2b0123456789ab}")
	default:
		return rapid.OneOf(rapid.SampledFrom(append(common, "123.0", "eur", "Mobile")), rapid.StringMatching(`[ -~äÖß]{0,12}`))
	}
	return rapid.SampledFrom(common)
}

// drawCSV draws a file with some columns of the default contract in any order, and an unknown one.
func drawCSV(t *rapid.T, c *Cleaner) string {
	var columns []*contract.Column
	for i := range c.contract.Columns {
		columns = append(columns, &c.contract.Columns[i])
	}
	columns = rapid.Permutation(columns).Draw(t, "order")[:rapid.IntRange(6, len(columns)).Draw(t, "width")]
	var b strings.Builder
	for _, col := range columns {
		b.WriteString(col.Name + ",")
	}
	b.WriteString("campaign\n")
	for range rapid.IntRange(1, 4).Draw(t, "rows") {
		for _, col := range columns {
			b.WriteString(quoted(cell(col).Draw(t, col.Name)) + ",")
		}
		b.WriteString(quoted(rapid.StringMatching(`[ -~é]{0,5}`).Draw(t, "campaign")) + "\n")
	}
	return b.String()
}

// canonicalCSV writes events back, the extras as columns of their own.
func canonicalCSV(c *Cleaner, rows []row) string {
	var b strings.Builder
	for i := range c.contract.Columns {
		b.WriteString(c.contract.Columns[i].Name + ",")
	}
	b.WriteString("campaign\n")
	for _, r := range rows {
		for i := range c.contract.Columns {
			b.WriteString(quoted(r.values[c.contract.Columns[i].Name]) + ",")
		}
		var extras map[string]string
		_ = json.Unmarshal([]byte(r.values["extras"]), &extras)
		b.WriteString(quoted(extras["campaign"]) + "\n")
	}
	return b.String()
}

func values(rows []row) (list []string) {
	for _, r := range rows {
		list = append(list, fmt.Sprint(r.values, r.hash))
	}
	return list
}

func TestCleaningTwiceChangesNothing(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]*Cleaner{
		"default": defaultCleaner(t), "lenient": mustCompile(t, lenient(t)), "original": originalCleaner(t),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rapid.Check(t, func(rt *rapid.T) { checkTwice(rt, c, drawCSV(rt, c)) })
		})
	}
}

func checkTwice(t *rapid.T, c *Cleaner, csv string) {
	once := slices.DeleteFunc(all(t, c, rowsOf(t, c, csv)), func(r row) bool { return r.reason != "" })
	twice := all(t, c, rowsOf(t, c, canonicalCSV(c, once)))
	for i := range twice {
		if twice[i].reason != "" || i < len(once) && !maps.Equal(once[i].values, twice[i].values) {
			t.Errorf("%q is %v, then %+v", csv, once[i], twice[i])
		}
	}
	if len(once) != len(twice) {
		t.Errorf("%d rows, then %d", len(once), len(twice))
	}
}

// lenient is the default contract that keeps most records, so that there is something to compare.
func lenient(t *testing.T) *contract.Contract {
	t.Helper()
	c, err := contract.Default()
	if err != nil {
		t.Fatal(err)
	}
	for i := range c.Columns {
		if col := &c.Columns[i]; col.Name != c.Key {
			col.Absent.Action, col.Invalid.Action = contract.UseNull, contract.UseNull
		}
	}
	c.Rules = nil
	return c
}

func TestCleaningIsPure(t *testing.T) {
	t.Parallel()
	c := defaultCleaner(t)
	rapid.Check(t, func(rt *rapid.T) {
		csv := drawCSV(rt, c)
		if a, b := all(t, c, rowsOf(t, c, csv)), all(t, c, rowsOf(t, c, csv)); !reflect.DeepEqual(a, b) {
			rt.Errorf("%q: %v and %v", csv, a, b)
		}
	})
}

func TestARecordDoesNotDependOnTheOneBefore(t *testing.T) {
	t.Parallel()
	c := defaultCleaner(t)
	rapid.Check(t, func(rt *rapid.T) {
		csv := drawCSV(rt, c)
		header, _, _ := strings.Cut(csv, "\n")
		records, err := csvfile.NewReader(strings.NewReader(csv), csvfile.Options{Known: c.Known})
		if err != nil {
			rt.Fatal(err)
		}
		for _, together := range all(t, c, rowsOf(t, c, csv)) {
			record, err := records.Next()
			if err != nil {
				rt.Fatal(err)
			}
			alone := all(t, c, rowsOf(t, c, header+"\n"+string(record.Raw)+"\n"))[0]
			together.line, alone.line = 0, 0
			if !reflect.DeepEqual(alone, together) {
				rt.Errorf("%q: alone %v, after others %v", record.Raw, alone, together)
			}
		}
	})
}

func TestOneCleanerServesManyObjectsAtOnce(t *testing.T) {
	t.Parallel()
	c := defaultCleaner(t)
	csv := sample(200)
	want := values(all(t, c, rowsOf(t, c, csv)))
	var wait sync.WaitGroup
	for range 4 {
		wait.Go(func() {
			if got := values(all(t, c, rowsOf(t, c, csv))); !slices.Equal(got, want) {
				t.Error("another result")
			}
		})
	}
	wait.Wait()
}

// FuzzRows: whatever the bytes, every record becomes an event or a reject, and nothing panics.
func FuzzRows(f *testing.F) {
	f.Add([]byte("event_type,event_time,price,x\nview,2024-05-06,12.50,y\n,,,\nview,1714979289,\"$1,234.50\",\"\"\"\n"))
	f.Add([]byte(sample(3)))
	f.Add([]byte("id;ts;action\n6F1C2E0A-77B1-4C1E-9D2B-0123456789AB;05/06/2024 2:30 PM;AddToCart\n"))
	c := defaultCleaner(f)
	f.Fuzz(func(t *testing.T, text []byte) {
		records, err := csvfile.NewReader(strings.NewReader(string(text)), csvfile.Options{Known: c.Known, FinalNewlineOptional: true})
		if err != nil {
			return
		}
		rows, err := c.Rows(dropzone.Object{LastModified: modified()}, records, 100)
		if err != nil {
			return
		}
		got := all(t, c, rows)
		if int64(len(got)) != records.Dialect().Records {
			t.Errorf("%d rows of %d records", len(got), records.Dialect().Records)
		}
		var rejected, counted int64
		for _, r := range got {
			if r.reason != "" {
				rejected++
			} else if extras, ok := r.values["extras"]; ok && !json.Valid([]byte(extras)) {
				t.Errorf("no JSON: %q", extras)
			}
		}
		for _, q := range rows.Quality() {
			if !q.Repaired {
				counted += q.Count
			}
		}
		if rejected != counted {
			t.Errorf("%d rejects, %d counted", rejected, counted)
		}
	})
}
