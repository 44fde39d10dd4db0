package kill

import (
	"strconv"
	"testing"

	"eventdrop/functions/internal/campaign"
	"eventdrop/functions/internal/campaign/world"
	"eventdrop/functions/internal/dropzone"
	"eventdrop/functions/internal/ingest"
)

// settle loads everything that is left, and checks the books. An object that was at work in five kills
// counts as their cause and was parked; its hint says to replay it.
func settle(t *testing.T, d *campaign.Drill, w *world.World) {
	t.Helper()
	w.Reconcile()
	replay(t, w, func(dropzone.Object) { d.Reached("parked as loader_died, replayed") }, "state = 'parked' and reason = 'loader_died'")
	w.CheckBooks()
	w.CheckComplete()
}

// replay loads objects of the ledger again.
func replay(t *testing.T, w *world.World, done func(dropzone.Object), where string) {
	t.Helper()
	rows, err := w.DB.Pool.Query(t.Context(), "select bucket, key, version_id, etag from objects where "+where)
	if err != nil {
		t.Fatal(err)
	}
	var all []dropzone.Object
	for rows.Next() {
		var o dropzone.Object
		if err := rows.Scan(&o.Bucket, &o.Key, &o.VersionID, &o.ETag); err != nil {
			t.Fatal(err)
		}
		all = append(all, o)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	for _, o := range all {
		if _, err := w.Parts.Pipeline.Handle(t.Context(), ingest.Order{Object: o, Kind: dropzone.Replay}); err != nil {
			t.Errorf("replay %s: %v", o, err)
		}
		done(o)
	}
}

// writing is how many transactions are at work on the world's tables.
func writing(w *world.World) int64 {
	return number(w.Value(`select count(distinct l.pid) from pg_locks l join pg_class c on c.oid = l.relation
		where c.relnamespace = to_regnamespace($1) and l.mode = 'RowExclusiveLock'`, w.DB.Schema))
}

func number(text string) int64 {
	n, _ := strconv.ParseInt(text, 10, 64) // a count is a number
	return n
}
