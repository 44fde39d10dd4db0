package warehouse

import (
	"strings"
	"testing"

	"eventdrop/functions/internal/contract"
	"eventdrop/functions/internal/dropzone"
)

const mixed = header +
	id1 + ",view,2026-11-23T09:00:00Z,u1,p1,,,\n" +
	"broken,view,2026-11-23T09:00:00Z,u1,p1,,,\n" +
	id2 + ",purchase,2026-11-23T09:00:00Z,u1,p1,20.00,,\n"

// P17, I13
func TestAReplayUnderTheSameRevisionUpdatesNothing(t *testing.T) {
	t.Parallel()
	for name, o := range map[string]dropzone.Object{"a version": object("a.csv"), "a replaceable drop": drop("k.csv", "a", 1)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHarness(t)
			first := h.load(o, mixed)
			const rows = "select string_agg(ctid::text || xmin, ' ' order by event_id) from events"
			before := h.value(rows)
			receipt := h.replay(o, mixed)
			if want := (dropzone.Books{RowsRead: 3, Stale: 2, Rejected: 1}); receipt.Books != want {
				t.Errorf("books %+v, want %+v", receipt.Books, want)
			}
			if receipt.OutputHash != first.OutputHash || receipt.Hint != "" {
				t.Errorf("the output differs: %q", receipt.Hint)
			}
			h.expect(before, rows)
			h.expect("1", "select count(*) from rejected_rows")
			h.expect("1", "select count(*) from objects")
			h.expect("load,replay", "select string_agg(kind, ',' order by kind) from receipts")
			h.books()
		})
	}
}

func TestAReplayUnderAChangedContractRewritesRowsAndResolvesRejects(t *testing.T) {
	t.Parallel()
	cheap := newHarnessFor(t, func(c *contract.Contract) { c.Columns[c.ColumnIndex("price")].Maximum = "10" })
	csv := mixed + id3 + ",view,2026-11-23T09:00:00Z,u1,p1,,,\n"
	cheap.load(object("a.csv"), csv)
	cheap.expect("2", "select count(*) from rejected_rows where resolved_at is null")

	h := newHarnessAt(t, cheap.db, func(c *contract.Contract) { c.Revision = 2 })
	receipt := h.replay(object("a.csv"), csv)
	if want := (dropzone.Books{RowsRead: 4, Inserted: 1, Updated: 2, Rejected: 1}); receipt.Books != want || receipt.Hint != "" {
		t.Errorf("books %+v, want %+v; hint %q", receipt.Books, want, receipt.Hint)
	}
	h.expect("invalid_uuid/1,above_maximum/0", `select string_agg(reason || '/' || (resolved_at is null)::int, ',' order by line_no) from rejected_rows`)
	h.expect("true", "select resolved_run = $1::uuid from rejected_rows where reason = 'above_maximum'", receipt.RunID)
	h.expect("true", "select run_id = $1::uuid and revision = 2 from rejected_rows where reason = 'invalid_uuid'", receipt.RunID)
	h.expect("3", "select count(*) from events where revision = 2")
	h.expect("0", "select count from quality_counts where rule = 'above_maximum'")
	h.books()
}

// The hash is compared under the same revision.
func TestAReplayThatGivesOtherRowsUnderTheSameRevisionSaysSo(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.load(object("a.csv"), mixed)
	changed := newHarnessAt(t, h.db, func(c *contract.Contract) { c.Columns[c.ColumnIndex("price")].Maximum = "10" })
	receipt := changed.replay(object("a.csv"), mixed)
	if !strings.Contains(receipt.Hint, "raise the contract's revision") || !receipt.Balance() {
		t.Errorf("receipt %+v", receipt)
	}
	h.expect("2", "select count(distinct output_hash) from receipts")
	h.books()
}

func TestAParkedObjectLoadsByReplayOnly(t *testing.T) {
	t.Parallel()
	for name, o := range map[string]dropzone.Object{"a version": object("a.csv"), "a replaceable drop": drop("k.csv", "a", 1)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHarness(t)
			h.record(o, dropzone.Outcome{State: dropzone.Parked, Reason: dropzone.TooLarge, Hint: "split it"})
			if receipt := h.load(o, mixed); !receipt.Already {
				t.Errorf("a notice loaded it: %+v", receipt)
			}
			h.replay(o, mixed)
			h.expect("loaded///1", "select concat(state, '/', reason, '/', hint, '/', drop_number) from objects")
			h.books()
		})
	}
}

func TestAReplayThatParksAgainTellsItsOwnReason(t *testing.T) {
	t.Parallel()
	for name, o := range map[string]dropzone.Object{"a version": object("a.csv"), "a replaceable drop": drop("k.csv", "a", 1)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHarness(t)
			h.record(o, dropzone.Outcome{State: dropzone.Parked, Reason: dropzone.TooLarge})
			run := h.run(o, mixed)
			run.Kind = dropzone.Replay
			parked := dropzone.Outcome{State: dropzone.Parked, Reason: dropzone.TooManyRejects}
			if id, err := h.Record(t.Context(), run, parked); id == 0 || err != nil {
				t.Errorf("record: %d, %v", id, err)
			}
			h.expect("parked/too_many_rejects", "select string_agg(state || '/' || reason, ',') from objects")
			h.expect("2", "select count(*) from receipts")
		})
	}
}

func TestAFailingReplayLeavesALoadedOrParkedObjectAlone(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	loaded, parked := object("loaded.csv"), object("parked.csv")
	h.load(loaded, mixed)
	h.record(parked, dropzone.Outcome{State: dropzone.Parked, Reason: dropzone.TooLarge})
	before := h.dump()
	for _, o := range []dropzone.Object{loaded, parked} {
		run := dropzone.Run{ID: id(1), Kind: dropzone.Replay, Object: o}
		if id, err := h.Record(t.Context(), run, dropzone.Outcome{State: dropzone.Failed}); id != 0 || err != nil {
			t.Errorf("record: %d, %v", id, err)
		}
	}
	if after := h.dump(); after != before {
		t.Errorf("it wrote:\n%s\nbefore:\n%s", after, before)
	}
}

func TestADryRunWritesNothing(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.load(object("a.csv"), mixed)
	before := h.dump()
	for _, test := range []struct {
		kind   dropzone.Kind
		object dropzone.Object
		csv    string
		want   dropzone.Books
	}{
		{dropzone.Load, object("new.csv"), header + view(id3, "u"), dropzone.Books{RowsRead: 1, Inserted: 1}},
		{dropzone.Load, drop("new.csv", "e", 1), many(6_000), dropzone.Books{RowsRead: 6_000, Inserted: 6_000}},
		{dropzone.Replay, object("a.csv"), mixed, dropzone.Books{RowsRead: 3, Stale: 2, Rejected: 1}},
	} {
		run := h.run(test.object, test.csv)
		run.Kind, run.DryRun = test.kind, true
		if receipt := h.loadRun(run); !receipt.DryRun || receipt.Books != test.want || receipt.ObjectID != 0 {
			t.Errorf("receipt %+v, want books %+v", receipt, test.want)
		}
	}
	if after := h.dump(); after != before {
		t.Errorf("it wrote:\n%s\nbefore:\n%s", after, before)
	}
}
