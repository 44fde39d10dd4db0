package warehouse

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"eventdrop/functions/internal/contract"
	"eventdrop/functions/internal/dropzone"
)

const (
	// full has all columns of the contract.
	full = "event_id,event_type,event_time,user_id,session_id,product_id,product_name,category,price,quantity,total,currency,device"
	// drifted is the table of entries, in one line.
	drifted = "select string_agg(concat_ws(' ', change, column_name, (select key from objects o where o.object_id = d.object_id)), ', ' order by change, column_name) from drift_entries d"
)

// of returns an object with this header and one event; every cell but the first three is empty.
func of(head, id string) string {
	cells := strings.Repeat(",", strings.Count(head, ",")-2)
	return head + "\n" + id + ",view,2026-11-23T09:00:00Z" + cells + "\n"
}

func TestAColumnThatAppearsOrIsMissingIsNotedOnce(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.load(object("a.csv"), of(full, id1))
	h.expect("null", drifted)
	h.load(object("b.csv"), of(full+",campaign,ref", id2))
	h.load(object("c.csv"), of(strings.TrimSuffix(full, ",currency,device"), id3))
	const want = "appeared campaign b.csv, appeared ref b.csv, missing currency c.csv, missing device c.csv"
	h.expect(want, drifted)
	h.load(object("d.csv"), of(full+",campaign", id1))
	h.load(object("e.csv"), of(strings.TrimSuffix(full, ",device"), id2))
	h.replay(object("c.csv"), of(strings.TrimSuffix(full, ",currency,device"), id3))
	h.expect(want, drifted)
	h.books()
}

func TestWhatIsNoDrift(t *testing.T) {
	t.Parallel()
	reversed := strings.Split(full, ",")
	slices.Reverse(reversed)
	for name, csv := range map[string]string{
		"aliases, case and separators": of("uuid,Action,TIMESTAMP,customer,sid,sku,title,product-category,unit price,qty,order_total,currencyCode,platform", id1),
		"another order":                strings.Join(reversed, ",") + "\n",
		"an empty object":              "",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHarness(t)
			h.load(object("a.csv"), csv)
			h.expect("null", drifted)
		})
	}
}

// Producers of several versions drop at once: their columns come and go with each object, the entries do not.
func TestTwoProducersDoNotMakeEntriesFlap(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	older, newer := strings.TrimSuffix(full, ",device"), full+",campaign"
	for i := range 6 {
		h.load(object(fmt.Sprintf("%d.csv", i)), of([]string{older, newer}[i%2], id(i)))
	}
	h.expect("appeared campaign 1.csv, missing device 0.csv", drifted)
	got, err := h.NewDrift(t.Context(), 10)
	if err != nil || len(got) != 2 {
		t.Fatalf("%v, %v", got, err)
	}
	for _, d := range got {
		if d.With != 3 || d.Lately != 6 {
			t.Errorf("%s %s: in %d of %d objects, want 3 of 6", d.Change, d.Column, d.With, d.Lately)
		}
	}
}

// The view tells a column that stays away for good from one that came back.
func TestTheViewShowsColumnsThatWentAndReturned(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	at := func(second int, head string) {
		o := object(fmt.Sprintf("%d.csv", second))
		o.LastModified = drop("", "", second).LastModified
		h.load(o, of(head, id(second)))
	}
	const seen = "select string_agg(concat_ws(' ', column_name, objects_with, objects_lately, extract(second from last_seen_at)::int), ', ' order by column_name) from column_drift"
	at(1, full+",campaign")
	at(2, strings.TrimSuffix(full, ",device"))
	h.expect("campaign 1 2 1, device 1 2 1", seen) // both went
	at(3, full+",campaign")
	h.expect("campaign 2 3 3, device 2 3 3", seen) // and returned
	h.expect("appeared campaign 1.csv, missing device 2.csv", drifted)
}

// A column that the contract has only from a later revision on was not "there" before.
func TestObjectsOfOlderRevisionsSayNothingAboutANewColumn(t *testing.T) {
	t.Parallel()
	narrow := func(c *contract.Contract) {
		c.Columns = slices.DeleteFunc(slices.Clone(c.Columns), func(col contract.Column) bool { return col.Name == "device" })
	}
	before := newHarnessFor(t, narrow)
	after := newHarnessAt(t, before.db, func(c *contract.Contract) { c.Revision = 2 })
	without := strings.TrimSuffix(full, ",device")
	before.load(object("a.csv"), of(without, id1))
	after.expect("null", drifted)
	after.load(object("b.csv"), of(without, id2))
	after.expect("missing device b.csv", drifted)
	after.expect("0/1", "select concat(objects_with, '/', objects_lately, last_seen_at) from column_drift")
}

// Names that no index could hold must not keep an object from being loaded; neither must a column without a name.
func TestLongAndEmptyNamesOfColumnsAreNoted(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	long := strings.Repeat("ä", 9_000)
	h.load(object("a.csv"), of(full+","+long+"1,"+long+"2,,,ref,ref", id1))
	h.expect("3/200", "select concat(count(*), '/', max(length(column_name))) from drift_entries")
	h.expect("1", "select objects_with from column_drift where column_name = ''")
}

// The entries are of the load's own transaction.
func TestARunThatLoadsNothingNotesNoDrift(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	csv := of(full+",campaign", id1)
	dry := h.run(object("a.csv"), csv)
	dry.DryRun = true
	h.loadRun(dry)
	failed := h.run(object("b.csv"), csv)
	failed.Dialect = func() dropzone.Dialect { return dropzone.Dialect{Header: []string{"a"}, Unknown: []string{"a\x00b"}} }
	if _, err := h.Load(t.Context(), failed); err == nil {
		t.Error("a name that PostgreSQL cannot hold was noted")
	}
	h.expect("null", drifted)
	h.expect("0", "select count(*) from objects")
}

// Many loads see many columns first, in every order: all wait for each other in one order.
func TestFirstSightsAtOnceDoNotDeadlock(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	const rounds, producers, columns = 10, 6, 30
	for round := range rounds {
		start := make(chan struct{})
		var all sync.WaitGroup
		for p := range producers {
			names := make([]string, columns)
			for i := range names {
				names[i] = fmt.Sprintf("r%d_c%d", round, (i*7+p*11)%columns)
			}
			run := h.run(object(fmt.Sprintf("%d-%d.csv", round, p)), of(full+","+strings.Join(names, ","), id(round*producers+p)))
			all.Go(func() {
				<-start
				if _, err := h.Load(t.Context(), run); err != nil {
					t.Error(err)
				}
			})
		}
		close(start)
		all.Wait()
	}
	h.expect(strconv.Itoa(rounds*columns), "select count(*) from drift_entries")
	h.books()
}

// Objects of one transaction have their first sights in one order, too, whichever object shows which column. Somebody else holds a column of each
// transaction, so that neither is at its end before the other one has begun.
func TestFirstSightsOfObjectsThatAreLoadedTogetherDoNotDeadlock(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.load(object("0.csv"), of(full, id(0)))
	tx, err := h.db.Pool.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer rollback(t.Context(), tx)
	if _, err := tx.Exec(t.Context(), `insert into drift_entries (contract, revision, object_id, column_name, change)
		select o.contract, 1, o.object_id, held.name, 'appeared' from objects o, unnest('{m1, m2}'::text[]) held (name)`); err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for i, columns := range [][]string{{"z", "m1", "a"}, {"a", "m2", "z"}} {
		var runs []dropzone.Run
		for j, column := range columns {
			n := 1 + i*len(columns) + j
			runs = append(runs, h.run(object(fmt.Sprintf("%d.csv", n)), of(full+","+column, id(n))))
		}
		all.Go(func() {
			if _, errs := h.LoadTogether(t.Context(), runs); errors.Join(errs...) != nil {
				t.Error(errs)
			}
		})
	}
	h.await("select count(*) = 2 from pg_stat_activity where application_name = $1 and wait_event_type = 'Lock'", h.db.Schema)
	rollback(t.Context(), tx)
	all.Wait()
	h.expect("a m1 m2 z", "select string_agg(column_name, ' ' order by column_name) from drift_entries")
	h.books()
}

// Performance: once a column is known to drift, loads neither write about it nor wait for each other.
func TestKnownDriftIsNeitherWrittenNorWaitedFor(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	csv := of(full+",campaign", id1)
	h.load(object("a.csv"), csv)
	const version = "select string_agg(concat_ws('/', xmin, ctid), ' ') from drift_entries"
	before := h.value(version)
	tx, err := h.db.Pool.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer rollback(t.Context(), tx)
	if _, err := tx.Exec(t.Context(), "select from drift_entries for update"); err != nil {
		t.Fatal(err)
	}
	h.load(object("b.csv"), csv)
	h.expect(before, version)
	h.expect("1", "select count(*) from drift_entries")
}
