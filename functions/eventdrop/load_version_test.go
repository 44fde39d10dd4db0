package main

import (
	"fmt"
	"strings"
	"testing"

	"github.com/minio/minio-go/v7"

	"eventdrop/functions/internal/dropzone"
)

const (
	oneRow    = csvHead + "11111111-1111-4111-8111-111111111111,view,2026-11-23T10:00:00Z,2.00\n"
	threeRows = csvHead + "11111111-1111-4111-8111-111111111111,view,2026-11-23T10:00:00Z,1.00\n" +
		"22222222-2222-4222-8222-222222222222,view,2026-11-23T10:00:00Z,1.00\n" +
		"33333333-3333-4333-8333-333333333333,view,2026-11-23T10:00:00Z,1.00\n"
)

// keepVersions switches versioning on, where it was off.
func (w *world) keepVersions() {
	w.t.Helper()
	if err := w.client().EnableVersioning(w.t.Context(), w.config.S3Bucket); err != nil {
		w.t.Fatal(err)
	}
}

// remove puts a delete marker at a key.
func (w *world) remove(key string) {
	w.t.Helper()
	if err := w.client().RemoveObject(w.t.Context(), w.config.S3Bucket, key, minio.RemoveObjectOptions{}); err != nil {
		w.t.Fatal(err)
	}
}

// N10: the way out of "parked" for a version that is not its key's newest: by its id. It ends with the table that an empty
// database is rebuilt to.
func TestAParkedVersionUnderNewerOnesIsReplayedByItsID(t *testing.T) {
	tests := []struct {
		name  string
		null  bool // it was put before the bucket kept versions
		cover func(*world)
		books dropzone.Books
		price string
	}{
		{"under a newer version", false, func(w *world) { w.t.Helper(); w.overwrite("a.csv", oneRow) }, dropzone.Books{RowsRead: 3, Inserted: 2, Stale: 1}, "2.00"},
		{"under a delete marker", false, func(w *world) { w.t.Helper(); w.remove("a.csv") }, dropzone.Books{RowsRead: 3, Inserted: 3}, "1.00"},
		{"null, under a newer version", true, func(w *world) { w.t.Helper(); w.overwrite("a.csv", oneRow) }, dropzone.Books{RowsRead: 3, Inserted: 2, Stale: 1}, "2.00"},
		{"null, under a delete marker", true, func(w *world) { w.t.Helper(); w.remove("a.csv") }, dropzone.Books{RowsRead: 3, Inserted: 3}, "1.00"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w := newWorldIn(t, !test.null)
			address := "s3://" + w.config.S3Bucket + "/a.csv"
			t.Setenv("EVENTDROP_MAX_OBJECT_BYTES", "200")
			w.put("a.csv", threeRows)
			w.wants(exitRefused, []string{"load", address}, "parked", "too_large")
			id := w.value("select version_id from objects")
			if test.null {
				w.keepVersions()
				id = "null"
			}
			test.cover(w)
			w.wants(exitDone, []string{"reconcile"}, "failed: 0")

			t.Setenv("EVENTDROP_MAX_OBJECT_BYTES", "0")
			w.wants(exitRefused, []string{"load", address, "--version-id", id}, "already parked")
			w.wants(exitDone, []string{"replay", address, "--version-id", id, "--dry-run"}, "loaded (dry run)")
			w.expect("parked", "select state from objects where size_bytes > 200")
			receipt := onlyReceipt(t, w.wants(exitDone, []string{"replay", address, "--version-id", id, "-o", "json"}))
			if receipt.State != dropzone.Loaded || receipt.Books != test.books || receipt.VersionID != dropzone.NormalVersionID(id) {
				t.Errorf("receipt %+v", receipt)
			}
			w.expect("loaded 1", "select string_agg(concat(state, ' ', drop_number), ',') from objects where size_bytes > 200")
			w.expect(test.price, "select price from events where event_id = '11111111-1111-4111-8111-111111111111'")
			w.expect("t", "select (select sum(inserted) from receipts) = (select count(*) from events)")

			lived := w.value(eventsWithRecency)
			w.wants(exitDone, []string{"replay", address, "--version-id", id})
			w.expect(lived, eventsWithRecency)
			if _, err := w.db.Pool.Exec(t.Context(), "truncate objects, receipts, rejected_rows, quality_counts, drift_entries, events"); err != nil {
				t.Fatal(err)
			}
			w.reconcile()
			w.expect(lived, eventsWithRecency)
		})
	}
}

// Rows that an older version holds follow a change of the contract, too.
func TestALoadedVersionUnderANewerOneIsReplayedUnderAnotherContract(t *testing.T) { //nolint:paralleltest // settings belong to the process
	w := newWorld(t)
	address := "s3://" + w.config.S3Bucket + "/a.csv"
	w.put("a.csv", threeRows)
	w.wants(exitDone, []string{"load", address})
	older := w.value("select version_id from objects")
	w.overwrite("a.csv", oneRow)
	w.wants(exitDone, []string{"load", address})
	contractWith(t, "revision: 1", "revision: 2")
	receipt := onlyReceipt(t, w.wants(exitDone, []string{"replay", address, "--version-id", older, "-o", "json"}))
	if receipt.Books != (dropzone.Books{RowsRead: 3, Updated: 2, Stale: 1}) {
		t.Errorf("receipt %+v", receipt)
	}
	w.expect("2.00/1 1.00/2 1.00/2", "select string_agg(concat(price, '/', revision), ' ' order by event_id) from events")
	w.expect("t", "select (select sum(inserted) from receipts) = (select count(*) from events)")
}

func TestTheNullVersionOfABucketWithoutVersionsIsItsObject(t *testing.T) { //nolint:paralleltest // settings belong to the process
	w := newWorldIn(t, false)
	address := "s3://" + w.config.S3Bucket + "/a.csv"
	w.put("a.csv", oneRow)
	w.wants(exitDone, []string{"load", address, "--version-id", "null"}, "loaded")
	w.wants(exitDone, []string{"load", address}, "already loaded")
	w.expect("1", "select count(*) from objects where version_id = ''")
}

func TestAVersionThatIsNotThereLeavesNoTrace(t *testing.T) { //nolint:paralleltest // settings belong to the process
	w := newWorld(t)
	w.put("a.csv", oneRow)
	w.remove("a.csv")
	marker := ""
	for entry := range w.client().ListObjects(t.Context(), w.config.S3Bucket, minio.ListObjectsOptions{WithVersions: true}) {
		if entry.IsDeleteMarker {
			marker = entry.VersionID
		}
	}
	address := "s3://" + w.config.S3Bucket + "/a.csv"
	for name, id := range map[string]string{
		"unknown": "b7a3a1a0-0000-4000-8000-000000000000", "forged": "forged", "null": "null", "a delete marker": marker,
	} {
		for _, args := range [][]string{{"load"}, {"replay"}, {"replay", "--dry-run"}} {
			code, stdout, stderr := w.command(append(args, address, "--version-id", id)...)
			if code != exitFailed || stdout != "" || !strings.Contains(stderr, fmt.Sprintf("%s has no version %q", address, id)) || !strings.Contains(stderr, "eventdrop explain") {
				t.Errorf("%s: %v: exit %d\n%s\n%s", name, args, code, stdout, stderr)
			}
		}
	}
	w.expect("0/0", "select concat((select count(*) from objects), '/', (select count(*) from receipts))")
}
