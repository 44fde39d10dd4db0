package clean

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"eventdrop/functions/internal/csvfile"
	"eventdrop/functions/internal/dropzone"
)

// sample is a file of a shop with the default contract's columns and an unknown one.
func sample(rows int) string {
	types := []string{"view", "view", "view", "click", "add_to_cart", "purchase"}
	var b strings.Builder
	b.WriteString("event_id,event_type,event_time,user_id,session_id,product_id,product_name,category,price,quantity,total,currency,device,campaign\n")
	for i := range rows {
		kind := types[i%len(types)]
		price, quantity, total := "", "", ""
		if kind == "purchase" {
			price, quantity, total = "19.99", "2", "39.98"
		}
		fmt.Fprintf(&b, "6f1c2e0a-77b1-4c1e-9d2b-%012x,%s,2024-05-06T07:%02d:%02d.123Z,%d,s-%08x,%d,Desk Lamp %d,Home & Garden,%s,%s,%s,EUR,mobile,spring\n",
			i, kind, i/60%60, i%60, 1000+i%977, i/7, 100+i%89, i%89, price, quantity, total)
	}
	return b.String()
}

const benchRows = 10_000

func BenchmarkRows(b *testing.B) {
	c, text := defaultCleaner(b), sample(benchRows)
	b.Run("clean", func(b *testing.B) {
		b.SetBytes(int64(len(text)))
		b.ReportAllocs()
		for b.Loop() {
			benchmarkClean(b, c, text)
		}
	})
	b.Run("clean derived keys", func(b *testing.B) {
		derived := strings.Replace(text, "event_id", "other", 1)
		b.SetBytes(int64(len(text)))
		b.ReportAllocs()
		for b.Loop() {
			benchmarkClean(b, c, derived)
		}
	})
	b.Run("csvfile only", func(b *testing.B) {
		b.SetBytes(int64(len(text)))
		b.ReportAllocs()
		for b.Loop() {
			records, err := csvfile.NewReader(strings.NewReader(text), csvfile.Options{Known: c.Known})
			for err == nil {
				_, err = records.Next()
			}
		}
	})
	b.Run("encoding csv", func(b *testing.B) {
		b.SetBytes(int64(len(text)))
		b.ReportAllocs()
		for b.Loop() {
			records := csv.NewReader(strings.NewReader(text))
			records.ReuseRecord = true
			for err := error(nil); err == nil; {
				_, err = records.Read()
			}
		}
	})
}

func benchmarkClean(b *testing.B, c *Cleaner, text string) {
	b.Helper()
	records, err := csvfile.NewReader(strings.NewReader(text), csvfile.Options{Known: c.Known})
	if err != nil {
		b.Fatal(err)
	}
	rows, err := c.Rows(dropzone.Object{LastModified: modified()}, records, 8<<10)
	if err != nil {
		b.Fatal(err)
	}
	events := 0
	for {
		event, _, err := rows.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil || event == nil {
			b.Fatal("want an event", err)
		}
		events++
	}
	if events != benchRows {
		b.Fatal(events)
	}
}

// TestTheHotPathDoesNotAllocate: only opening an object and its buffers may.
func TestTheHotPathDoesNotAllocate(t *testing.T) { //nolint:paralleltest // it counts allocations
	c := defaultCleaner(t)
	count := func(rows int) float64 {
		text := sample(rows)
		return testing.AllocsPerRun(3, func() {
			for open := rowsOf(t, c, text); ; {
				if _, _, err := open.Next(); err != nil {
					return
				}
			}
		})
	}
	if few, many := count(100), count(2100); many-few > 20 {
		t.Errorf("%.0f allocations for 2,000 more rows", many-few)
	}
}
