package kill

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"eventdrop/functions/internal/campaign"
	"eventdrop/functions/internal/campaign/world"
	"eventdrop/functions/internal/dropzone"
	"eventdrop/functions/internal/ingest"
	"eventdrop/functions/internal/migrations"
	"eventdrop/functions/internal/pgtest"
	"eventdrop/infra/embedded"
)

// enterable is a temporary folder that the servers' user may enter.
func enterable(t *testing.T) string {
	t.Helper()
	folder, err := os.MkdirTemp("", "eventdrop-kill-") //nolint:usetesting // other users cannot enter the test's own
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(folder) })
	if err := os.Chmod(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	return folder
}

func startPostgres(t *testing.T, folder string) *embedded.Postgres {
	t.Helper()
	server, err := embedded.StartPostgres(t.Context(), embedded.PostgresOptions{Options: embedded.Options{Dir: folder, Progress: os.Stderr}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Stop(context.WithoutCancel(t.Context())) }) // a second stop does nothing
	return server
}

// P3: PostgreSQL comes back as it was an hour ago, as after a failover to a replica that lagged. What was
// acknowledged since is gone from the rows and from the ledger alike, so a reconcile loads it again.
func TestAnOlderStateOfTheDatabaseIsBroughtUpToDate(t *testing.T) {
	t.Parallel()
	folder := enterable(t)
	server := startPostgres(t, folder)
	const schema = "eventdrop"
	if _, err := migrations.Up(t.Context(), server.URL(), schema); err != nil {
		t.Fatal(err)
	}
	w := world.New(t, world.Options{Versioned: true, DB: pgtest.At(t, server.URL(), schema)})
	shelf := newShelf(5)
	drop := func(first, end int) {
		for serial := first; serial <= end; serial++ {
			overwriteAll(t, w, shelf, serial)
			w.Put(fmt.Sprintf("own/%d.csv", serial), string(overlapping(serial)))
		}
	}
	drop(1, 4)
	w.Reconcile()
	backUp(t, server, folder)
	w.DB.Pool.Reset()
	w.Reassemble()
	drop(5, 9)
	w.Reconcile()
	lived := number(w.Value("select count(*) from events"))
	restore(t, server, folder)
	w.DB.Pool.Reset()
	w.Reassemble()
	if number(w.Value("select count(*) from events")) >= lived {
		t.Fatal("nothing was lost: nothing is proved")
	}
	w.CheckBooks() // what is left is consistent
	if report := w.Reconcile(); report.Missing != 5*6 {
		t.Errorf("the reconcile after the restore: %+v", report)
	}
	w.CheckBooks()
	w.CheckComplete()
	if d := w.CompareRebuild(); !d.None() {
		t.Errorf("%+v", d)
	}
	if d := shelf.compare(t, w); !d.None() {
		t.Errorf("%+v", d)
	}
}

func overwriteAll(t *testing.T, w *world.World, s *shelf, serial int) {
	t.Helper()
	b := openBucket(t, w)
	for i := range s.keys {
		slot := &s.keys[i]
		if _, err := b.put(t.Context(), slot.key(), slot.body(serial)); err != nil {
			t.Fatal(err)
		}
		slot.last = serial
	}
}

// backUp copies the data of the server while it is stopped.
func backUp(t *testing.T, server *embedded.Postgres, folder string) {
	t.Helper()
	whileStopped(t, server, func() error {
		return exec.CommandContext(t.Context(), "cp", "-a", dataOf(folder), dataOf(folder)+".older").Run()
	})
}

func restore(t *testing.T, server *embedded.Postgres, folder string) {
	t.Helper()
	whileStopped(t, server, func() error {
		if err := os.RemoveAll(dataOf(folder)); err != nil {
			return err
		}
		return os.Rename(dataOf(folder)+".older", dataOf(folder))
	})
}

func dataOf(folder string) string { return filepath.Join(folder, "postgres", "data") }

// whileStopped does something to the data of a server that was killed, and starts it again.
func whileStopped(t *testing.T, server *embedded.Postgres, do func() error) {
	t.Helper()
	server.Kill()
	<-server.Exited()
	if err := do(); err != nil {
		t.Fatal(err)
	}
	if err := server.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// asLoaded is the whole table but for the ledger's numbers, and the whole quarantine.
const asLoaded = `select (select md5(string_agg((to_jsonb(e) - 'object_id')::text, '' order by event_id)) from events e) ||
	(select md5(string_agg(concat_ws(' ', o.key, o.version_id, r.line_no, r.reason, r.raw), '' order by o.key, o.version_id, r.line_no))
		from rejected_rows r join objects o using (object_id))`

// K9: an operator deletes rows of the ledger. The objects are missing then; loading them again changes no event.
func TestDeletedRowsOfTheLedgerAreLoadedAgainWithoutHarm(t *testing.T) {
	t.Parallel()
	d := campaign.New(t, "rows of the ledger deleted", 3)
	d.Expect("deleted")
	w := world.New(t, world.Options{Versioned: true})
	shelf := newShelf(8)
	for serial := range 4 {
		overwriteAll(t, w, shelf, serial+1)
		w.Put(fmt.Sprintf("own/%d.csv", serial), string(overlapping(serial)))
	}
	w.Reconcile()
	lived := w.Value(asLoaded)
	for i := range d.N() {
		deleted := deleteFromLedger(t, w, d.Rand(i))
		for range deleted {
			d.Reached("deleted")
		}
		if report := w.Reconcile(); report.Missing != deleted {
			d.Failf(i, "%d rows were deleted, the reconcile says %+v", deleted, report)
		}
		if got := w.Value(asLoaded); got != lived {
			d.Failf(i, "the table or the quarantine changed")
		}
		d.Differ(i, shelf.compare(t, w))
	}
	w.CheckComplete()
}

// referring are the tables that point to the ledger.
const referring = `select string_agg(conrelid::regclass::text, ' ') from pg_constraint
	where contype = 'f' and confrelid = 'objects'::regclass and conrelid <> confrelid`

// deleteFromLedger deletes about a third of the objects, and what refers to them.
func deleteFromLedger(t *testing.T, w *world.World, random *rand.Rand) int64 {
	t.Helper()
	const chosen = "select object_id from objects where object_id % 3 = $1"
	which := random.IntN(3)
	for table := range strings.FieldsSeq(w.Value(referring)) {
		if _, err := w.DB.Pool.Exec(t.Context(), "delete from "+table+" where object_id in ("+chosen+")", which); err != nil {
			t.Fatal(err)
		}
	}
	tag, err := w.DB.Pool.Exec(t.Context(), "delete from objects where object_id in ("+chosen+")", which)
	if err != nil {
		t.Fatal(err)
	}
	return tag.RowsAffected()
}

// O8: the key of the object store is changed while objects are loaded. They fail, are never parked, and load once
// the settings are right.
func TestAChangedKeyOfTheStoreParksNothing(t *testing.T) {
	t.Parallel()
	folder := enterable(t)
	store := startMinIO(t, embedded.MinIOOptions{Options: embedded.Options{Dir: folder, Progress: os.Stderr}})
	w := world.New(t, world.Options{Versioned: true, MinIO: store})
	b := openBucket(t, w)
	var all []dropzone.Object
	for i := range 6 {
		info, err := b.put(t.Context(), fmt.Sprintf("%d.csv", i), overlapping(i))
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, dropzone.Object{Bucket: b.name, Key: info.Key, VersionID: info.VersionID, ETag: info.ETag})
	}
	handle := func(w *world.World, o dropzone.Object) error {
		_, err := w.Parts.Pipeline.Handle(t.Context(), ingest.Order{Object: o})
		return err
	}
	if err := handle(w, all[0]); err != nil {
		t.Fatal(err)
	}
	if err := store.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "minio", "password"), []byte("another-secret-of-the-tests"), 0o600); err != nil {
		t.Fatal(err)
	}
	changed := startMinIO(t, embedded.MinIOOptions{Options: embedded.Options{Dir: folder, Port: portOf(t, store.Endpoint()), Progress: os.Stderr}})
	for range 6 { // more often than an object may kill its loader
		for _, o := range all[1:] {
			if err := handle(w, o); err == nil {
				t.Errorf("%s was opened with the old key", o)
			}
		}
	}
	if got := w.Value("select string_agg(distinct state || ' ' || attempts, ', ' order by state || ' ' || attempts) from objects"); got != "failed 6, loaded 0" {
		t.Errorf("states: %s", got)
	}
	if got := w.Value("select bool_and(detail like '%EVENTDROP_S3_SECRET_KEY%') from objects where state = 'failed'"); got != "true" {
		t.Error("the ledger does not tell the next step")
	}
	if _, err := w.Parts.Reconciler(w.Parts.Pipeline.Accepts, nil).Run(t.Context(), true); err == nil {
		t.Error("a bucket that cannot be listed passes for an empty one")
	}
	w.Config.S3SecretKey = changed.SecretKey()
	w.Reassemble()
	w.Reconcile()
	w.CheckBooks()
	w.CheckComplete()
}

func startMinIO(t *testing.T, options embedded.MinIOOptions) *embedded.MinIO {
	t.Helper()
	options.Binary = os.Getenv("EVENTDROP_MINIO_BINARY") //nolint:forbidigo // as the program does
	store, err := embedded.StartMinIO(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Stop(context.WithoutCancel(t.Context())) }) // a second stop does nothing
	return store
}
