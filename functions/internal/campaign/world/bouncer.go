package world

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"eventdrop/functions/internal/campaign"
	"eventdrop/infra/embedded"
)

// Bouncer is a PgBouncer in transaction mode, as a child process: each transaction of a client may get
// another session of the server, and a session serves many clients.
type Bouncer struct {
	// Address is that of the database, through the pooler.
	Address *url.URL

	binary, ini string
	account     *syscall.Credential
	kill        func() error
}

// NewBouncer starts PgBouncer in front of a database, with so many sessions for all its clients.
func NewBouncer(tb testing.TB, database string, sessions int) *Bouncer {
	tb.Helper()
	b := &Bouncer{binary: findBouncer(tb), account: bouncerAccount(tb)}
	address, err := url.Parse(database)
	if err != nil {
		tb.Fatal(err)
	}
	server := address.Host
	if address.Host, err = embedded.FreeAddress(tb.Context()); err != nil {
		tb.Fatal(err)
	}
	b.Address = address
	folder, err := os.MkdirTemp("", "eventdrop-pgbouncer-") //nolint:usetesting // PgBouncer's user must be able to enter it
	if err != nil {
		tb.Fatal(err)
	}
	campaign.Afterwards(tb, `rm -rf -- "$1"`, folder)
	if err := b.configure(folder, server, sessions); err != nil {
		tb.Fatal(err)
	}
	if err := b.Start(tb.Context()); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(b.Kill)
	return b
}

func findBouncer(tb testing.TB) string {
	tb.Helper()
	for _, name := range []string{"pgbouncer", "/usr/sbin/pgbouncer", "/opt/homebrew/bin/pgbouncer"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	campaign.Missing(tb, "PgBouncer is missing: install it, for example by `apt-get install pgbouncer`")
	return ""
}

// configure writes what PgBouncer reads. It knows no search_path and is told not to mind it: that is the user's own.
func (b *Bouncer) configure(folder, server string, sessions int) error {
	host, port, err := net.SplitHostPort(server)
	if err != nil {
		return fmt.Errorf("read the address: %w", err)
	}
	password, _ := b.Address.User.Password()
	users := filepath.Join(folder, "users")
	b.ini = filepath.Join(folder, "pgbouncer.ini")
	settings := fmt.Sprintf(bouncerSettings, host, port, b.Address.Port(), users, sessions)
	logins := fmt.Sprintf("%q %q\n", b.Address.User.Username(), password)
	return errors.Join(
		os.WriteFile(b.ini, []byte(settings), 0o644), //nolint:gosec // PgBouncer's user must read it
		os.WriteFile(users, []byte(logins), 0o644),   //nolint:gosec // PgBouncer's user must read it
		os.Chmod(folder, 0o755),                      //nolint:gosec // PgBouncer's user must enter it
	)
}

const bouncerSettings = `[databases]
* = host=%s port=%s
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = %s
unix_socket_dir =
auth_type = scram-sha-256
auth_file = %s
pool_mode = transaction
default_pool_size = %d
max_client_conn = 200
ignore_startup_parameters = search_path
`

// bouncerAccount makes PgBouncer run as another user where this one is root, whom it refuses.
func bouncerAccount(tb testing.TB) *syscall.Credential {
	tb.Helper()
	if os.Geteuid() != 0 {
		return nil
	}
	nobody, err := user.Lookup("nobody")
	if err != nil {
		tb.Fatal(err)
	}
	number, err := strconv.ParseUint(nobody.Uid, 10, 32)
	if err != nil {
		tb.Fatal(err)
	}
	return &syscall.Credential{Uid: uint32(number), Gid: uint32(number)}
}

// Start returns when PgBouncer serves.
func (b *Bouncer) Start(ctx context.Context) (err error) {
	if b.kill, err = campaign.Supervise(ctx, b.account, b.binary, "-q", b.ini); err != nil {
		return fmt.Errorf("start PgBouncer: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	poll := time.NewTicker(10 * time.Millisecond)
	defer poll.Stop()
	for {
		conn, err := pgx.Connect(ctx, b.Address.String())
		if err == nil {
			return conn.Close(ctx)
		}
		select {
		case <-poll.C:
		case <-ctx.Done():
			return errors.Join(errors.New("PgBouncer does not answer"), err)
		}
	}
}

// Kill ends PgBouncer and with it every connection, wherever its transaction is.
func (b *Bouncer) Kill() {
	_ = b.kill() // it fails only where it was killed before
}
