package world

import (
	"context"
	"net/url"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// NewLogin returns the address of the database for a new user with a loader's rights. Its search_path is a setting of the
// user, because PgBouncer does not pass on the one that a client asks for.
func (w *World) NewLogin() *url.URL {
	w.t.Helper()
	u, err := url.Parse(w.DB.URL)
	if err != nil {
		w.t.Fatal(err)
	}
	name := "loader_" + w.DB.Schema
	u.User = url.UserPassword(name, uuid.NewString())
	password, _ := u.User.Password()
	role := pgx.Identifier{name}.Sanitize()
	for _, sql := range []string{
		"create role " + role + " login password '" + password + "' in role eventdrop_loader",
		"alter role " + role + " set search_path = " + pgx.Identifier{w.DB.Schema}.Sanitize(),
	} {
		if _, err := w.DB.Pool.Exec(w.t.Context(), sql); err != nil {
			w.t.Fatal(err)
		}
	}
	w.t.Cleanup(func() {
		w.Eventually("0", "select count(*) from pg_stat_activity where usename = $1", name)
		if _, err := w.DB.Pool.Exec(context.WithoutCancel(w.t.Context()), "drop role "+role); err != nil {
			w.t.Error(err)
		}
	})
	return u
}
