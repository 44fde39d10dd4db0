package warehouse

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/google/uuid"

	"eventdrop/functions/internal/dropzone"
)

func TestLoadBringsRowsRejectsAndBooks(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	receipt := h.load(object("a.csv"), header+
		id1+",view,2026-11-23T09:00:00Z,u1,p1,,,\n"+
		id2+",purchase,2026-11-23T09:01:00Z,u1,p1,12.50,2,25.00\n"+
		"nonsense,view,2026-11-23T09:01:00Z,u1,p1,,,\n"+
		id2+",purchase,2026-11-23T09:01:00Z,u1,p1,12.5,2,25\n")
	want := dropzone.Books{RowsRead: 4, Inserted: 2, Duplicate: 1, Rejected: 1}
	if receipt.Books != want || !receipt.Balance() {
		t.Errorf("books %+v, want %+v", receipt.Books, want)
	}
	h.expect("2", "select count(*) from events")
	h.expect("12.50", "select price from events where event_id = $1", id2)
	h.expect("5", "select line_no from events where event_id = $1", id2)
	h.expect("invalid_uuid/event_id/nonsense/4", "select concat_ws('/', reason, column_name, value, line_no) from rejected_rows")
	h.expect("nonsense,view,2026-11-23T09:01:00Z,u1,p1,,,", "select raw from rejected_rows")
	h.expect("loaded", "select state from objects")
	h.expect("true", "select output_hash is not null and dialect->>'delimiter' = ',' from objects")
	h.expect("1", "select count from quality_counts where rule = 'invalid_uuid'")
}

func TestALargeObjectLoadsAsASmallOneDoes(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	var csv strings.Builder
	csv.WriteString(header)
	const rows = 20_000
	for i := range rows {
		id := uuid.NewSHA1(uuid.NameSpaceOID, []byte{byte(i), byte(i >> 8)}).String()
		if i%7 == 0 {
			id = "broken"
		}
		fmt.Fprintf(&csv, "%s,view,2026-11-23T09:00:00Z,u%d,p1,1.25,,\n", id, i)
	}
	receipt := h.load(object("large.csv"), csv.String())
	rejected := int64((rows + 6) / 7)
	want := dropzone.Books{RowsRead: rows, Inserted: rows - rejected, Rejected: rejected}
	if receipt.Books != want {
		t.Errorf("books %+v, want %+v", receipt.Books, want)
	}
	h.expect(strconv.FormatInt(rejected, 10), "select count(*) from rejected_rows")
	h.expect(strconv.FormatInt(want.Inserted, 10), "select count(*) from events where price = 1.25")
}

func TestASecondDeliveryWritesNothing(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	csv := header + id1 + ",view,2026-11-23T09:00:00Z,u1,p1,,,\n"
	h.load(object("a.csv"), csv)
	before := h.value("select concat_ws(' ', xmin, ctid) from events")
	receipt := h.load(object("a.csv"), csv)
	if !receipt.Already || receipt.Books != (dropzone.Books{}) {
		t.Errorf("second delivery: %+v", receipt)
	}
	h.expect(before, "select concat_ws(' ', xmin, ctid) from events")
	h.expect("1", "select count(*) from receipts")
}
