package network

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
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
)

// bouncer is a PgBouncer in transaction mode, as a child process: each transaction of a client may get
// another session of the server, and a session serves many clients.
type bouncer struct {
	binary, ini string
	address     *url.URL
	account     *syscall.SysProcAttr
	process     *exec.Cmd
}

// newBouncer starts PgBouncer in front of a database, with so many sessions for all its clients.
func newBouncer(t *testing.T, database string, sessions int) *bouncer {
	t.Helper()
	b := &bouncer{binary: findBouncer(t), account: bouncerAccount(t)}
	address, err := url.Parse(database)
	if err != nil {
		t.Fatal(err)
	}
	server := address.Host
	address.Host, b.address = freeAddress(t), address
	folder, err := os.MkdirTemp("", "eventdrop-pgbouncer-") //nolint:usetesting // PgBouncer's user must be able to enter it
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(folder) })
	if err := b.configure(folder, server, sessions); err != nil {
		t.Fatal(err)
	}
	if err := b.start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.kill)
	return b
}

func findBouncer(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"pgbouncer", "/usr/sbin/pgbouncer", "/opt/homebrew/bin/pgbouncer"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	campaign.Missing(t, "PgBouncer is missing: install it, for example by `apt-get install pgbouncer`")
	return ""
}

// configure writes what PgBouncer reads. It knows no search_path and is told not to mind it: that is the user's own.
func (b *bouncer) configure(folder, server string, sessions int) error {
	host, port, err := net.SplitHostPort(server)
	if err != nil {
		return fmt.Errorf("read the address: %w", err)
	}
	password, _ := b.address.User.Password()
	users := filepath.Join(folder, "users")
	b.ini = filepath.Join(folder, "pgbouncer.ini")
	settings := fmt.Sprintf(bouncerSettings, host, port, b.address.Port(), users, sessions)
	logins := fmt.Sprintf("%q %q\n", b.address.User.Username(), password)
	return errors.Join(
		os.WriteFile(b.ini, []byte(settings), 0o644),
		os.WriteFile(users, []byte(logins), 0o644),
		os.Chmod(folder, 0o755),
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
func bouncerAccount(t *testing.T) *syscall.SysProcAttr {
	t.Helper()
	if os.Geteuid() != 0 {
		return nil
	}
	nobody, err := user.Lookup("nobody")
	if err != nil {
		t.Fatal(err)
	}
	number, err := strconv.ParseUint(nobody.Uid, 10, 32)
	if err != nil {
		t.Fatal(err)
	}
	return &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(number), Gid: uint32(number)}}
}

func freeAddress(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}

// start returns when PgBouncer serves.
func (b *bouncer) start(ctx context.Context) error {
	b.process = exec.Command(b.binary, "-q", b.ini) // it outlives the test's context, and its cleanup ends it
	b.process.SysProcAttr = b.account
	b.process.Stderr = os.Stderr
	if err := b.process.Start(); err != nil {
		return fmt.Errorf("start PgBouncer: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	poll := time.NewTicker(10 * time.Millisecond)
	defer poll.Stop()
	for {
		conn, err := pgx.Connect(ctx, b.address.String())
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

// begin implements breaker.
func (b *bouncer) begin(fault, *rand.Rand) error {
	b.kill()
	return nil
}

// end implements breaker.
func (b *bouncer) end(ctx context.Context, _ fault) error { return b.start(ctx) }

// kill ends PgBouncer and with it every connection, wherever its transaction is.
func (b *bouncer) kill() {
	_ = b.process.Process.Kill() // it fails only where it has ended
	_ = b.process.Wait()         // its exit status says nothing of interest
}
