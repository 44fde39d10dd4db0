package lambdahost_test

import (
	"fmt"
	"strings"
	"testing"

	"eventdrop/functions/internal/campaign/world"
	"eventdrop/functions/internal/pgtest"
	"eventdrop/sql"
)

// A deployment: migrate makes the tables with the owner's login, then ingest loads with the loader's. A schema of another
// version is refused by both functions that load.
func TestMigrateThenIngest(t *testing.T) {
	t.Parallel()
	pgtest.New(t) // makes the roles, which belong to the whole server
	w := world.New(t, world.Options{Versioned: true, DB: pgtest.Empty(t)})
	put(t, w, "one.csv", rows(0, 3))
	ingest := start(t, w, "ingest")
	ingest.refuses(bare(w, "one.csv"), "NotReadyError", "eventdrop migrate")

	migrate := start(t, w, "migrate", "EVENTDROP_DATABASE_URL="+w.DB.URL)
	first := fmt.Sprintf(`"schema":%q,"from":0,"to":%d,"applied":["00001_schema.sql"`, w.DB.Schema, sql.Version)
	if a := migrate.invoke("{}"); a.Failed || !strings.Contains(a.Body, first) {
		t.Fatalf("got %+v, want %s\n%s", a, first, migrate.logs)
	}
	migrate.accepts("{}", fmt.Sprintf(`{"schema":%q,"from":%d,"to":%d,"applied":[],"notices":[],"tables":[]}`, w.DB.Schema, sql.Version, sql.Version))
	ingest.accepts(bare(w, "one.csv"), done)

	reconcile := start(t, w, "reconcile")
	if a := reconcile.invoke("{}"); a.Failed {
		t.Errorf("reconcile: %+v", a)
	}
	versions := func(statement string) {
		t.Helper()
		if _, err := w.DB.Pool.Exec(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	versions("insert into schema_version (version_id, is_applied) values (9999, true)")
	for _, name := range []string{"ingest", "reconcile"} {
		start(t, w, name).refuses(bare(w, "one.csv"), "SchemaError", "deploy the program that migrated it")
	}
	ingest.accepts(bare(w, "one.csv"), done) // what runs goes on while another version is deployed
	versions(fmt.Sprintf("delete from schema_version where version_id >= %d", sql.Version))
	for _, name := range []string{"ingest", "reconcile"} {
		start(t, w, name).refuses(bare(w, "one.csv"), "SchemaError", "run `eventdrop migrate`")
	}
}

func TestMigrateTellsWhatIsWrong(t *testing.T) {
	t.Parallel()
	w := world.New(t, world.Options{})
	f := start(t, w, "migrate", "EVENTDROP_DATABASE_URL=postgres://nobody:canary@"+strings.Split(w.DB.URL, "@")[1])
	f.refuses("{}", "MigrateError", "28P01")
	if strings.Contains(f.logs.String(), "canary") {
		t.Errorf("the password is in the log:\n%s", f.logs)
	}
}
