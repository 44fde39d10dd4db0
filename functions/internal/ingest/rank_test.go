package ingest

import (
	"slices"
	"testing"
	"time"

	"eventdrop/functions/internal/dropzone"
)

// The order of a version within its second is asked for once: unless the listing that found the object told it, or the notice
// its millisecond, and of the key that the object was found under.
func TestTheRankOfAVersion(t *testing.T) {
	t.Parallel()
	second := time.Date(2026, 11, 23, 10, 0, 1, 0, time.UTC) // in which the store took the object
	tests := []struct {
		name   string
		change func(*dropzone.Object)
		want   string
		keys   []string
	}{
		{"of a notice", func(*dropzone.Object) {}, "7", []string{"in/a b.csv"}},
		{"of a notice without version", func(o *dropzone.Object) { o.VersionID = "" }, "7", []string{"in/a b.csv"}},
		{"listed", func(o *dropzone.Object) { o.VersionRank, o.Ranked = 9, true }, "9", nil},
		{"of a notice that tells nanoseconds", func(o *dropzone.Object) { o.PreciseModified = second.Add(123_456_789) }, "123000000", nil},
		{"of a notice that tells another second", func(o *dropzone.Object) { o.PreciseModified = second.Add(1_123_456_789) }, "7", []string{"in/a b.csv"}},
		{"listed while it was young", func(o *dropzone.Object) { o.VersionRank = 5 }, "7", []string{"in/a b.csv"}},
		{"under its raw key", func(o *dropzone.Object) { o.Key, o.RawKey = "in/a+b.csv", o.Key }, "7", []string{"in/a b.csv", "in/a+b.csv"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			h := newHarness(t)
			h.store.rank = 7
			o := h.store.put("in/a b.csv", "v1", priced+sale(one, "1"), 1)
			test.change(&o)
			h.handle(Order{Object: o})
			h.expect(test.want, "select drop_order from events")
			h.store.mu.Lock()
			defer h.store.mu.Unlock()
			slices.Sort(h.store.ranked)
			if !slices.Equal(h.store.ranked, test.keys) {
				t.Errorf("asked for %q, want %q", h.store.ranked, test.keys)
			}
		})
	}
}

// Of two versions of one millisecond, whose notices know nothing of each other, the later line wins at first. A listing tells which
// one is newer; its rows win then, by a replay, and once only.
func TestVersionsOfOneMillisecondAreOrderedByTheNextListing(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	newer := h.store.put("a.csv", "v2", priced+sale(one, "2"), 1)
	newer.PreciseModified = time.Date(2026, 11, 23, 10, 0, 1, 5_000_000, time.UTC)
	h.handle(Order{Object: newer})
	older := h.store.put("a.csv", "v1", priced+sale(two, "9")+sale(one, "1"), 1)
	older.PreciseModified = newer.PreciseModified
	h.handle(Order{Object: older})
	price := func() string { return "select price::text from events where event_id = '" + one + "'" }
	h.expect("1.00", price())
	listed := h.store.put("a.csv", "v2", priced+sale(one, "2"), 1)
	listed.VersionRank, listed.Ranked = dropzone.RankWithinSecond(newer.PreciseModified, 1), true
	receipt := h.handle(Order{Object: listed, Again: true})
	if receipt.Kind != dropzone.Replay || receipt.Updated != 1 || receipt.Already {
		t.Errorf("at its right rank: %+v", receipt)
	}
	h.expect("2.00", price())
	h.expect("v2", "select version_id from events join objects using (object_id) where event_id = '"+one+"'")
	if receipt := h.handle(Order{Object: listed, Again: true}); !receipt.Already {
		t.Errorf("once more: %+v", receipt)
	}
}
