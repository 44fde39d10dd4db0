package warehouse

import (
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"eventdrop/functions/internal/dropzone"
)

// missing asks for one listed object.
func (h *harness) missing(o dropzone.Object) bool {
	h.t.Helper()
	missing, err := h.Missing(h.t.Context(), []dropzone.Object{o})
	if err != nil {
		h.t.Fatal(err)
	}
	return len(missing) == 1
}

func TestWhatAListingShowsIsMissingUntilItIsSettledOrWaits(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		state   dropzone.State
		missing bool
	}{
		{"", true},
		{dropzone.Loaded, false},
		{dropzone.Parked, false},
		{dropzone.Failed, false}, // it is due at its time
		{dropzone.Superseded, true},
		{dropzone.Gone, true},
	} {
		t.Run("state "+string(test.state), func(t *testing.T) {
			t.Parallel()
			h := newHarness(t)
			for _, o := range []dropzone.Object{object("a.csv"), drop("k.csv", "a", 1)} {
				switch test.state {
				case "":
				case dropzone.Loaded:
					h.load(o, header+view(id1, "u"))
				default:
					h.record(o, dropzone.Outcome{State: test.state})
				}
				if got := h.missing(o); got != test.missing {
					t.Errorf("%s is missing: %t", o, got)
				}
				if test.missing { // superseded and gone are not for ever
					if receipt := h.load(o, header+view(id1, "u")); receipt.Already {
						t.Errorf("%s did not load", o)
					}
				}
			}
			h.books()
		})
	}
}

func TestAReplacedKeyIsMissingUnlessItsNewestDropIsTheListedOne(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.loadDrops(drop("k.csv", "a", 1), drop("k.csv", "b", 1))
	for _, test := range []struct {
		name    string
		listed  dropzone.Object
		missing bool
	}{
		{"the newest", drop("k.csv", "b", 1), false},
		{"other bytes", drop("k.csv", "c", 1), true},
		{"equal bytes, put again later", drop("k.csv", "b", 2), true},
		{"the older bytes, put again in the same second", drop("k.csv", "a", 1), true},
	} {
		if got := h.missing(test.listed); got != test.missing {
			t.Errorf("%s: missing %t, want %t", test.name, got, test.missing)
		}
	}
}

func TestMissingKeepsTheOrderOfThePage(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.load(object("2.csv"), header)
	missing, err := h.Missing(t.Context(), []dropzone.Object{object("3.csv"), object("2.csv"), object("1.csv")})
	if err != nil || !slices.Equal(missing, []dropzone.Object{object("3.csv"), object("1.csv")}) {
		t.Errorf("missing %v, %v", missing, err)
	}
	if missing, err := h.Missing(t.Context(), nil); len(missing) != 0 || err != nil {
		t.Errorf("of an empty page: %v, %v", missing, err)
	}
}

// due is the first page of due objects.
func (h *harness) due(prefix string, limit int) ([]dropzone.Object, error) {
	objects, _, err := h.Due(h.t.Context(), "shop", prefix, dropzone.DueMark{}, limit)
	return objects, err
}

// Objects that failed in one transaction have one time.
func TestDueObjectsComePageByPageEachOnce(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.exec(`insert into objects (bucket, key, version_id, etag, drop_number, state, next_attempt_at)
		select 'shop', i::text, 'v', 'e', 1, 'failed', now() - interval '1 day' * (i / 4) from generate_series(0, 9) i`)
	var keys []string
	var from dropzone.DueMark
	for more := true; more; {
		page, end, err := h.Due(t.Context(), "shop", "", from, 3)
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range page {
			keys = append(keys, o.Key)
		}
		h.exec("update objects set next_attempt_at = clock_timestamp() where key = any('{0,8}')") // tried again since: due, but not here
		from, more = end, len(page) == 3
	}
	if got := strings.Join(keys, " "); got != "8 9 4 5 6 7 1 2 3" {
		t.Errorf("due %s", got)
	}
}

func TestFailedObjectsAreDueAtTheirTimeOldestFirst(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	retry := func(delay time.Duration) dropzone.Outcome {
		return dropzone.Outcome{State: dropzone.Failed, Retry: func(int) time.Duration { return delay }}
	}
	h.record(object("later.csv"), retry(15*time.Minute))
	h.record(drop("second.csv", "a", 1), retry(-time.Minute))
	h.record(object("first.csv"), retry(-time.Hour))
	h.record(dropzone.Object{Key: "/tmp/a.csv", ETag: "a"}, retry(-2*time.Hour)) // a file of another machine, perhaps
	due, err := h.due("", 10)
	want := []dropzone.Object{object("first.csv"), drop("second.csv", "a", 1)}
	for i := range want {
		want[i].Size, want[i].VersionRank = 0, 0
	}
	if err != nil || !slices.Equal(due, want) {
		t.Errorf("due %v, %v", due, err)
	}
	if due, err := h.due("", 1); len(due) != 1 || err != nil {
		t.Errorf("at most one: %v, %v", due, err)
	}
}

// What a service does not load must not stand in front of what it does.
func TestDueObjectsOfOthersStarveNobody(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.exec(`insert into objects (bucket, key, version_id, etag, drop_number, state, next_attempt_at)
		select case when i % 2 = 0 then 'other' else 'shop' end, 'out/' || i, 'v', 'e', 1, 'failed', now() - interval '1 day'
		from generate_series(1, 3000) i`)
	o := object("in/a%_.csv")
	h.record(o, dropzone.Outcome{State: dropzone.Failed})
	h.record(object("in/ab.csv"), dropzone.Outcome{State: dropzone.Failed})
	due, err := h.due("in/a%_", 10)
	if err != nil || len(due) != 1 || due[0].Key != o.Key {
		t.Errorf("due %v, %v", due, err)
	}
}

func TestRetryIsGivenTheNumberOfFailedTries(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	var seen []int
	for range 3 {
		h.record(object("a.csv"), dropzone.Outcome{State: dropzone.Failed, Retry: func(n int) time.Duration { seen = append(seen, n); return 0 }})
	}
	if !slices.Equal(seen, []int{1, 2, 3}) {
		t.Errorf("tries %v", seen)
	}
}

func TestAFailureNeverOverwritesALoadedObject(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	o := object("a.csv")
	h.load(o, header+view(id1, "u"))
	before := h.dump()
	for _, state := range []dropzone.State{dropzone.Failed, dropzone.Parked, dropzone.Superseded, dropzone.Gone} {
		if id := h.record(o, dropzone.Outcome{State: state}); id != 0 {
			t.Errorf("%s overwrote it", state)
		}
	}
	if err := h.NoteAttempt(t.Context(), o); err != nil {
		t.Error(err)
	}
	if after := h.dump(); after != before {
		t.Errorf("it wrote:\n%s\nbefore:\n%s", after, before)
	}
}

func TestAttemptsWithoutOutcomeAreCountedUntilThereIsOne(t *testing.T) {
	t.Parallel()
	for name, o := range map[string]dropzone.Object{"a version": object("a.csv"), "a replaceable drop": drop("k.csv", "a", 1)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHarness(t)
			died := func(want int) {
				t.Helper()
				got, err := h.Died(t.Context(), []dropzone.Object{object("unknown.csv"), o})
				if err != nil || !slices.Equal(got, []int{0, want}) {
					t.Errorf("died %v, want %d: %v", got, want, err)
				}
			}
			note := func() {
				t.Helper()
				if err := h.NoteAttempt(t.Context(), o); err != nil {
					t.Error(err)
				}
			}
			for n := range 5 {
				died(n)
				note()
			}
			h.expect("1/5/failed", "select count(*) || '/' || max(open_attempts) || '/' || max(state) from objects")
			h.record(o, dropzone.Outcome{State: dropzone.Failed})
			died(0)
			note()
			died(1)
			h.load(o, header+view(id1, "u"))
			died(0)
			h.expect("0", "select open_attempts from objects")
		})
	}
}

func TestSupersedeClosesWhatWasAskedFor(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	asked := dropzone.Object{Bucket: "shop", Key: "a.csv", VersionID: "v1"} // a notice without ETag
	h.record(asked, dropzone.Outcome{State: dropzone.Failed})
	if err := h.Supersede(t.Context(), asked); err != nil {
		t.Fatal(err)
	}
	h.expect("superseded", "select state from objects")
	h.load(object("b.csv"), header)
	if err := h.Supersede(t.Context(), object("b.csv")); err != nil {
		t.Fatal(err)
	}
	h.expect("loaded", "select state from objects where key = 'b.csv'")
}

func TestSettledKnowsVersionsOnly(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	for _, o := range []dropzone.Object{object("a.csv"), drop("k.csv", "a", 1)} {
		before, err := h.Look(t.Context(), o)
		h.load(o, header)
		after, errAfter := h.Look(t.Context(), o)
		if before.State != "" || (after.State == dropzone.Loaded) != o.Versioned() || err != nil || errAfter != nil {
			t.Errorf("%s: settled %+v, then %+v: %v, %v", o, before, after, err, errAfter)
		}
	}
}

// A load may have known of one version of a millisecond only. What a listing tells later can only be more; less it tells where
// versions were removed since, and a lower rank could not replace the rows of a higher one.
func TestAVersionThatWasLoadedWithATooLowRankIsMissing(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	ranked := func(rank int32) dropzone.Object {
		o := object("a.csv")
		o.VersionRank = rank
		return o
	}
	h.load(ranked(5_000_000), header+view(id1, "u"))
	for rank, want := range map[int32]bool{0: false, 4_000_001: false, 5_000_000: false, 5_000_001: true, 6_000_000: true} {
		found, err := h.Look(t.Context(), ranked(rank))
		if missing := h.missing(ranked(rank)); err != nil || missing != want || found.Misordered != want || found.State != dropzone.Loaded {
			t.Errorf("listed with rank %d: missing %t, %+v, %v", rank, missing, found, err)
		}
	}
	for _, replay := range []struct {
		rank, kept int32
		updated    int64
	}{{5_000_001, 5_000_001, 1}, {4_000_000, 5_000_001, 0}} {
		run := h.run(ranked(replay.rank), header+view(id1, "u"))
		run.Kind = dropzone.Replay
		if receipt, err := h.Load(t.Context(), run); err != nil || receipt.Updated != replay.updated {
			t.Errorf("replayed with rank %d: %+v, %v", replay.rank, receipt.Books, err)
		}
		h.expect(strconv.Itoa(int(replay.kept)), "select drop_order from objects")
		h.expect(strconv.Itoa(int(replay.kept)), "select drop_order from events")
	}
	if h.missing(ranked(5_000_001)) {
		t.Error("it is still missing at its right rank")
	}
	h.record(object("p.csv"), dropzone.Outcome{State: dropzone.Parked})
	parked := object("p.csv")
	if parked.VersionRank = 7; h.missing(parked) {
		t.Error("a parked object has no rows that could be in a wrong order")
	}
	h.books()
}

// D5, D6: what PostgreSQL's text cannot hold must not keep an outcome from being recorded.
func TestADetailThatIsNoTextIsRecorded(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.record(object("a.csv"), dropzone.Outcome{State: dropzone.Failed, Detail: "a\x00b\xff", Hint: "\x00"})
	h.expect(`a\x00b\xff`, "select detail from objects")
}

func TestEqualContentUnderTwoKeysIsNoted(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	a, b := object("a.csv"), object("b.csv")
	b.ETag = a.ETag
	h.load(a, header+view(id1, "u"))
	h.load(b, header+view(id1, "u"))
	h.expect("a.csv", "select p.key from objects o join objects p on p.object_id = o.same_content_as where o.key = 'b.csv'")
}

// Performance: a producer may drop the same bytes for ever. Only the first of the equal objects is looked for, not all of them.
func TestTheFirstOfManyEqualObjectsIsFoundAtOnce(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.exec(`insert into objects (bucket, key, version_id, etag, drop_number, state, size_bytes)
		select 'shop', i::text, 'v', case when i % 2 = 0 then 'e' else i::text end, 1, 'loaded', 1 from generate_series(1, 20000) i`)
	h.exec("analyze objects")
	query := "explain (analyze, buffers, format json) " + h.queries["finish_object"]
	tx, err := h.db.Pool.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer rollback(t.Context(), tx)
	var plan []struct {
		Plan struct {
			Hit  int `json:"Shared Hit Blocks"`
			Read int `json:"Shared Read Blocks"`
		}
	}
	if err := tx.QueryRow(t.Context(), query, 20_000, dropzone.Dialect{}, []byte{1}).Scan(&plan); err != nil {
		t.Fatal(err)
	}
	if pages := plan[0].Plan.Hit + plan[0].Plan.Read; pages == 0 || pages > 40 {
		t.Errorf("%d pages were read", pages)
	}
	var first int64
	if err := tx.QueryRow(t.Context(), "select same_content_as from objects where object_id = 20000").Scan(&first); err != nil || first != 2 {
		t.Errorf("same as %d, %v", first, err)
	}
}
