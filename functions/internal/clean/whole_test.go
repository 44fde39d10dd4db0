package clean

import (
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"eventdrop/functions/internal/csvfile"
	"eventdrop/functions/internal/dropzone"
)

// goodLine draws a record that the default contract accepts.
func goodLine(t *rapid.T) []string {
	one := func(name string, cells ...string) string { return rapid.SampledFrom(cells).Draw(t, name) }
	return []string{
		one("type", "view", "AddToCart", "SEARCH", " click "),
		one("time", "2024-05-06T07:08:09Z", "2024-05-06 07:08:09.123456", "1714979289", "05/06/2024 2:30 AM"),
		one("user", "", "7", "123.0", "user-000a1f"),
		one("name", "", "Lamp", `Lamp, "small"`, "é😀", "a;b|c"),
		one("price", "", "12.5", "$1,234.50", "0", "1.005"),
		one("unknown", "", "spring"),
	}
}

// badLine draws a line of the same width, or not, that neither the reader nor the contract accepts.
func badLine(t *rapid.T) string {
	return rapid.SampledFrom([]string{
		"hover,2024-05-06,1,x,1,", ",2024-05-06,1,x,1,", "view,,1,x,1,", "view,INVALID_DATE,1,x,1,", "view,2030-01-01,1,x,1,", "view,1999-01-01,1,x,1,",
		"view,2024-05-06,1,x,-1,", "view,2024-05-06,1,x,free,", "view,2024-05-06,1,x,1", "view,2024-05-06,1,x,1,,", "prose without an end",
		"view,2024-05-06,1,\x00,1,", "view,2024-05-06,1,\xff,1,", `view,2024-05-06,1,"x"y,1,`, `hover,"2024-05-06,1,x,1,`, "view,2024-05-06," + strings.Repeat("7", 200) + ",x,1,",
	}).Draw(t, "bad line")
}

// Whatever stands between good records: they become the same events, every record becomes an event or a reject, and what is
// counted adds up. Neither delimiter nor line ends nor mark make a difference, nor does reading the object again.
func TestGoodRecordsDoNotDependOnTheirNeighbours(t *testing.T) {
	t.Parallel()
	c := defaultCleaner(t)
	rapid.Check(t, func(rt *rapid.T) {
		delimiter := rapid.SampledFrom([]string{",", ";", "\t", "|"}).Draw(rt, "delimiter")
		lineEnd := rapid.SampledFrom([]string{"\n", "\r\n"}).Draw(rt, "line end")
		mark := rapid.SampledFrom([]string{"", "\ufeff"}).Draw(rt, "mark")
		header := []string{"event_type", "event_time", "user_id", "product_name", "price", "campaign"}
		var good, mixed strings.Builder
		good.WriteString(lineOf(header, ",") + "\n")
		mixed.WriteString(mark + lineOf(header, delimiter) + lineEnd)
		for range rapid.IntRange(1, 12).Draw(rt, "records") {
			if rapid.Bool().Draw(rt, "bad") {
				mixed.WriteString(strings.ReplaceAll(badLine(rt), ",", delimiter) + lineEnd)
				continue
			}
			cells := goodLine(rt)
			good.WriteString(lineOf(cells, ",") + "\n")
			mixed.WriteString(lineOf(cells, delimiter) + lineEnd)
		}
		want, got := eventsOf(rt, c, good.String()), eventsOf(rt, c, mixed.String())
		if !reflect.DeepEqual(got, want) {
			rt.Errorf("%q\n got %v\nwant %v", mixed.String(), got, want)
		}
		if again := eventsOf(rt, c, mixed.String()); !reflect.DeepEqual(again, got) {
			rt.Errorf("%q\nis %v, then %v", mixed.String(), got, again)
		}
	})
}

// lineOf quotes what needs it, and every text for good measure.
func lineOf(cells []string, delimiter string) string {
	fields := make([]string, len(cells))
	for i, cell := range cells {
		if fields[i] = cell; strings.ContainsAny(cell, `",;|`+"\t") {
			fields[i] = quoted(cell)
		}
	}
	return strings.Join(fields, delimiter)
}

// eventsOf gives the events of a file, and checks that the books of the file add up.
func eventsOf(t *rapid.T, c *Cleaner, text string) (events []row) {
	records, err := csvfile.NewReader(strings.NewReader(text), csvfile.Options{Known: c.Known})
	if err != nil {
		t.Fatal(err)
	}
	rows, err := c.Rows(dropzone.Object{LastModified: modified()}, records, 8<<10)
	if err != nil {
		t.Fatal(err)
	}
	var rejects, counted int64
	for _, r := range all(t, c, rows) {
		if r.reason != "" {
			rejects++
			continue
		}
		r.line = 0
		events = append(events, r)
	}
	for _, q := range rows.Quality() {
		if !q.Repaired {
			counted += q.Count
		}
	}
	d := records.Dialect()
	if int64(len(events))+rejects != d.Records || counted != rejects {
		t.Errorf("%q: %d events, %d rejects, %d counted, %d records", text, len(events), rejects, counted, d.Records)
	}
	if d.Lines != d.HeaderLines+d.Records+d.BlankLines+d.ContinuationLines {
		t.Errorf("%q: lines do not add up: %+v", text, d)
	}
	return events
}
