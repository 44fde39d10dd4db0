package warehouse

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"

	"eventdrop/functions/internal/contract"
	"eventdrop/functions/internal/dropzone"
)

// shuffled is a large object of so many different events, in no order.
func shuffled(n int) string {
	var csv strings.Builder
	csv.WriteString(header)
	for _, i := range rand.New(rand.NewPCG(1, 1)).Perm(n) {
		fmt.Fprintf(&csv, "%s,view,2026-11-23T09:%02d:00Z,u%d,p1,1.25,,%d\n", id(i), i%60, i, i)
	}
	return csv.String()
}

// hasStaged reports whether any load of this harness went through the staging table.
func (h *harness) hasStaged() (yes bool) {
	h.t.Helper()
	for _, conn := range h.pool.AcquireAllIdle(h.t.Context()) {
		var has bool
		if err := conn.QueryRow(h.t.Context(), "select to_regclass($1) is not null", h.table.stageName).Scan(&has); err != nil {
			h.t.Fatal(err)
		}
		conn.Release()
		yes = yes || has
	}
	return yes
}

// Both ways of a large object end with the same table, whatever recency and key are.
func TestALargeObjectOfNewKeysIsCopiedStraightIntoTheTable(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*contract.Contract){
		"recency by last-modified": nil,
		"recency by event time":    func(c *contract.Contract) { c.Recency = "event_time" },
		"key in the middle": func(c *contract.Contract) {
			c.Columns[0], c.Columns[2] = c.Columns[2], c.Columns[0]
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			const rows = 40_000 // several chunks
			direct, staged := newHarnessFor(t, change), newHarnessFor(t, change)
			csv := strings.Replace(shuffled(rows), "u77,p1,1.25,,77\n", "u77,,,,\nbroken,view\n", 1)
			got, want := direct.load(object("a.csv"), csv), staged.loadRun(staged.staged(object("a.csv"), csv))
			if direct.hasStaged() || !staged.hasStaged() {
				t.Errorf("staged: %v, and where asked for: %v", direct.hasStaged(), staged.hasStaged())
			}
			if got.Books != want.Books || got.OutputHash != want.OutputHash || got.Inserted != rows {
				t.Errorf("books %+v, staged %+v", got.Books, want.Books)
			}
			const table = "select md5(string_agg(e::text, ' ' order by event_id)) from events e"
			staged.expect(direct.value(table), table)
			direct.books()
		})
	}
}

// A key that is there already, or comes twice, is met before the copy if it is near the beginning, and else ends it.
func TestKeysThatAreNotNewAreMergedThroughTheStagingTable(t *testing.T) {
	t.Parallel()
	const rows = 12_000
	twice := func(at int) func(string) string {
		return func(csv string) string {
			lines := strings.SplitAfter(csv, "\n")
			lines[at] = lines[at-20]
			return strings.Join(lines, "")
		}
	}
	same := func(csv string) string { return csv }
	cut := func(from, to int) func(string) string {
		return func(csv string) string { return header + strings.Join(strings.SplitAfter(csv, "\n")[from:to], "") }
	}
	nameless := func(csv string) string {
		lines := strings.SplitAfter(csv, "\n")
		_, rest, _ := strings.Cut(lines[9_000], ",")
		lines[9_000] = "," + rest
		return strings.Join(lines, "")
	}
	for _, test := range []struct {
		name          string
		before, after func(csv string) string // of the object that is loaded first; nil: none
		seen          bool                    // before the copy
		books         dropzone.Books
	}{
		{"all are there", same, same, true, dropzone.Books{Updated: rows}},
		{"the beginning is there", cut(1, 10), same, true, dropzone.Books{Inserted: rows - 9, Updated: 9}},
		{"one is there, far behind", cut(10_000, 10_001), same, false, dropzone.Books{Inserted: rows - 1, Updated: 1}},
		{"one comes twice, near the beginning", nil, twice(2_000), true, dropzone.Books{Inserted: rows - 1, Duplicate: 1}},
		{"one comes twice, far behind", nil, twice(10_000), false, dropzone.Books{Inserted: rows - 1, Duplicate: 1}},
		{"one comes twice, in two chunks", nil, func(csv string) string { return csv + strings.SplitAfter(csv, "\n")[3_000] }, false, dropzone.Books{Inserted: rows, Duplicate: 1}},
		{"one is derived, far behind", nil, nameless, false, dropzone.Books{Inserted: rows}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			h := newHarness(t)
			if test.before != nil {
				h.load(drop("b.csv", "b", 0), test.before(shuffled(rows)))
			}
			csv, o := test.after(shuffled(rows)), drop("a.csv", "a", 30)
			before := h.dump()
			receipt, err := h.Load(t.Context(), h.run(o, csv))
			if errors.Is(err, dropzone.ErrStage) == test.seen {
				t.Fatalf("seen before the copy: want %v, got error %v", test.seen, err)
			}
			if !test.seen {
				if now := h.dump(); now != before || h.Transient(err) {
					t.Errorf("it left something behind, or would be tried in the same way: %v", err)
				}
				receipt = h.load(o, csv)
			}
			test.books.RowsRead = test.books.Inserted + test.books.Updated + test.books.Duplicate
			if receipt.Books != test.books {
				t.Errorf("books %+v, want %+v", receipt.Books, test.books)
			}
			h.books()
		})
	}
}

// Loads of the same new keys, in orders that would let each wait for the other, end all the same, and the newest object wins.
func TestLargeObjectsWithTheSameNewKeysAtOnce(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	lines := strings.SplitAfter(strings.TrimPrefix(shuffled(14_000), header), "\n")
	var loads sync.WaitGroup
	for i := range 4 {
		loads.Go(func() {
			half := i % 2 * 7_000
			csv := header + strings.Join(lines[half:], "") + strings.Join(lines[:half], "")
			o := drop(fmt.Sprint(i, ".csv"), "e", i)
			run := h.run(o, csv)
			_, err := h.Load(t.Context(), run)
			for tries := 0; err != nil && tries < 10 && (h.Transient(err) || errors.Is(err, dropzone.ErrStage)); tries++ {
				_, err = h.Load(t.Context(), h.staged(o, csv))
			}
			if err != nil {
				t.Error(err)
			}
		})
	}
	loads.Wait()
	h.expect("14000", "select count(*) from events join objects using (object_id) where key = '3.csv'")
	h.books()
}
