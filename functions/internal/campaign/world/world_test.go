package world

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"eventdrop/functions/internal/campaign"
)

func TestMain(m *testing.M) { os.Exit(Main(m)) }

// A judge that cannot find a fault proves nothing: each damage must be seen as what it is.
func TestCompareRebuildSeesDamage(t *testing.T) {
	t.Parallel()
	const header = "event_id,event_type,event_time,user_id\n"
	row := func(id int, user string) string {
		return fmt.Sprintf("%08d-1111-4111-8111-111111111111,view,2026-11-23T09:00:00Z,%s\n", id, user)
	}
	tests := []struct {
		name, damage string
		want         campaign.Differences
	}{
		{"none", "", campaign.Differences{}},
		{"a lost row", "delete from events where user_id = 'u1'", campaign.Differences{Lost: 1}},
		{"a doubled row", `insert into events select 'ffffffff-1111-4111-8111-111111111111', event_type, event_time, user_id, session_id,
			product_id, product_name, category, price, quantity, total, currency, device, extras, object_id, line_no, recency_at,
			object_modified, source_hash, drop_order, revision from events where user_id = 'u1'`, campaign.Differences{Doubled: 1}},
		{"a wrong winner", "update events set user_id = 'old' where user_id = 'u1'", campaign.Differences{Wrong: 1}},
		{"a wrong recency", "update events set line_no = 9 where user_id = 'u1'", campaign.Differences{Wrong: 1}},
		{"a lost reject", "delete from rejected_rows", campaign.Differences{Lost: 1}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := New(t, Options{Versioned: true})
			w.Put("a.csv", header+row(1, "u1")+row(2, "u2")+"nonsense,view,2026-11-23T09:00:00Z,u\n")
			w.Put("b.csv", header+row(2, "u3"))
			if report := w.Reconcile(); report.Missing != 2 {
				t.Errorf("report %+v", report)
			}
			w.CheckBooks()
			w.CheckComplete()
			if _, err := w.DB.Pool.Exec(t.Context(), test.damage); err != nil {
				t.Fatal(err)
			}
			if got := w.CompareRebuild(); got != test.want {
				t.Errorf("got %+v, want %+v", got, test.want)
			}
		})
	}
}

// An object that failed and would never be tried again must not be settled by the drill that looks for it.
func TestReconcileTriesOnlyWhatWouldBeTriedAgain(t *testing.T) {
	t.Parallel()
	for next, want := range map[string]string{"clock_timestamp() + interval '14 minutes'": "loaded", "null": "failed"} {
		w := New(t, Options{Versioned: true})
		w.Put("a.csv", "event_id,event_type,event_time,user_id\n")
		w.Reconcile()
		if _, err := w.DB.Pool.Exec(t.Context(), "delete from receipts; update objects set state = 'failed', next_attempt_at = "+next); err != nil {
			t.Fatal(err)
		}
		w.Reconcile()
		if got := w.Value("select state from objects"); got != want {
			t.Errorf("an object whose next attempt is at %s is %s in the end, want %s", next, got, want)
		}
		if left := w.left(); (left == "") != (want == "loaded") {
			t.Errorf("%s: %q is left", next, left)
		}
	}
}

func TestTheBucketGoesWithTheWorld(t *testing.T) {
	t.Parallel()
	var name string
	t.Run("world", func(t *testing.T) { // it has ended before the bucket is looked for
		w := New(t, Options{Versioned: true})
		w.Put("a.csv", "event_id\n")
		name, w.Config.S3Bucket = w.Config.S3Bucket, "another"
	})
	if _, err := os.Stat(filepath.Join(SharedMinIO(t).Drive(), name)); !os.IsNotExist(err) {
		t.Errorf("the bucket is still there: %v", err)
	}
}
