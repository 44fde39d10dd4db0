package migrations_test

import (
	"context"
	"io/fs"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"

	"eventdrop/functions/internal/contract"
	"eventdrop/functions/internal/migrations"
	"eventdrop/functions/internal/pgtest"
	"eventdrop/functions/internal/warehouse"
	"eventdrop/sql"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

// value asks for one value in text.
func value(t *testing.T, db pgtest.DB, sql string, args ...any) string {
	t.Helper()
	var s string
	if err := db.Pool.QueryRow(t.Context(), "select ("+sql+")::text", args...).Scan(&s); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return s
}

// migrationFiles is how many migrations there are.
func migrationFiles(t *testing.T) int {
	t.Helper()
	files, err := fs.Glob(sql.Migrations, "migrations/*.sql")
	if err != nil {
		t.Fatal(err)
	}
	return len(files)
}

func TestASecondMigrationDoesNothing(t *testing.T) {
	t.Parallel()
	db := pgtest.Empty(t)
	first, err := migrations.Up(t.Context(), db.URL, db.Schema)
	newest := migrationFiles(t)
	if err != nil || first.From != 0 || first.To != int64(newest) || len(first.Applied) != newest {
		t.Fatalf("first: %+v, %v", first, err)
	}
	second, err := migrations.Up(t.Context(), db.URL, db.Schema)
	if err != nil || second.From != first.To || second.To != first.To || len(second.Applied) != 0 {
		t.Errorf("second: %+v, %v", second, err)
	}
}

// K5
func TestMigrationsAtTheSameTimeDoNoHarm(t *testing.T) {
	t.Parallel()
	db := pgtest.Empty(t)
	var wg sync.WaitGroup
	start, applied := make(chan struct{}), make([]int, 6)
	for i := range applied {
		wg.Go(func() {
			<-start
			result, err := migrations.Up(t.Context(), db.URL, db.Schema)
			if err != nil {
				t.Error(err)
			}
			applied[i] = len(result.Applied)
		})
	}
	close(start)
	wg.Wait()
	sum := 0
	for _, n := range applied {
		sum += n
	}
	if sum != migrationFiles(t) {
		t.Errorf("applied %v", applied)
	}
}

// "if not exists" looks before it waits: the slower of two then meets a duplicate key.
func TestASchemaThatAppearsMeanwhileIsFine(t *testing.T) {
	t.Parallel()
	db := pgtest.Empty(t)
	tx, err := db.Pool.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec(t.Context(), "create schema "+db.Schema); err != nil {
		t.Fatal(err)
	}
	failed := make(chan error, 1)
	go func() {
		_, err := migrations.Up(t.Context(), db.URL, db.Schema)
		failed <- err
	}()
	for value(t, db, `pg_sleep(0.005) is not null and exists (select from pg_stat_activity
		where wait_event_type = 'Lock' and query like 'create schema%' || $1 || '%')`, db.Schema) != "true" {
		t.Log("it does not wait yet")
	}
	if err := tx.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := <-failed; err != nil {
		t.Error(err)
	}
}

// An owner of one database need not be allowed to make roles.
func TestAPlainOwnerMigrates(t *testing.T) {
	t.Parallel()
	pgtest.New(t) // makes the roles, which an owner of its own database cannot
	db := pgtest.Empty(t)
	user := db.Schema + "_owner"
	for _, statement := range []string{
		"create role " + user + " login password 'plain'",
		"create schema " + db.Schema + " authorization " + user,
	} {
		if _, err := db.Pool.Exec(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() {
		ctx := context.WithoutCancel(t.Context())
		conn, err := pgx.Connect(ctx, db.URL)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close(ctx)
		if _, err := conn.Exec(ctx, "drop owned by "+user+" cascade; drop role "+user); err != nil {
			t.Error(err)
		}
	})
	if _, err := migrations.Up(t.Context(), as(t, db.URL, user), db.Schema); err != nil {
		t.Fatal(err)
	}
	if owner := value(t, db, "select tableowner from pg_tables where schemaname = $1 and tablename = 'events'", db.Schema); owner != user {
		t.Errorf("events belongs to %s", owner)
	}
	if got := value(t, db, "select has_table_privilege('eventdrop_loader', 'events', 'insert')"); got != "true" {
		t.Errorf("the loader may insert: %s", got)
	}
	if again, err := migrations.Up(t.Context(), as(t, db.URL, user), db.Schema); err != nil || len(again.Applied) != 0 {
		t.Errorf("again: %+v, %v", again, err)
	}
}

func as(t *testing.T, address, user string) string {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	u.User = url.UserPassword(user, "plain")
	return u.String()
}

// goosed is goose itself on a schema.
func goosed(t *testing.T, db pgtest.DB) *goose.Provider {
	t.Helper()
	cfg, err := pgx.ParseConfig(db.URL)
	if err != nil {
		t.Fatal(err)
	}
	cfg.RuntimeParams["search_path"] = db.Schema
	pool := stdlib.OpenDB(*cfg)
	t.Cleanup(func() { _ = pool.Close() }) // nothing is under way
	files, err := fs.Sub(sql.Migrations, "migrations")
	if err != nil {
		t.Fatal(err)
	}
	p, err := goose.NewProvider(goose.DialectPostgres, pool, files, goose.WithTableName("schema_version"), goose.WithDisableGlobalRegistry(true))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// K6: a program that is newer than the tables says so before it loads anything, also where one migration is all that
// they lack.
func TestTablesOfAnOlderVersionAreRefused(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	c, err := contract.Default()
	if err != nil {
		t.Fatal(err)
	}
	w, err := warehouse.Open(t.Context(), warehouse.Config{URL: db.LoaderURL, Schema: db.Schema, MaxConns: 1}, c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.Close)
	if err := w.Ping(t.Context()); err != nil {
		t.Fatal(err)
	}
	p := goosed(t, db)
	for version := migrationFiles(t) - 1; version >= 0; version-- {
		if _, err := p.DownTo(t.Context(), int64(version)); err != nil {
			t.Fatal(err)
		}
		err := w.Ping(t.Context())
		if err == nil {
			err = w.CheckSchema(t.Context())
		}
		if err == nil || !strings.Contains(err.Error(), "eventdrop migrate") {
			t.Errorf("version %d: error %v", version, err)
		}
	}
}

func TestDownAndUpAgain(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	p := goosed(t, db)
	if _, err := p.DownTo(t.Context(), 0); err != nil {
		t.Fatal(err)
	}
	const left = "select count(*) from pg_class where relnamespace = $1::regnamespace and relname not like 'schema_version%'"
	if got := value(t, db, left, db.Schema); got != "0" {
		t.Errorf("%s relations are left", got)
	}
	if again, err := migrations.Up(t.Context(), db.URL, db.Schema); err != nil || len(again.Applied) != migrationFiles(t) {
		t.Errorf("up again: %+v, %v", again, err)
	}
}

func TestAFaultOfTheURLDoesNotTellItsPassword(t *testing.T) {
	t.Parallel()
	_, err := migrations.Up(t.Context(), "postgres://user:hunter2@host:port/x", "eventdrop")
	if err == nil || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("error %v", err)
	}
}
