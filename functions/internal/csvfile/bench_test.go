package csvfile

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
)

// Each benchmark reads the same bytes as its twin with encoding/csv; run them alternating
// (-count) and compare the ratio, not the figures.

func BenchmarkClean(b *testing.B)            { benchmarkReader(b, shopFile(20_000, false)) }
func BenchmarkCleanEncodingCSV(b *testing.B) { benchmarkEncodingCSV(b, shopFile(20_000, false)) }

func BenchmarkQuoted(b *testing.B)            { benchmarkReader(b, shopFile(20_000, true)) }
func BenchmarkQuotedEncodingCSV(b *testing.B) { benchmarkEncodingCSV(b, shopFile(20_000, true)) }

func BenchmarkSmallObject(b *testing.B)            { benchmarkReader(b, shopFile(100, false)) }
func BenchmarkSmallObjectEncodingCSV(b *testing.B) { benchmarkEncodingCSV(b, shopFile(100, false)) }

func benchmarkReader(b *testing.B, file []byte) {
	b.Helper()
	b.ReportAllocs()
	b.SetBytes(int64(len(file)))
	for b.Loop() {
		r, err := NewReader(bytes.NewReader(file), Options{})
		if err != nil {
			b.Fatal(err)
		}
		for err == nil {
			_, err = r.Next()
		}
		if !errors.Is(err, io.EOF) {
			b.Fatal(err)
		}
	}
}

func benchmarkEncodingCSV(b *testing.B, file []byte) {
	b.Helper()
	b.ReportAllocs()
	b.SetBytes(int64(len(file)))
	for b.Loop() {
		r := csv.NewReader(bytes.NewReader(file))
		r.ReuseRecord = true
		var err error
		for err == nil {
			_, err = r.Read()
		}
		if !errors.Is(err, io.EOF) {
			b.Fatal(err)
		}
	}
}

// shopFile is an e-commerce file of so many rows, as clean as exports are: about 150 bytes a
// row, some names with umlauts. With quotes every text field is quoted, some hold quotes.
func shopFile(rows int, quotes bool) []byte {
	random := rand.New(rand.NewPCG(1, 2))
	var b bytes.Buffer
	b.WriteString("event_id,event_type,event_time,user_id,session_id,product_id,product_name,category,price,quantity,currency,device\n")
	types := []string{"view", "click", "add_to_cart", "purchase"}
	names := []string{"Wireless Mouse", "USB-C Cable 2m", "Café Crème Becher", "Running Shoes", `Monitor 27 inch`, "Coffee Grinder"}
	for range rows {
		name := names[random.IntN(len(names))]
		fields := []string{
			fmt.Sprintf("%08x-%04x-4%03x-8%03x-%012x", random.Uint32(), random.IntN(1<<16), random.IntN(1<<12), random.IntN(1<<12), random.Int64N(1<<48)),
			types[random.IntN(len(types))],
			fmt.Sprintf("2024-05-%02dT%02d:%02d:%02d.%06dZ", 1+random.IntN(28), random.IntN(24), random.IntN(60), random.IntN(60), random.IntN(1e6)),
			strconv.Itoa(random.IntN(100000)), fmt.Sprintf("s%08x", random.Uint32()), fmt.Sprintf("P%05d", random.IntN(99999)),
			name, "electronics", fmt.Sprintf("%d.%02d", random.IntN(900), random.IntN(100)), strconv.Itoa(1 + random.IntN(4)), "EUR", "mobile",
		}
		for i, field := range fields {
			if quotes && i != 8 && i != 9 {
				if i == 6 && random.IntN(5) == 0 {
					field += ` ""new""`
				}
				fields[i] = `"` + field + `"`
			}
		}
		b.WriteString(strings.Join(fields, ","))
		b.WriteByte('\n')
	}
	return b.Bytes()
}
