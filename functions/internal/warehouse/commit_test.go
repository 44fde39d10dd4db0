package warehouse

import (
	"testing"

	"eventdrop/functions/internal/dropzone"
)

// P11: the connection dies at COMMIT, before or after it took effect. The same run, tried again,
// does the work once and tells the true books.
func TestAnUnknownCommitIsFoundOutByTheSameRun(t *testing.T) {
	t.Parallel()
	csv := header + view(id1, "a") + view(id2, "b") + "broken,view,2026-11-23T09:00:00Z,u,p1,,,\n"
	for _, test := range []struct {
		name   string
		object dropzone.Object
		kind   dropzone.Kind
		after  bool
	}{
		{"a version, not committed", object("a.csv"), dropzone.Load, false},
		{"a version, committed", object("a.csv"), dropzone.Load, true},
		{"a replaceable drop, not committed", drop("cut.csv", "a", 1), dropzone.Load, false},
		{"a replaceable drop, committed", drop("cut.csv", "a", 1), dropzone.Load, true},
		{"a replay, not committed", object("a.csv"), dropzone.Replay, false},
		{"a replay, committed", object("a.csv"), dropzone.Replay, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			direct := newHarness(t)
			proxy, db := newCutter(t, direct.db)
			h := newHarnessAt(t, db, nil)
			runs, want := "1", dropzone.Books{RowsRead: 3, Inserted: 2, Rejected: 1}
			if test.kind == dropzone.Replay {
				h.load(test.object, csv)
				runs, want = "2", dropzone.Books{RowsRead: 3, Stale: 2, Rejected: 1}
			}
			run := h.run(test.object, csv)
			run.Kind = test.kind
			proxy.before.Store(!test.after)
			proxy.after.Store(test.after)
			h.refuse(run, dropzone.ErrCommitUnknown)
			again := h.run(test.object, csv)
			again.ID, again.Kind = run.ID, run.Kind
			receipt := h.loadRun(again)
			if receipt.Already || receipt.Books != want || receipt.ObjectID == 0 || receipt.State != dropzone.Loaded {
				t.Errorf("receipt %+v, want books %+v", receipt, want)
			}
			if proxy.cuts.Load() != 1 {
				t.Errorf("%d cuts", proxy.cuts.Load())
			}
			direct.expect(runs, "select count(*) from receipts")
			direct.await("not exists (select from pg_stat_activity where application_name = $1 and state like 'idle in transaction%')", h.db.Schema)
			direct.books()
		})
	}
}

func TestAnotherRunOfALoadedObjectIsNotItsOwn(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.load(object("a.csv"), header+view(id1, "a"))
	if receipt := h.load(object("a.csv"), header+view(id1, "a")); !receipt.Already || receipt.Books != (dropzone.Books{}) {
		t.Errorf("receipt of a second run: %+v", receipt)
	}
}
