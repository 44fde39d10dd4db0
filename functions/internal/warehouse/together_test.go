package warehouse

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"eventdrop/functions/internal/contract"
	"eventdrop/functions/internal/dropzone"
)

// untidy is an object with new and known keys, keys that come twice, records without a key, of which some are equal,
// rejects, and a column that the contract does not know.
func untidy(random *rand.Rand) string {
	csv := strings.TrimSuffix(header, "\n") + ",coupon\n"
	for range random.IntN(12) {
		switch random.IntN(4) {
		case 0:
			csv += fmt.Sprintf(",view,2026-11-23T09:00:00Z,u%d,p1,,,,c\n", random.IntN(2))
		case 1:
			csv += id(random.IntN(9)) + ",nonsense,2026-11-23T09:00:00Z,u,p1,,,,c\n"
		default:
			csv += fmt.Sprintf("%s,view,2026-11-23T09:00:00Z,u%d,p1,,,,c\n", id(random.IntN(9)), random.IntN(100))
		}
	}
	return csv
}

// Together or one by one: the same tables. Only which of two objects counts a key as inserted depends on the order.
func TestObjectsThatAreLoadedTogetherAreLoadedAsIfAlone(t *testing.T) {
	t.Parallel()
	const objects = 12
	for seed := range uint64(6) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			together, alone := newHarness(t), newHarness(t)
			random := rand.New(rand.NewPCG(seed, 2))
			var runs []dropzone.Run
			for i := range objects {
				o := object(fmt.Sprintf("%02d.csv", i/2)) // two versions of each key, in one second or not
				o.VersionID, o.VersionRank = fmt.Sprint("v", i%2), int32(i%2)
				o.LastModified = o.LastModified.AddDate(0, 0, random.IntN(2))
				csv := untidy(random)
				runs = append(runs, together.run(o, csv))
				alone.load(o, csv)
			}
			for i, r := range together.loadAll(runs) {
				if r.ObjectID == 0 || r.State != dropzone.Loaded || r.TotalDuration == 0 || r.RunID != runs[i].ID {
					t.Errorf("receipt %d: %+v", i, r)
				}
			}
			for _, sql := range []string{
				"select string_agg(e::text, E'\n' order by event_id) from events e",
				"select string_agg((r.object_id, line_no, reason, column_name, value, raw)::text, E'\n' order by r.object_id, line_no) from rejected_rows r",
				"select string_agg(q::text, E'\n' order by q::text) from quality_counts q",
				"select string_agg((contract, column_name, change, object_id)::text, E'\n' order by column_name) from drift_entries",
				"select string_agg((object_id, key, version_id, state, drop_order, dialect, output_hash)::text, E'\n' order by object_id) from objects",
				`select string_agg((object_id, kind, state, rows_read, inserted + updated + stale, duplicate, rejected, output_hash)::text, E'\n' order by object_id)
					from receipts`,
			} {
				together.expect(alone.value(sql), sql)
			}
			together.books()
			together.expect("1", "select count(distinct xmin::text) from receipts")
		})
	}
}

// Equal records without a key are told apart within their object, not across objects.
func TestKeysOfObjectsThatAreLoadedTogetherAreDerivedForEach(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	csv := header + strings.Repeat(",view,2026-11-23T09:00:00Z,u,p1,,,\n", 2)
	receipts := h.loadAll([]dropzone.Run{h.run(object("a.csv"), csv), h.run(object("b.csv"), csv)})
	h.expect("2", "select count(*) from events")
	if a, b := receipts[0].Books, receipts[1].Books; a.Inserted+b.Inserted != 2 || a.Stale+b.Stale != 2 {
		t.Errorf("%+v, %+v", a, b)
	}
	h.books()
}

func TestWhatCannotBeLoadedTogetherIsLeftOut(t *testing.T) {
	t.Parallel()
	h := newHarnessFor(t, func(c *contract.Contract) { c.MaxRejectedRows = 1 })
	h.load(object("settled.csv"), header+view(id1, "a"))
	broken := errors.New("broken")
	misfits := func() []dropzone.Run {
		faulty := h.run(object("broken.csv"), header+view(id1, "b"))
		faulty.Rows = &faultyRows{Rows: faulty.Rows, fault: func() error { return broken }}
		return []dropzone.Run{
			h.run(object("settled.csv"), header+view(id1, "a")),
			faulty,
			h.run(object("large.csv"), many(smallRows+1)),
			h.run(object("too many rejects.csv"), header+strings.Repeat("x,view,2026-11-23T09:00:00Z,u,p1,,,\n", 2)),
		}
	}
	before := h.dump()
	receipts, errs := h.LoadTogether(t.Context(), misfits())
	for i, err := range errs {
		if err == nil {
			t.Errorf("%s was loaded", receipts[i].Object.Key)
		}
	}
	if got := h.dump(); got != before || !errors.Is(errs[1], broken) {
		t.Errorf("%v\n%s\nwant\n%s", errs, got, before)
	}
	sound := []dropzone.Run{h.run(object("a.csv"), many(2)), h.run(object("b.csv"), many(3)), h.run(object("nothing.csv"), header)}
	if _, errs := h.LoadTogether(t.Context(), append(misfits(), sound...)); errors.Join(errs[4:]...) != nil {
		t.Errorf("errors %v", errs)
	}
	h.expect("a.csv,b.csv,nothing.csv,settled.csv", "select string_agg(key, ',' order by key) from objects")
	h.expect("2/3/0/1", "select string_agg(rows_read::text, '/' order by key) from receipts join objects using (object_id)")
	h.books()
}

// A transaction has the rows of one small object at most.
func TestObjectsThatAreLoadedTogetherTakeAsManyTransactionsAsTheyNeed(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	var runs []dropzone.Run
	for i := range 4 {
		runs = append(runs, h.run(object(strconv.Itoa(i)), many(smallRows/2)))
	}
	h.loadAll(runs)
	h.expect("2", "select count(distinct xmin::text) from receipts")
	h.expect("4", "select count(*) from objects where state = 'loaded'")
	h.books()
}

// One object that somebody else holds: none of those beside it is loaded, and none waits for long.
func TestATwinLeavesNoTraceOfObjectsThatAreLoadedTogether(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	tx, err := h.db.Pool.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer rollback(t.Context(), tx)
	if _, err := h.newLoad(h.run(object("b.csv"), header)).claim(t.Context(), tx); err != nil {
		t.Fatal(err)
	}
	before := h.dump()
	runs := []dropzone.Run{h.run(object("a.csv"), many(2)), h.run(object("b.csv"), many(2)), h.run(object("c.csv"), many(2))}
	_, errs := h.LoadTogether(t.Context(), runs)
	for i, err := range errs {
		if !errors.Is(err, dropzone.ErrBusy) {
			t.Errorf("object %d: %v", i, err)
		}
	}
	if got := h.dump(); got != before {
		t.Errorf("%s\nwant\n%s", got, before)
	}
}
