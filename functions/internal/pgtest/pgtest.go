// Package pgtest gives a test a migrated schema of its own on a real PostgreSQL.
//
// The server is started once per test process, at first use; where EVENTDROP_TEST_DATABASE_URL is
// set, that server is used instead. A package's TestMain must end with [Main].
package pgtest

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"eventdrop/functions/internal/migrations"
	"eventdrop/infra/embedded"
)

// DB is a migrated schema on a real server.
type DB struct {
	// URL connects as the owner of everything.
	URL string
	// LoaderURL connects with the rights of eventdrop_loader only.
	LoaderURL string
	Schema    string
	// Pool connects as the owner, with Schema as its search_path.
	Pool *pgxpool.Pool
	// Server is nil where the server was given.
	Server *embedded.Postgres
}

// New returns a fresh schema, which is dropped when the test ends.
func New(tb testing.TB) DB {
	tb.Helper()
	db := Empty(tb)
	if _, err := migrations.Up(tb.Context(), db.URL, db.Schema); err != nil {
		tb.Fatal(err)
	}
	return db
}

// Empty is New without the migrations: the schema does not exist yet.
func Empty(tb testing.TB) DB {
	tb.Helper()
	server, err := shared()
	if err != nil {
		tb.Fatal(err)
	}
	db := At(tb, server.url, freshName())
	db.Server = server.postgres
	tb.Cleanup(func() { db.drop(tb) })
	return db
}

// Beside is New on the server of another schema.
func Beside(tb testing.TB, other DB) DB {
	tb.Helper()
	db := At(tb, other.URL, freshName())
	db.Server = other.Server
	tb.Cleanup(func() { db.drop(tb) })
	if _, err := migrations.Up(tb.Context(), db.URL, db.Schema); err != nil {
		tb.Fatal(err)
	}
	return db
}

// Own is New on a server of the test's own, which it may stop, freeze or kill. The server ends with the test.
func Own(tb testing.TB, settings ...string) DB {
	tb.Helper()
	server, err := embedded.StartPostgres(tb.Context(), embedded.PostgresOptions{
		Options: embedded.Options{Progress: os.Stderr}, Settings: settings,
	})
	if err != nil {
		tb.Fatalf("start PostgreSQL for the tests: %v", err)
	}
	tb.Cleanup(func() {
		if err := server.Stop(context.WithoutCancel(tb.Context())); err != nil {
			tb.Error(err)
		}
	})
	const schema = "eventdrop"
	if _, err := migrations.Up(tb.Context(), server.URL(), schema); err != nil {
		tb.Fatal(err)
	}
	db := At(tb, server.URL(), schema)
	db.Server = server
	return db
}

func freshName() string { return "test_" + strings.ReplaceAll(uuid.NewString(), "-", "") }

// At is a schema on a server that the test looks after itself. Nothing is created, nothing is dropped.
func At(tb testing.TB, address, schema string) DB {
	tb.Helper()
	db := DB{URL: address, LoaderURL: withRole(tb, address, "eventdrop_loader"), Schema: schema}
	cfg, err := pgxpool.ParseConfig(db.URL)
	if err != nil {
		tb.Fatal(err)
	}
	cfg.ConnConfig.RuntimeParams["search_path"] = db.Schema
	if db.Pool, err = pgxpool.NewWithConfig(tb.Context(), cfg); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(db.Pool.Close)
	return db
}

func (db DB) drop(tb testing.TB) {
	tb.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second) // the test's context has ended
	defer cancel()
	if _, err := db.Pool.Exec(ctx, "drop schema if exists "+pgx.Identifier{db.Schema}.Sanitize()+" cascade"); err != nil {
		tb.Errorf("drop the test's schema: %v", err)
	}
}

func withRole(tb testing.TB, address, role string) string {
	tb.Helper()
	u, err := url.Parse(address)
	if err != nil {
		tb.Fatal(err)
	}
	q := u.Query()
	q.Set("role", role)
	u.RawQuery = q.Encode()
	return u.String()
}

type server struct {
	url      string
	postgres *embedded.Postgres
}

//nolint:gochecknoglobals // one server for all tests of a process
var shared = sync.OnceValues(func() (server, error) {
	if given := os.Getenv("EVENTDROP_TEST_DATABASE_URL"); given != "" { //nolint:forbidigo // this package is for tests only
		return server{url: given}, nil
	}
	postgres, err := embedded.StartPostgres(context.Background(), embedded.PostgresOptions{
		Options: embedded.Options{Progress: os.Stderr},
	})
	if err != nil {
		return server{}, fmt.Errorf("start PostgreSQL for the tests: %w", err)
	}
	running.add(func(ctx context.Context) error { return postgres.Stop(ctx) })
	return server{url: postgres.URL(), postgres: postgres}, nil
})

// stops are what Main must end.
type stops struct {
	mu  sync.Mutex
	all []func(context.Context) error
}

var running stops //nolint:gochecknoglobals // see shared

func (s *stops) add(stop func(context.Context) error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.all = append(s.all, stop)
}

// Main runs a package's tests and stops what they started. Use it as
// `func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }`.
func Main(m *testing.M) int {
	code := m.Run()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	running.mu.Lock()
	defer running.mu.Unlock()
	for _, stop := range running.all {
		if err := stop(ctx); err != nil {
			fmt.Fprintln(os.Stderr, "stop a server of the tests:", err)
			code = max(code, 1)
		}
	}
	return code
}
