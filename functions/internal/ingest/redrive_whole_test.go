package ingest

import (
	"strings"
	"testing"

	"eventdrop/functions/internal/contract"
	"eventdrop/functions/internal/dropzone"
)

// Single rows would lose their number among equal records.
func TestARedriveUnderDerivedKeysRunsTheWholeObject(t *testing.T) {
	t.Parallel()
	before, after := newCheap(t)
	text := priced + sale("", "50") + sale("", "5") + sale("", "50") + sale("broken", "5")
	before.handle(Order{Object: before.store.put("in/a.csv", "v", text, 1)})
	after.only(after.redrive(dropzone.Filter{Reason: dropzone.AboveMaximum}), dropzone.Books{RowsRead: 4, Inserted: 2, Updated: 1, Rejected: 1})
	after.expect("2/2", "select count(*) || '/' || count(distinct event_id) from events where price = 50")
	after.expect("invalid_uuid", "select reason from rejected_rows where resolved_at is null")
	after.expect("load,redrive", "select string_agg(kind, ',' order by finished_at) from receipts")
	after.expect("above_maximum/0,invalid_uuid/1", "select string_agg(rule || '/' || count, ',' order by rule) from quality_counts where not repaired")
	fresh := newHarnessOn(t, newHarness(t).db, after.store, mended)
	fresh.handle(Order{Object: noticed(fresh.store.keys["in/a.csv"].object)})
	const ids = "select string_agg(event_id::text || line_no || drop_order || object_modified, ' ' order by line_no) from events"
	if got, want := after.value(ids), fresh.value(ids); got != want {
		t.Errorf("a rebuild would give %s, the redrive gave %s", want, got)
	}
	after.books()
}

func TestOtherReasonsToRunTheWholeObject(t *testing.T) {
	t.Parallel()
	long := one + ",view,2026-11-23T09:00:00Z," + strings.Repeat("p", 120) + "," + strings.Repeat(" ", 2000) + "50\n"
	unended := strings.TrimSpace(sale(one, "5"))
	for name, test := range map[string]struct {
		text, forget string
		optional     bool
	}{
		"a record that was cut":       {text: priced + long},
		"no dialect is known":         {text: priced + sale(one, "50"), forget: "dialect = null"},
		"no drop order is known":      {text: priced + sale(one, "50"), forget: "drop_order = null"},
		"a last line that may be":     {text: priced + unended, optional: true},
		"a last line that may not be": {text: priced + unended + "0"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHarness(t)
			before := h.under(func(c *contract.Contract) {
				cheap(c)
				if strings.HasSuffix(name, "not be") {
					c.FinalNewline = "optional"
				}
			})
			after := h.under(func(c *contract.Contract) {
				mended(c)
				if test.optional {
					c.FinalNewline = "optional"
				}
			})
			o := before.store.put("in/a.csv", "v", test.text, 1)
			before.handle(Order{Object: o})
			if test.forget != "" {
				h.exec("update objects set " + test.forget)
			}
			opened := h.store.opened
			receipts := after.redrive(dropzone.Filter{})
			if h.store.opened == opened {
				t.Error("the object was not read")
			}
			if strings.HasSuffix(name, "not be") {
				after.only(receipts, dropzone.Books{RowsRead: 1, Rejected: 1})
				after.expect("missing_final_newline", "select reason from rejected_rows where resolved_at is null")
				return
			}
			after.only(receipts, dropzone.Books{RowsRead: 1, Inserted: 1})
			after.expect("0", "select drop_order from objects")
			after.books()
		})
	}
}

func TestARedriveWhoseBytesAreGoneIsRefused(t *testing.T) {
	t.Parallel()
	text := priced + sale("", "50")
	for name, test := range map[string]struct {
		version string
		happens func(s *store)
	}{
		"the version was deleted":        {"v", func(s *store) { delete(s.keys, "in/a.csv") }},
		"the object was deleted":         {"", func(s *store) { delete(s.keys, "in/a.csv") }},
		"other bytes":                    {"", func(s *store) { s.put("in/a.csv", "", text+text, 2) }},
		"the same bytes, dropped again":  {"", func(s *store) { s.put("in/a.csv", "", text, 2) }},
		"versioning was switched on":     {"", func(s *store) { s.put("in/a.csv", "v2", text, 1) }},
		"another version is all that is": {"v", func(s *store) { s.put("in/a.csv", "v2", text, 1) }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			before, after := newCheap(t)
			o := before.store.put("in/a.csv", test.version, text, 1)
			before.handle(Order{Object: o})
			test.happens(after.store)
			all := after.value(dump)
			for _, o := range after.quarantined(dropzone.Filter{}) {
				r := after.redriveObject(Redrive{ObjectID: o.ID})
				if r.State != dropzone.Gone || r.Reason != dropzone.SourceGone || r.Hint == "" || r.Object.Key != "in/a.csv" || r.Books != (dropzone.Books{}) {
					t.Errorf("receipt %+v", r)
				}
			}
			if after.value(dump) != all {
				t.Error("it wrote something")
			}
		})
	}
}

// A, B, A within one second: the key holds A's bytes, but as a later drop.
func TestARedriveDoesNotMistakeALaterDropOfTheSameBytesForItsOwn(t *testing.T) {
	t.Parallel()
	before, after := newCheap(t)
	a, b := priced+sale("", "50"), priced+sale(one, "5")
	for _, text := range []string{a, b, a} {
		before.handle(Order{Object: before.store.put("in/a.csv", "", text, 1)})
	}
	before.expect("1,2,3", "select string_agg(drop_number::text, ',' order by drop_number) from objects")
	if r := after.redriveObject(Redrive{ObjectID: 1}); r.Reason != dropzone.SourceGone {
		t.Errorf("receipt %+v", r)
	}
	after.expect("0", "select count(*) from receipts where kind = 'redrive'")
	if r := after.redriveObject(Redrive{ObjectID: 3}); r.Inserted != 1 {
		t.Errorf("receipt %+v", r)
	}
	after.books()
}

// `loaded` is never lost.
func TestAReplayWhoseBytesAreGoneIsRefused(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		version string
		happens func(s *store, first dropzone.Object) (asked dropzone.Object)
	}{
		"a version that was deleted": {"v", func(s *store, first dropzone.Object) dropzone.Object {
			delete(s.keys, first.Key)
			return first
		}},
		"an object that was deleted": {"", func(s *store, first dropzone.Object) dropzone.Object {
			delete(s.keys, first.Key)
			return first
		}},
		"a key that was deleted": {"", func(s *store, first dropzone.Object) dropzone.Object {
			delete(s.keys, first.Key)
			return dropzone.Object{Bucket: first.Bucket, Key: first.Key}
		}},
		"other bytes by now": {"", func(s *store, first dropzone.Object) dropzone.Object {
			s.put(first.Key, "", priced+sale(two, "5"), 2)
			return first
		}},
		"bytes that were asked for before the last": {"", func(_ *store, first dropzone.Object) dropzone.Object {
			first.ETag = "long ago"
			return first
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHarness(t)
			first := h.store.put("in/a.csv", test.version, priced+sale(one, "5"), 1)
			h.handle(Order{Object: first})
			asked, all := test.happens(h.store, first), h.value(dump)
			r := h.handle(Order{Object: asked, Kind: dropzone.Replay})
			if r.Reason != dropzone.SourceGone || r.Hint == "" || r.State != dropzone.Gone && r.State != dropzone.Superseded {
				t.Errorf("receipt %+v", r)
			}
			if h.value(dump) != all {
				t.Errorf("it wrote: %s\nbefore: %s", h.value(dump), all)
			}
			h.books()
		})
	}
}
