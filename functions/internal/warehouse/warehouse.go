// Package warehouse is PostgreSQL: it claims an object, stages and merges its rows, keeps the
// quarantine and the books, all in one transaction. It is the only user of pgx and of the SQL files.
//
// Start reading at [Warehouse.Load].
package warehouse

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"eventdrop/functions/internal/contract"
)

// Config says how to reach PostgreSQL.
type Config struct {
	// URL is a connection string, as libpq takes it. With default_query_exec_mode=cache_describe no statement is
	// prepared, which a pooler that gives each transaction another session may need (PgBouncer before 1.21).
	URL string
	// Logins gives name and password to new connections; nil: those of the URL.
	Logins Logins
	// Schema holds eventdrop's tables.
	Schema string
	// MaxConns bounds the pool; 0 means pgx's default.
	MaxConns int32
	// ApplicationName is what pg_stat_activity shows.
	ApplicationName string
	// Log receives the server's warnings; nil: none.
	Log *slog.Logger
}

// Logins gives each new connection its name and password.
type Logins interface {
	Login(ctx context.Context) (user, password string, err error)
	// Refused is called when the server refused a login: the next one should be another.
	Refused()
}

// Warehouse loads events into the table of one contract. It is safe for concurrent use.
type Warehouse struct {
	pool     *pgxpool.Pool
	schema   string
	queries  queries
	contract *contract.Contract
	table    *table
	prepares bool // statements, and keeps them per connection
	renews   bool // the login, after it was refused
}

// Open prepares the pool; it connects when the first connection is needed. Close it after use.
func Open(ctx context.Context, cfg Config, c *contract.Contract) (*Warehouse, error) {
	q, err := loadQueries()
	if err != nil {
		return nil, err
	}
	poolConfig, err := cfg.pool()
	if err != nil {
		return nil, err
	}
	pool, err := pgxpool.NewWithConfig(ctx, poolConfig)
	if err != nil {
		return nil, fmt.Errorf("prepare connections to PostgreSQL: %w", err)
	}
	return &Warehouse{
		pool: pool, schema: cfg.Schema, queries: q, contract: c, table: newTable(c),
		prepares: poolConfig.ConnConfig.DefaultQueryExecMode == pgx.QueryExecModeCacheStatement, renews: cfg.Logins != nil,
	}, nil
}

// Under returns a warehouse for the table of another contract, which shares the connections with this one: whoever is closed
// first closes both.
func (w *Warehouse) Under(c *contract.Contract) *Warehouse {
	other := *w
	other.contract, other.table = c, newTable(c)
	return &other
}

// Contract returns the contract whose table this is.
func (w *Warehouse) Contract() *contract.Contract { return w.contract }

// closeTime is for connections to end in order.
const closeTime = time.Second

// Close waits for connections in use and closes all. It does not wait for a server that is silent: what leads there ends with the process.
func (w *Warehouse) Close() {
	closed := make(chan struct{})
	go func() {
		w.pool.Close()
		close(closed)
	}()
	select {
	case <-closed:
	case <-time.After(closeTime):
	}
}

func (cfg Config) pool() (*pgxpool.Config, error) {
	pc, err := pgxpool.ParseConfig(cfg.URL)
	if err != nil {
		return nil, unreadableURL(err)
	}
	if cfg.MaxConns > 0 {
		pc.MaxConns = cfg.MaxConns
	}
	pc.MaxConnIdleTime = 5 * time.Minute
	if pc.PingTimeout == 0 {
		pc.PingTimeout = pingTime
	}
	cc := pc.ConnConfig
	if cc.ConnectTimeout == 0 {
		cc.ConnectTimeout = 5 * time.Second
	}
	cc.DialFunc = dialer(cc.ConnectTimeout).DialContext
	cc.RuntimeParams["search_path"] = pgx.Identifier{cfg.Schema}.Sanitize()
	cc.RuntimeParams["timezone"] = "UTC"
	if cfg.ApplicationName != "" {
		cc.RuntimeParams["application_name"] = cfg.ApplicationName
	}
	if cfg.Logins != nil {
		pc.BeforeConnect, cc.Tracer = logIn(cfg.Logins), refusals{cfg.Logins}
	}
	if cfg.Log != nil {
		cc.OnNotice = func(_ *pgconn.PgConn, n *pgconn.Notice) {
			if n.Severity == "WARNING" {
				cfg.Log.Warn("postgresql", "message", n.Message, "code", n.Code)
			}
		}
	}
	return pc, nil
}

// CheckPrivileges reports whether the user may do what loading takes.
func (w *Warehouse) CheckPrivileges(ctx context.Context) error {
	var missing []string
	if err := w.pool.QueryRow(ctx, w.queries["missing_privileges"], w.contract.Table).Scan(&missing); err != nil {
		return fmt.Errorf("ask for privileges: %w", err)
	}
	if len(missing) > 0 {
		return fmt.Errorf("the user lacks %s: grant it the role eventdrop_loader", strings.Join(missing, ", "))
	}
	return nil
}
