package ingest

import (
	"slices"
	"testing"

	"eventdrop/functions/internal/dropzone"
)

// The order of a version within its second is asked for once: unless the listing that found the object told it, and
// of the key that the object was found under.
func TestTheRankOfAVersion(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		change func(*dropzone.Object)
		want   string
		keys   []string
	}{
		{"of a notice", func(*dropzone.Object) {}, "7", []string{"in/a b.csv"}},
		{"of a notice without version", func(o *dropzone.Object) { o.VersionID = "" }, "7", []string{"in/a b.csv"}},
		{"listed", func(o *dropzone.Object) { o.VersionRank, o.Ranked = 9, true }, "9", nil},
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
