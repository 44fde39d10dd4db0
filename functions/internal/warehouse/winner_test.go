package warehouse

import (
	"testing"

	"eventdrop/functions/internal/contract"
)

// Where the column that the contract names cannot decide, the object's time does, before its key.
func TestTheLaterObjectWinsWhereTheColumnIsEqual(t *testing.T) {
	t.Parallel()
	h := newHarnessFor(t, func(c *contract.Contract) { c.Recency = "event_time" })
	older, later := drop("a.csv", "older", 1), drop("b.csv", "later", 2)
	if older.SourceHash() < later.SourceHash() {
		older.Key, later.Key = later.Key, older.Key // so that the hashes say the opposite
	}
	h.loadDrops(later, older)
	h.expect("later", "select user_id from events")
	h.books()
}

// Two objects that differ in nothing but their keys: whoever comes first, the same one wins.
func TestTwoKeysOfOneSecondHaveOneOrder(t *testing.T) {
	t.Parallel()
	winners := map[string]bool{}
	for _, keys := range [][2]string{{"a.csv", "b.csv"}, {"b.csv", "a.csv"}} {
		h := newHarness(t)
		for _, key := range keys {
			h.load(drop(key, key, 1), header+view(id1, key))
		}
		winners[h.value("select user_id from events")] = true
		h.books()
	}
	if len(winners) != 1 {
		t.Errorf("winners %v: the arrival decided", winners)
	}
}

// An event is replaced as a unit: what the winner does not say is not left over from the loser.
func TestTheWinnerReplacesTheWholeRow(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.load(drop("a.csv", "a", 1), "note,"+header+"gift,"+id1+",purchase,2026-11-23T09:00:00Z,u1,p1,12.50,2,25.00\n")
	h.load(drop("b.csv", "b", 2), header+id1+",view,2026-11-23T09:00:00Z,u2,,,,\n")
	h.expect("view/u2//////", `select concat_ws('/', event_type, user_id, coalesce(product_id, ''), coalesce(price::text, ''),
		coalesce(quantity::text, ''), coalesce(total::text, ''), coalesce(extras::text, ''), '') from events`)
	h.books()
}
