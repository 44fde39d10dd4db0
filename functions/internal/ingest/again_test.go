package ingest

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/uuid"

	"eventdrop/functions/internal/dropzone"
)

// dirtyShop writes an object of a few rows in every state that a row may be in: sound, refused by the
// rule that is mended later, refused for ever, damaged, with and without a key, once and more often.
func dirtyShop(random *rand.Rand, name string, keyed bool) string {
	var text strings.Builder
	text.WriteString("event_id,event_type,event_time,product_id,price,note\n")
	for range random.IntN(12) {
		id := uuid.NewSHA1(uuid.NameSpaceOID, fmt.Append(nil, name, random.IntN(6))).String()
		switch random.IntN(8) {
		case 0:
			id = "broken"
		case 1:
			if !keyed {
				id = ""
			}
		}
		price := []string{"5", "50", "50.005", "text", " 50 "}[random.IntN(5)]
		note := []string{"", name, `"two` + "\n" + `lines"`, `"a ""b"""`, "a\r", "\xff", "\x00", `"open`, `5" pipe`, `"x"y`, "z,more"}[random.IntN(11)]
		end := []string{"\n", "\r\n", "\n\n"}[random.IntN(3)]
		text.WriteString(id + ",view,2026-11-23T09:00:00Z," + name + "," + price + "," + note + end)
	}
	if random.IntN(4) == 0 {
		return strings.TrimRight(text.String(), "\r\n")
	}
	return text.String()
}

// Whatever stands in an object: running its quarantined rows again gives what running the whole object again gives.
func TestARedriveIsAReplay(t *testing.T) {
	t.Parallel()
	redriven, mendedShop := newCheap(t)
	replayed, mendedToo := newCheap(t)
	fresh := 0
	for i := range 150 {
		random := rand.New(rand.NewPCG(1, uint64(i)))
		name := fmt.Sprint("p", i)
		key, text := "in/"+name+".csv", dirtyShop(random, name, i%3 > 0)
		version := []string{"", "v"}[i%2]
		a, b := redriven.store.put(key, version, text, i%60), replayed.store.put(key, version, text, i%60)
		redriven.handle(Order{Object: a})
		replayed.handle(Order{Object: b})
		receipts := mendedShop.redrive(dropzone.Filter{Key: key})
		mendedToo.handle(Order{Object: b, Kind: dropzone.Replay})
		for _, rows := range []string{
			`select coalesce(string_agg(concat_ws('|', event_id, e.line_no, price, extras, recency_at, object_modified, source_hash, e.drop_order), e'\n' order by event_id), '')
				from events e join objects o using (object_id) where key = $1`,
			`select coalesce(string_agg(concat_ws('|', line_no, r.reason, column_name, value, raw, raw_bytes, raw_cut), e'\n' order by line_no), '')
				from rejected_rows r join objects o using (object_id) where key = $1 and resolved_at is null`,
			`select coalesce(string_agg(concat_ws('|', rule, column_name, repaired, count), e'\n' order by rule, column_name), '')
				from quality_counts join objects using (object_id) where key = $1 and count > 0`,
		} {
			if got, want := mendedShop.value(rows, key), mendedToo.value(rows, key); got != want {
				t.Errorf("object %d\n%q\nredriven:\n%s\nreplayed:\n%s", i, text, got, want)
			}
		}
		for _, r := range receipts {
			fresh += int(r.Inserted)
		}
	}
	if fresh < 50 {
		t.Errorf("only %d rows came out of quarantine", fresh)
	}
	mendedShop.books()
	mendedToo.books()
}
