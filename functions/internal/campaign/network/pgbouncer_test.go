package network

import (
	"context"
	"net/url"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"eventdrop/functions/internal/campaign"
	"eventdrop/functions/internal/campaign/world"
)

const killed = "PgBouncer killed under load"

// Behind a pooler in transaction mode a loader's transactions run in sessions that other loaders use
// in between: staging tables, settings and statements must not get mixed up.
func TestPgBouncer(t *testing.T) {
	t.Parallel()
	d := campaign.New(t, "PgBouncer in transaction mode", 3)
	d.Expect("staging table shared by loaders")
	w := world.New(t, world.Options{Versioned: true})
	const sessions = 2
	user := newLogin(t, w)
	b := newBouncer(t, user.String(), sessions)
	cfg := w.Config
	// Debian's PgBouncer, and every other one before 1.21, cannot follow prepared statements.
	cfg.DatabaseURL = withParameter(b.address, "default_query_exec_mode", "cache_describe")
	w.Parts = assemble(t, cfg)
	backlog := &backlog{t: t, d: d, world: w, faults: []fault{{name: killed, shows: failed}}, breaker: b, watcher: &watcher{}}
	p := w.Parts.Pipeline.Pipelines[0]
	p.Loader = watchedLoader{p.Loader, backlog.watcher}
	backlog.run()
	if w.Value(`select count(*) between 1 and $1 from pg_class where relpersistence = 't' and relname like 'stage\_%'
		and relowner = $2::regrole`, sessions, user.User.Username()) == "true" {
		d.Reached("staging table shared by loaders")
	}
}

// newLogin returns the address of the database for a new user with a loader's rights. Its search_path is a setting of the
// user, because PgBouncer does not pass on the one that a client asks for.
func newLogin(t *testing.T, w *world.World) *url.URL {
	t.Helper()
	u, err := url.Parse(w.DB.URL)
	if err != nil {
		t.Fatal(err)
	}
	name := "loader_" + w.DB.Schema
	u.User = url.UserPassword(name, uuid.NewString())
	password, _ := u.User.Password()
	role := pgx.Identifier{name}.Sanitize()
	for _, sql := range []string{
		"create role " + role + " login password '" + password + "' in role eventdrop_loader",
		"alter role " + role + " set search_path = " + pgx.Identifier{w.DB.Schema}.Sanitize(),
	} {
		if _, err := w.DB.Pool.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() {
		w.Eventually("0", "select count(*) from pg_stat_activity where usename = $1", name)
		if _, err := w.DB.Pool.Exec(context.WithoutCancel(t.Context()), "drop role "+role); err != nil {
			t.Error(err)
		}
	})
	return u
}

func withParameter(address *url.URL, name, value string) string {
	changed := *address
	query := changed.Query()
	query.Set(name, value)
	changed.RawQuery = query.Encode()
	return changed.String()
}
