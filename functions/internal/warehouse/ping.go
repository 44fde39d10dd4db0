package warehouse

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5/pgconn"

	"eventdrop/sql"
)

// Ping reports whether PostgreSQL answers and the schema is there, each fault with the next step. Connections that
// broke since they were used last are replaced, and a login that is refused is renewed.
func (w *Warehouse) Ping(ctx context.Context) error {
	var usable, migrated bool
	err := w.pingOnce(ctx, &usable, &migrated)
	for range w.pool.Stat().MaxConns() + 1 { // every connection that was kept may have broken, and then the login be refused
		if err == nil || !w.brokeOrRefused(err) {
			break
		}
		err = w.pingOnce(ctx, &usable, &migrated)
	}
	switch {
	case err != nil:
		return Explain(err)
	case !usable:
		return fmt.Errorf("this user may not use the schema %s: grant it the role eventdrop_loader, or eventdrop_reader", w.schema)
	case !migrated:
		return fmt.Errorf("the schema %s has no tables of eventdrop: run `eventdrop migrate`", w.schema)
	}
	return nil
}

// brokeOrRefused reports whether another connection may do better. Where no new one can be made for another reason than its
// login, the server is away: that is for the caller to know at once.
func (w *Warehouse) brokeOrRefused(err error) bool {
	if _, connecting := errors.AsType[*pgconn.ConnectError](err); connecting {
		return w.renews && refused(err)
	}
	return w.Transient(err)
}

func (w *Warehouse) pingOnce(ctx context.Context, usable, migrated *bool) error {
	return w.pool.QueryRow(ctx, w.queries["schema_usable"], w.schema).Scan(usable, migrated) //nolint:wrapcheck // Ping explains it
}

// SchemaError says that the schema is of another version than the program.
type SchemaError struct {
	Schema     string
	Have, Want int64
}

func (e *SchemaError) Error() string {
	if e.Have < e.Want {
		return fmt.Sprintf("the schema %s is at version %d, and this program needs version %d: run `eventdrop migrate`, or invoke the function migrate",
			e.Schema, e.Have, e.Want)
	}
	return fmt.Sprintf("the schema %s is at version %d, and this program knows it only up to version %d: deploy the program that migrated it",
		e.Schema, e.Have, e.Want)
}

// CheckSchema reports by a [*SchemaError] whether the schema is of another version than the program. It is asked when
// a program starts: one that runs can go on while the schema is brought forward.
func (w *Warehouse) CheckSchema(ctx context.Context) error {
	have := int64(0)
	if err := w.pool.QueryRow(ctx, w.queries["schema_version"]).Scan(&have); err != nil {
		return Explain(err)
	}
	if have != sql.Version {
		return &SchemaError{Schema: w.schema, Have: have, Want: sql.Version}
	}
	return nil
}
