package embedded

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// helperCommand makes the test binary start servers and wait for its own death.
const helperCommand = "start-servers-and-wait"

func TestMain(m *testing.M) {
	if len(os.Args) == 2 && os.Args[1] == helperCommand {
		if err := startAndWait(context.Background()); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	os.Exit(m.Run())
}

// startAndWait prints process number and folder of both servers.
func startAndWait(ctx context.Context) error {
	p, err := StartPostgres(ctx, PostgresOptions{})
	if err != nil {
		return err
	}
	m, err := StartMinIO(ctx, MinIOOptions{})
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintln(os.Stdout, p.PID(), p.folder.path, m.PID(), m.folder.path); err != nil {
		return err
	}
	select {}
}

// startPostgres starts a server that ends with the test.
func startPostgres(t *testing.T, options PostgresOptions) *Postgres {
	t.Helper()
	options.Progress = os.Stderr
	p, err := StartPostgres(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stopQuietly(t, p) })
	return p
}

type stopper interface {
	Stop(ctx context.Context) error
}

func stopQuietly(t *testing.T, server stopper) {
	t.Helper()
	if err := server.Stop(context.Background()); err != nil {
		t.Error(err)
	}
}

// openTempDir returns a folder that the servers' user may enter, unlike that of t.TempDir.
func openTempDir(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for _, path := range []string{dir, filepath.Dir(dir)} {
		if err := os.Chmod(path, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// eventually polls until the condition holds, for 30 seconds at most.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	err := retry(ctx, 20*time.Millisecond, func() (bool, error) { return !holds(), nil })
	if err != nil {
		t.Fatalf("in vain waited until %s: %v", what, err)
	}
}

func processDead(pid int) bool { return errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) }

func missing(path string) bool {
	_, err := os.Lstat(path)
	return errors.Is(err, os.ErrNotExist)
}
