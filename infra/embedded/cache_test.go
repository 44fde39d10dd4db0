package embedded

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

func TestAnArtifactIsMadeOnceForAll(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var made atomic.Int32
	produce := func(_ context.Context, path string) error {
		made.Add(1)
		return os.WriteFile(path, []byte("binary"), 0o700)
	}
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			path, err := cache{dir: dir}.once(t.Context(), "tool-1", produce)
			if text, readErr := os.ReadFile(path); err != nil || readErr != nil || string(text) != "binary" {
				t.Errorf("got %q, %v, %v", text, err, readErr)
			}
		})
	}
	all.Wait()
	if made.Load() != 1 {
		t.Errorf("it was made %d times", made.Load())
	}
}

// Whoever has installed servers needs no cache, and perhaps has no home to put one in.
func TestInstalledServersNeedNoCache(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	impossible := filepath.Join(file, "cache") // also for root
	postgres, minio := startPostgres(t, PostgresOptions{}), startMinIO(t, MinIOOptions{})
	t.Setenv("PATH", postgres.binaries.dir+":"+os.Getenv("PATH")) //nolint:forbidigo // so that it is installed, wherever it is from
	startPostgres(t, PostgresOptions{Durable: true, Options: Options{Cache: impossible}})
	startMinIO(t, MinIOOptions{Binary: minio.binary, Options: Options{Cache: impossible}})
	_, err := cache{dir: impossible}.once(t.Context(), "tool-1", func(context.Context, string) error { return nil })
	if err == nil || !strings.Contains(err.Error(), "cache folder: mkdir "+file) || os.Geteuid() != 0 && !strings.Contains(err.Error(), "XDG_CACHE_HOME") {
		t.Errorf("error is %v, want one that names the folder, and how to choose another", err)
	}
}

func TestAFailedBuildIsTriedAgain(t *testing.T) {
	t.Parallel()
	c := cache{dir: t.TempDir()}
	broken := errors.New("broken")
	_, err := c.once(t.Context(), "tool-1", func(_ context.Context, path string) error {
		return errors.Join(os.WriteFile(path, []byte("half"), 0o600), broken)
	})
	if !errors.Is(err, broken) {
		t.Fatalf("error is %v", err)
	}
	if _, ok := c.has("tool-1"); ok {
		t.Fatal("what the failed build left looks finished")
	}
	path, err := c.once(t.Context(), "tool-1", func(_ context.Context, path string) error { return os.WriteFile(path, nil, 0o600) })
	if err != nil || missing(path) {
		t.Errorf("the next one: %v", err)
	}
}

func TestWhatAKilledBuildLeftIsRemoved(t *testing.T) {
	t.Parallel()
	c := cache{dir: t.TempDir()}
	leftover := filepath.Join(c.dir, "tool-1.unfinished-123")
	if err := os.MkdirAll(filepath.Join(leftover, "artifact"), 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := c.once(t.Context(), "tool-1", func(_ context.Context, path string) error { return os.Mkdir(path, 0o700) }); err != nil {
		t.Fatal(err)
	}
	left, err := filepath.Glob(filepath.Join(c.dir, "*"))
	if want := []string{filepath.Join(c.dir, "tool-1"), filepath.Join(c.dir, "tool-1.lock")}; err != nil || !slices.Equal(left, want) {
		t.Errorf("the cache holds %q, want %q (%v)", left, want, err)
	}
}

func TestWaitingForAnotherBuildIsToldAndCanBeCancelled(t *testing.T) {
	t.Parallel()
	var told bytes.Buffer
	c := cache{dir: t.TempDir(), tell: progress{&told}}
	lock, err := tryLock(filepath.Join(c.dir, "tool-1.lock"))
	if err != nil {
		t.Fatal(err)
	}
	defer lock.Close()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = c.once(ctx, "tool-1", func(context.Context, string) error { return errors.New("must not be called") })
	if !errors.Is(err, context.Canceled) || !strings.Contains(told.String(), "waiting for another process") {
		t.Errorf("error is %v, told %q", err, told.String())
	}
}
