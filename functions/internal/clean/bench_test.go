package clean

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"eventdrop/functions/internal/csvfile"
)

const benchRows = 10_000

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

// dirty spells the cells of a sample as careless exports do. Its rows need more work and still load.
func dirty(sample string) string {
	spellings := []string{
		",view,", ", VIEW ,", ",click,", ",Product-Click,", ",purchase,", ",transaction,", ",add_to_cart,", ",AddToCart,",
		"T07:", " 07:", ".123Z,", ".123456+00:00,", ",19.99,", `,"$1,019.99",`, ",39.98,", ",2039.98,", ",mobile,", ",Mobile,",
		",EUR,", ",eur,", ",Desk Lamp ", ", Desk Lämp ", ",spring", `,"say ""spring"""`,
	}
	return strings.NewReplacer(spellings...).Replace(sample)
}

// quoteAll puts quotes around every cell of a sample.
func quoteAll(sample string) string {
	lines := strings.ReplaceAll(strings.TrimSuffix(sample, "\n"), "\n", "\"\n\"")
	return `"` + strings.ReplaceAll(lines, ",", `","`) + "\"\n"
}

// BenchmarkDecodeAndClean compares reading and cleaning a file with encoding/csv that merely reads it.
// Their times differ from minute to minute where the machine is busy: believe the ratio, which is the
// median of runs in turns, in processor time.
func BenchmarkDecodeAndClean(b *testing.B) {
	c, text := defaultCleaner(b), sample(benchRows)
	for _, file := range []struct{ name, text string }{
		{"clean", text},
		{"dirty", dirty(text)},
		{"quoted", quoteAll(text)},
		{"derived keys", strings.Replace(text, "event_id", "other", 1)},
	} {
		b.Run(file.name+"/rows", func(b *testing.B) {
			measure(b, file.text, func() { cleanAll(b, c, file.text) })
		})
		b.Run(file.name+"/csvfile only", func(b *testing.B) {
			measure(b, file.text, func() { readAll(b, c, file.text) })
		})
		b.Run(file.name+"/encoding csv", func(b *testing.B) {
			measure(b, file.text, func() { readByEncodingCSV(b, file.text) })
		})
		b.Run(file.name+"/ratio", func(b *testing.B) {
			var ratios []float64
			for b.Loop() {
				ours := timed(b, func() { cleanAll(b, c, file.text) })
				theirs := timed(b, func() { readByEncodingCSV(b, file.text) })
				ratios = append(ratios, float64(ours)/float64(theirs))
			}
			slices.Sort(ratios)
			b.ReportMetric(ratios[len(ratios)/2], "x-encoding/csv")
		})
	}
}

func measure(b *testing.B, text string, run func()) {
	b.Helper()
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		run()
	}
}

// timed gives the processor time of a run, of all threads: the garbage collector's, too.
func timed(b *testing.B, run func()) time.Duration {
	b.Helper()
	began := processorTime(b)
	run()
	return processorTime(b) - began
}

func processorTime(b *testing.B) time.Duration {
	b.Helper()
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		b.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

func cleanAll(b *testing.B, c *Cleaner, text string) {
	b.Helper()
	rows, events := rowsOf(b, c, text), 0
	for {
		event, reject, err := rows.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if event == nil {
			b.Fatal("want an event", reject, err)
		}
		events++
	}
	if events != benchRows {
		b.Fatal(events)
	}
}

func readAll(b *testing.B, c *Cleaner, text string) {
	b.Helper()
	records, err := csvfile.NewReader(strings.NewReader(text), csvfile.Options{Known: c.Known})
	for err == nil {
		_, err = records.Next()
	}
	if !errors.Is(err, io.EOF) {
		b.Fatal(err)
	}
}

func readByEncodingCSV(b *testing.B, text string) {
	b.Helper()
	records := csv.NewReader(strings.NewReader(text))
	records.ReuseRecord = true
	var err error
	for err == nil {
		_, err = records.Read()
	}
	if !errors.Is(err, io.EOF) {
		b.Fatal(err)
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
