// Package migrations brings the schema of eventdrop to its newest version. It is apart from
// package warehouse so that the programs that only load do not link the migration library.
package migrations

import (
	"context"
	"database/sql" //nolint:depguard // goose speaks database/sql; nothing else here does
	"errors"
	"fmt"
	"hash/fnv"
	"io/fs"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

	eventsql "eventdrop/sql"
)

// Result says what a migration did.
type Result struct {
	From    int64    `json:"from"` // the version found; 0: an empty schema
	To      int64    `json:"to"`
	Applied []string `json:"applied"` // files, in order
	Notices []string `json:"notices"` // what the server had to say, as of roles that could not be created
}

// Up creates the schema where it is missing and applies every migration that it lacks. Two at
// once do no harm: the second waits for the first. It must run as a user that owns the schema or may create it.
func Up(ctx context.Context, url, schema string) (Result, error) {
	result := Result{Applied: []string{}, Notices: []string{}}
	db, err := open(url, schema, func(text string) { result.Notices = append(result.Notices, text) })
	if err != nil {
		return Result{}, err
	}
	defer db.Close()
	if err := createSchema(ctx, db, schema); err != nil {
		return Result{}, err
	}
	p, err := provider(db, schema)
	if err != nil {
		return Result{}, err
	}
	if result.From, err = p.GetDBVersion(ctx); err != nil {
		return Result{}, fmt.Errorf("read the schema's version: %w", err)
	}
	applied, err := p.Up(ctx)
	result.To = result.From
	for _, m := range applied {
		result.Applied = append(result.Applied, m.Source.Path)
		result.To = m.Source.Version
	}
	if err != nil {
		return result, fmt.Errorf("migrate: %w", err)
	}
	return result, nil
}

// Drop removes the schema with all that is in it.
func Drop(ctx context.Context, url, schema string) error {
	db, err := open(url, schema, func(string) {})
	if err != nil {
		return err
	}
	defer db.Close()
	if _, err := db.ExecContext(ctx, "drop schema if exists "+pgx.Identifier{schema}.Sanitize()+" cascade"); err != nil {
		return fmt.Errorf("drop schema %s: %w", schema, err)
	}
	return nil
}

// open tells what a migration raises as a notice; the server's own notices are noise.
func open(url, schema string, tell func(text string)) (*sql.DB, error) {
	cfg, err := pgx.ParseConfig(url)
	if err != nil {
		// pgx's own message may quote parts of the URL; the password is not worth the risk.
		return nil, errors.New("the database URL cannot be read: want postgres://user:password@host:5432/database")
	}
	cfg.RuntimeParams["search_path"] = pgx.Identifier{schema}.Sanitize()
	cfg.OnNotice = func(_ *pgconn.PgConn, n *pgconn.Notice) {
		if n.Code == "00000" {
			tell(n.Message)
		}
	}
	return stdlib.OpenDB(*cfg), nil
}

// createSchema needs no privilege to create where the schema is there already.
func createSchema(ctx context.Context, db *sql.DB, schema string) error {
	exists, err := schemaExists(ctx, db, schema)
	if exists || err != nil {
		return err
	}
	if _, err = db.ExecContext(ctx, "create schema if not exists "+pgx.Identifier{schema}.Sanitize()); err == nil {
		return nil
	}
	// "if not exists" looks before it waits: another migration may have been faster.
	if exists, lookErr := schemaExists(ctx, db, schema); exists && lookErr == nil {
		return nil
	}
	return fmt.Errorf("create the schema: %w", err)
}

func schemaExists(ctx context.Context, db *sql.DB, schema string) (exists bool, err error) {
	err = db.QueryRowContext(ctx, "select exists (select from pg_namespace where nspname = $1)", schema).Scan(&exists)
	if err != nil {
		return false, fmt.Errorf("look for the schema: %w", err)
	}
	return exists, nil
}

func provider(db *sql.DB, schema string) (*goose.Provider, error) {
	files, err := fs.Sub(eventsql.Migrations, "migrations")
	if err != nil {
		return nil, fmt.Errorf("open the migrations: %w", err)
	}
	id := fnv.New32a()
	_, _ = id.Write([]byte(schema))
	// Asked for every second for five minutes, the longest a migration may take.
	locker, err := lock.NewPostgresSessionLocker(lock.WithLockID(int64(id.Sum32())), lock.WithLockTimeout(1, 300))
	if err != nil {
		return nil, fmt.Errorf("prepare the migration lock: %w", err)
	}
	p, err := goose.NewProvider(goose.DialectPostgres, db, files,
		goose.WithTableName("schema_version"), goose.WithSessionLocker(locker), goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return nil, fmt.Errorf("prepare the migrations: %w", err)
	}
	return p, nil
}
