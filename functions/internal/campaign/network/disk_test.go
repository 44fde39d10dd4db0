package network

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5"

	"eventdrop/functions/internal/campaign"
	"eventdrop/infra/embedded"
)

// smallDisks are two small file systems in memory, and a PostgreSQL that has its data on one and its
// write-ahead log on the other.
type smallDisks struct {
	server    *embedded.Postgres
	data, wal string
	logged    int // bytes of the server's log when the fault of the moment began
}

// newSmallDisks needs the right to mount.
func newSmallDisks(t *testing.T) *smallDisks {
	t.Helper()
	s := &smallDisks{data: mount(t, "600m"), wal: mount(t, "112m")}
	options := embedded.PostgresOptions{
		Options:  embedded.Options{Dir: s.data, Progress: os.Stderr},
		Settings: []string{"min_wal_size=32MB", "max_wal_size=64MB"},
	}
	var err error
	if s.server, err = embedded.StartPostgres(t.Context(), options); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(s.server.Stop(t.Context()), s.moveLog(t.Context())); err != nil {
		t.Fatal(err)
	}
	if s.server, err = embedded.StartPostgres(t.Context(), options); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.server.Stop(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	})
	if err := fill(s.data, room); err != nil {
		t.Fatal(err)
	}
	return s
}

// mount makes a file system of a size that every user may enter.
func mount(t *testing.T, size string) string {
	t.Helper()
	folder, err := os.MkdirTemp("", "eventdrop-disk-") //nolint:usetesting // the server's user must be able to enter it
	if err != nil {
		t.Fatal(err)
	}
	campaign.Afterwards(t, `umount -l "$1" 2>/dev/null; rmdir -- "$1"`, folder) // rmdir tells what is still mounted
	out, err := exec.CommandContext(t.Context(), "mount", "-t", "tmpfs", "-o", "mode=0755,size="+size, "tmpfs", folder).CombinedOutput()
	if err != nil {
		campaign.Missing(t, "a full disk needs root, to mount a small one: run `go run ./functions/campaign` as root (%s)", bytes.TrimSpace(out))
	}
	return folder
}

// moveLog moves the write-ahead log of the stopped server to its own disk.
func (s *smallDisks) moveLog(ctx context.Context) error {
	from, to := filepath.Join(s.data, "postgres", "data", "pg_wal"), filepath.Join(s.wal, "pg_wal")
	if out, err := exec.CommandContext(ctx, "cp", "-a", from, to).CombinedOutput(); err != nil {
		return fmt.Errorf("copy the write-ahead log: %w %s", err, out)
	}
	return errors.Join(os.RemoveAll(from), os.Symlink(to, from))
}

const (
	dataFull = "data disk full: 53100"
	logFull  = "log disk full: PANIC and recovery"
)

// room is what the data have while all is well: little enough to be filled before a backlog is loaded.
const room = 64 << 20

// begin implements breaker.
func (s *smallDisks) begin(f fault, _ *rand.Rand) error {
	if f.name == dataFull {
		return fill(s.data, 256<<10)
	}
	log, err := s.log()
	s.logged = len(log)
	return errors.Join(err, fill(s.wal, 0), s.exhaustLog())
}

func (s *smallDisks) log() ([]byte, error) {
	return os.ReadFile(filepath.Join(s.data, "postgres", "server.log"))
}

// fill leaves so many bytes of a disk.
func fill(disk string, rest int64) error {
	file, err := os.OpenFile(filepath.Join(disk, "ballast"), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return fmt.Errorf("fill the disk: %w", err)
	}
	defer file.Close()
	zeros := make([]byte, 1<<20)
	for ; err == nil; _, err = file.Write(zeros) {
	}
	size, seekErr := file.Seek(0, io.SeekEnd)
	if !errors.Is(err, syscall.ENOSPC) || seekErr != nil {
		return fmt.Errorf("fill the disk: %w", errors.Join(err, seekErr))
	}
	return file.Truncate(max(0, size-rest))
}

// exhaustLog uses up what the log has in reserve, beside the loads: then the server can only PANIC.
func (s *smallDisks) exhaustLog() error {
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, s.server.URL())
	if err != nil {
		return nil
	}
	defer conn.Close(ctx)
	const most = 20
	for range most {
		if _, err := conn.Exec(ctx, "create temp table if not exists trace (n int); insert into trace values (1)"); err != nil {
			return nil
		}
		if _, err := conn.Exec(ctx, "select pg_switch_wal(), pg_logical_emit_message(false, 'campaign', 'x')"); err != nil {
			return nil
		}
	}
	return errors.New("the log still has room")
}

// end implements breaker: there is space again. A server that crashed is started again, as its supervisor would do.
func (s *smallDisks) end(ctx context.Context, f fault) error {
	if f.name == dataFull {
		return fill(s.data, room)
	}
	if err := os.Remove(filepath.Join(s.wal, "ballast")); err != nil {
		return err
	}
	log, err := s.log()
	if err != nil {
		return err
	}
	if !bytes.Contains(log[s.logged:], []byte("PANIC")) {
		return errors.New("the server did not PANIC")
	}
	return s.server.Restart(ctx)
}
