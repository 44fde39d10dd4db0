package embedded

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

// Options are what both servers have in common.
type Options struct {
	// Dir keeps the data between runs, in a folder of its own for each server. Where it is empty
	// the data lie in a temporary folder, which vanishes with the server.
	Dir string
	// Cache keeps fetched and built binaries; empty means [CacheDir].
	Cache string
	// Port is the port on 127.0.0.1; 0 means any free one.
	Port int
	// Progress receives a line for each step that takes long, or a spinner where it is a
	// terminal; nil means silence.
	Progress io.Writer
}

// PostgresOptions say how to start PostgreSQL.
type PostgresOptions struct {
	Options
	// Durable makes commits survive a crash of the machine. Without it the server is faster, and
	// commits still survive a crash of the server.
	Durable bool
	// MaxConnections is the setting max_connections; 0 means 200.
	MaxConnections int
	// Settings are further settings of the server, each as name=value.
	Settings []string
}

// postgresUser is the superuser of the started servers.
const postgresUser = "eventdrop"

// Postgres is a running PostgreSQL. Its methods are for one goroutine at a time.
type Postgres struct {
	options  PostgresOptions
	folder   *folder
	binaries postgresBinaries
	password string
	port     int
	process  *process
}

// StartPostgres starts a PostgreSQL of version 14 or newer: an installed one, else one that it
// downloads once. It returns when the server accepts connections. When ctx ends after that, the
// server goes on.
//
// It returns an error that says how to help oneself where there is no PostgreSQL, where the data
// were written by another major version, and where another process uses them.
func StartPostgres(ctx context.Context, options PostgresOptions) (*Postgres, error) {
	f, err := serverFolder(ctx, options.Options, "postgres")
	if err != nil {
		return nil, fmt.Errorf("start PostgreSQL: %w", err)
	}
	p := &Postgres{options: options, folder: f}
	if err := p.setUp(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("start PostgreSQL: %w", err), f.close(ctx))
	}
	return p, nil
}

func (p *Postgres) setUp(ctx context.Context) error {
	major, err := dataMajor(p.data())
	if err != nil {
		return err
	}
	c := cache{dir: p.options.Cache, tell: progress{p.options.Progress}}
	search := postgresSearch{
		owner:   p.folder.owner,
		folders: installedPostgres(ctx, postgresPatterns()),
		fetch:   func(ctx context.Context) (string, error) { return fetchPostgres(ctx, c, mavenCentral) },
		fetched: fetchedMajor(),
	}
	if p.binaries, err = search.find(ctx, major); err != nil {
		return err
	}
	if major == 0 {
		err = p.initialize(ctx, c)
	} else {
		err = dropStalePIDFile(ctx, p.data())
	}
	if err != nil {
		return err
	}
	if p.password, err = p.folder.password(); err != nil {
		return err
	}
	return p.start(ctx, p.options.Port)
}

func (p *Postgres) program(name string) string { return filepath.Join(p.binaries.dir, name) }

// start launches the server on the wished port, or a free one where it is 0.
func (p *Postgres) start(ctx context.Context, wish int) error {
	return launchSomewhere(ctx, wish, func(port int) error {
		p.port = port
		process, err := launch(ctx, p.command(), p.answers)
		if err == nil {
			p.process = process // else the dead one of before stays, for Stop
		}
		return err
	})
}

func (p *Postgres) command() command {
	return command{path: p.program("postgres"), args: p.arguments(), env: cleanEnvironment(), folder: p.folder, stop: "INT"}
}

func (p *Postgres) arguments() []string {
	settings := []string{
		"listen_addresses=127.0.0.1", "port=" + strconv.Itoa(p.port), "unix_socket_directories=",
		"max_connections=" + strconv.Itoa(cmp.Or(p.options.MaxConnections, 200)), "shared_buffers=128MB",
		"logging_collector=off", "log_destination=stderr", "lc_messages=C", "timezone=UTC",
	}
	if !p.options.Durable {
		// With synchronous_commit=off, Kill would lose the last commits. It gains little beside these.
		settings = append(settings, "fsync=off", "full_page_writes=off")
	}
	arguments := []string{"-D", p.data()}
	for _, setting := range append(settings, p.options.Settings...) {
		arguments = append(arguments, "-c", setting)
	}
	return arguments
}

// answers returns nil once the server accepts a connection. Its data folder tells it from another
// server that got its port; the password does not, see fillFromTemplate.
func (p *Postgres) answers(ctx context.Context) error {
	conn, err := pgx.Connect(ctx, p.URL())
	if err != nil {
		return err
	}
	var data string
	err = conn.QueryRow(ctx, "show data_directory").Scan(&data)
	if err == nil && data != p.data() {
		err = fmt.Errorf("port %d belongs to the server of %s", p.port, data)
	}
	return errors.Join(err, conn.Close(ctx))
}

// URL returns the address of the database, with the name and password of its superuser. It stays
// the same over [Postgres.Restart].
func (p *Postgres) URL() string {
	address := url.URL{
		Scheme:   "postgres",
		User:     url.UserPassword(postgresUser, p.password),
		Host:     net.JoinHostPort("127.0.0.1", strconv.Itoa(p.port)),
		Path:     "/postgres",
		RawQuery: "sslmode=disable",
	}
	return address.String()
}

// Version names the server that runs, for people.
func (p *Postgres) Version() string { return p.binaries.String() }

// PID returns the process number of the server.
func (p *Postgres) PID() int { return p.process.PID() }

// Exited is closed when the server's process has ended, for whatever reason. After a Restart
// there is another one.
func (p *Postgres) Exited() <-chan struct{} { return p.process.exited }

// EndedUnasked is the error of whoever finds that the server has Exited although he neither stopped nor killed it: it tells what
// the server printed last.
func (p *Postgres) EndedUnasked() error { return p.folder.endedUnasked("PostgreSQL") }

// Kill ends the server at once, as a crash would. Data and port are kept for a Restart.
func (p *Postgres) Kill() { p.process.kill() }

// Restart starts the server again on the same port and data. It stops it first where it runs.
func (p *Postgres) Restart(ctx context.Context) error {
	if err := p.end(ctx); err != nil {
		return err
	}
	return p.start(ctx, p.port)
}

// Stop ends the server in order and gives the data folder back, or removes it where it is
// temporary. Once ctx has ended it insists. The error says that the server had to be killed, or
// that the folder could not be removed.
func (p *Postgres) Stop(ctx context.Context) error {
	return errors.Join(p.end(ctx), p.folder.close(ctx))
}

// end asks for the fast shutdown of PostgreSQL, then for the immediate one.
func (p *Postgres) end(ctx context.Context) error {
	return p.process.stop(ctx, plea{syscall.SIGINT, 20 * time.Second}, plea{syscall.SIGQUIT, 5 * time.Second})
}
