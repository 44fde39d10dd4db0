package ingest

import (
	"testing"

	"eventdrop/functions/internal/contract"
	"eventdrop/functions/internal/dropzone"
)

// A contract may name the fields of files without a header line. Their rows in quarantine are known by these names, too.
func TestAFileWithoutHeaderIsReadByTheNamesOfTheContract(t *testing.T) {
	t.Parallel()
	const first, second = "11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222"
	h := newHarness(t).under(func(c *contract.Contract) { c.Header = []string{"event_id", "type", "event_time", "shelf"} })
	text := first + ",view,2026-11-23T09:00:00Z,a7\n" + second + ",refund,2026-11-23T09:00:00Z,b2\n"
	if r := h.handle(Order{Object: h.store.put("in/a.csv", "v", text, 1)}); r.Inserted != 1 || r.Rejected != 1 || r.Dialect.HeaderLines != 0 {
		t.Errorf("receipt %+v", r)
	}
	h.expect("1 view {\"shelf\": \"a7\"}", "select line_no || ' ' || event_type || ' ' || extras::text from events")
	if r := h.handle(Order{Object: h.store.put("in/b.csv", "v", sound, 2)}); r.Stale+r.Updated != 1 || r.Dialect.HeaderLines != 1 {
		t.Errorf("with a header: %+v", r)
	}
	mended := h.under(func(c *contract.Contract) {
		c.Header, c.Revision = []string{"event_id", "type", "event_time", "shelf"}, 2
		c.Columns[c.ColumnIndex("event_type")].Values["refund"] = nil
	})
	if r, err := mended.Redrive(t.Context(), Redrive{ObjectID: 1}); err != nil || r.State != dropzone.Loaded || r.Inserted != 1 {
		t.Errorf("redrive: %+v, %v", r, err)
	}
	h.expect("2 refund", "select line_no || ' ' || event_type from events where event_id = $1", second)
	h.books()
}
