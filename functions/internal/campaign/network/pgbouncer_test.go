package network

import (
	"net/url"
	"testing"

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
	user := w.NewLogin()
	b := bouncer{world.NewBouncer(t, user.String(), sessions)}
	cfg := w.Config
	// Debian's PgBouncer, and every other one before 1.21, cannot follow prepared statements.
	cfg.DatabaseURL = withParameter(b.Address, "default_query_exec_mode", "cache_describe")
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

func withParameter(address *url.URL, name, value string) string {
	changed := *address
	query := changed.Query()
	query.Set(name, value)
	changed.RawQuery = query.Encode()
	return changed.String()
}
