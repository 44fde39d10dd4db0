package warehouse

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"eventdrop/functions/internal/contract"
	"eventdrop/functions/internal/dropzone"
)

// overlapping are objects that report the same few ids, some twice. Some are of one second, some are
// versions of one key in one second. The oracle gives, for each id, the user of the version that wins.
func overlapping(objects int) (all []dropzone.Object, csvs []string, oracle map[string]string) {
	oracle = map[string]string{}
	best := map[string]struct {
		o    dropzone.Object
		line int
	}{}
	for n := range objects {
		o := object(fmt.Sprint("o", n/3, ".csv"))
		o.VersionID, o.VersionRank = fmt.Sprint("v", n), int32(n%3)
		o.LastModified = o.LastModified.Add(time.Duration(n/6) * time.Second)
		var csv strings.Builder
		csv.WriteString(header)
		for i := range 12 {
			key, line := id((n+i)%10), i+2
			user := fmt.Sprintf("o%d-l%d", n, line)
			csv.WriteString(view(key, user))
			b, held := best[key]
			if !held || cmp.Or(o.LastModified.Compare(b.o.LastModified), cmp.Compare(o.SourceHash(), b.o.SourceHash()),
				cmp.Compare(o.VersionRank, b.o.VersionRank), cmp.Compare(line, b.line)) > 0 {
				b.o, b.line = o, line
				best[key], oracle[key] = b, user
			}
		}
		all, csvs = append(all, o), append(csvs, csv.String())
	}
	return all, csvs, oracle
}

// N8, I4, I5
func TestAnyOrderOfObjectsGivesOneTable(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	objects, csvs, oracle := overlapping(18)
	for range 15 {
		seed := rand.Uint64()
		random := rand.New(rand.NewPCG(seed, 0))
		var wg sync.WaitGroup
		slots := make(chan struct{}, 1+seed%4) // one after the other, or up to four at once
		for places := random.Perm(len(objects)); len(places) > 0; {
			n := min(1+random.IntN(6), len(places)) // alone, or up to six together
			var runs []dropzone.Run
			for _, i := range places[:n] {
				runs = append(runs, h.run(objects[i], csvs[i]))
			}
			places = places[n:]
			slots <- struct{}{}
			wg.Go(func() {
				defer func() { <-slots }()
				h.loadAll(runs)
			})
		}
		wg.Wait()
		for key, user := range oracle {
			h.expect(user, "select user_id from events where event_id = $1", key)
		}
		h.expect("10", "select count(*) from events")
		h.books()
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
		h.exec("truncate objects, receipts, rejected_rows, quality_counts, drift_entries, events")
	}
}

func TestARevisionDecidesLast(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	next := newHarnessAt(t, h.db, func(c *contract.Contract) { c.Revision = 2 })
	csv := header + view(id1, "a") + view(id1, "b")
	h.load(object("a.csv"), csv)
	if r := next.replay(object("a.csv"), csv); r.Updated != 1 || r.Duplicate != 1 {
		t.Errorf("replay under a higher revision: %+v", r.Books)
	}
	if r := h.replay(object("a.csv"), csv); r.Stale != 1 || r.Duplicate != 1 {
		t.Errorf("replay under a lower revision: %+v", r.Books)
	}
	h.expect("b/2", "select user_id || '/' || revision from events")
	h.books()
}

// A stricter revision that refuses the last line does not bring an earlier one back.
func TestALineDecidesBeforeTheRevision(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	strict := newHarnessAt(t, h.db, func(c *contract.Contract) { c.Revision, c.Columns[c.ColumnIndex("price")].Maximum = 2, "10" })
	csv := header + view(id1, "a") + id1 + ",view,2026-11-23T09:00:00Z,b,p1,20.00,,\n"
	h.load(object("a.csv"), csv)
	if r := strict.replay(object("a.csv"), csv); r.Stale != 1 || r.Rejected != 1 {
		t.Errorf("replay under a stricter revision: %+v", r.Books)
	}
	h.expect("b/1", "select user_id || '/' || revision from events")
	h.books()
}

func TestTheColumnThatTheContractNamesDecidesFirst(t *testing.T) {
	t.Parallel()
	h := newHarnessFor(t, func(c *contract.Contract) { c.Recency = "event_time" })
	at := func(minute int, user string) string {
		return fmt.Sprintf("%s,view,2026-11-23T09:%02d:00Z,%s,p1,,,\n", id1, minute, user)
	}
	old, young := drop("old.csv", "a", 1), drop("young.csv", "b", 9)
	h.load(old, header+at(5, "newest")+at(4, "last line"))
	h.load(young, header+at(3, "younger object"))
	h.expect("newest/05", "select user_id || '/' || to_char(recency_at, 'MI') from events")
	h.books()
}

// P4, K2
func TestOppositeOrderDoesNotDeadlock(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	const ids, rounds = 60, 200
	var forward, backward strings.Builder
	for i := range ids {
		forward.WriteString(view(id(i), "forward"))
		backward.WriteString(view(id(ids-1-i), "backward"))
	}
	csvs := []string{header + forward.String(), header + backward.String()}
	for round := 0; round < rounds && !t.Failed(); round++ { // a deadlock takes a second
		var wg sync.WaitGroup
		for i := range 4 {
			o := object(fmt.Sprint(round, "-", i, ".csv"))
			o.LastModified = o.LastModified.Add(time.Duration(round) * time.Second) // newer, so that rows are locked and updated
			run := h.run(o, csvs[i%2])
			wg.Go(func() {
				if _, err := h.Load(t.Context(), run); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
	}
	h.expect("60", "select count(*) from events")
	h.books()
}

const keyless = "event_type,event_time,user_id,product_id\n"

func TestRecordsWithoutAnIDAreKnownByContentAndOccurrence(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	a, b := "view,2026-11-23T09:00:00Z,u1,p1\n", "view,2026-11-23T09:00:01Z,u1,p1\n"
	r := h.load(object("a.csv"), keyless+a+b+a)
	if want := (dropzone.Books{RowsRead: 3, Inserted: 3}); r.Books != want {
		t.Errorf("equal rows of one file: %+v", r.Books)
	}
	r = h.load(object("again.csv"), keyless+a+b+a)
	if r.Inserted != 0 || r.RowsRead != 3 || r.Duplicate != 0 {
		t.Errorf("the same file under another name: %+v", r.Books)
	}
	r = h.load(object("export.csv"), keyless+"purchase,2026-11-23T09:00:00Z,u1,\n"+a+b+a+a)
	if r.Inserted != 1 || r.Rejected != 1 {
		t.Errorf("a cumulative export: %+v", r.Books)
	}
	h.expect("4", "select count(*) from events")
	h.books()
}

func TestKeysAreDerivedAlikeInArraysAndInTheStage(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	var tail strings.Builder
	for i := range 5_500 {
		fmt.Fprintf(&tail, "view,2026-11-23T09:00:00Z,u%d,p1,\n", i%5_000)
	}
	csv := "event_type,event_time,user_id,product_id,event_id\n" + "view,2026-11-23T09:00:00Z,u1,p1," + id1 + "\n" + tail.String()
	h.load(object("small.csv"), csv[:strings.Index(csv, "u2000,")-len("view,2026-11-23T09:00:00Z,")])
	r := h.load(object("large.csv"), csv)
	if r.RowsRead != 5_501 || r.Inserted != 3_500 || r.Duplicate != 0 {
		t.Errorf("books %+v", r.Books)
	}
	h.books()
}
