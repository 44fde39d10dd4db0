package embedded

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// errLocked says that somebody else holds the lock.
var errLocked = errors.New("locked by another process")

// tryLock opens and locks a file, which it creates if need be. The lock is held until every
// copy of the returned file is closed, in child processes too; the system frees it when they
// die. The error is [errLocked] where another open file holds it.
func tryLock(path string) (*os.File, error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600) //nolint:gosec // a path below the caller's folder
	if err != nil {
		return nil, err
	}
	err = unix.Flock(int(file.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	if err == nil {
		return file, nil
	}
	if errors.Is(err, unix.EWOULDBLOCK) {
		return nil, errors.Join(errLocked, file.Close())
	}
	return nil, errors.Join(fmt.Errorf("lock %s: %w", path, err), file.Close())
}

// waitForLock is [tryLock], but it waits until the lock is free or ctx ends. It calls waiting
// once when it begins to wait.
func waitForLock(ctx context.Context, path string, waiting func()) (file *os.File, err error) {
	const pause = 100 * time.Millisecond
	told := false
	err = retry(ctx, pause, func() (bool, error) {
		file, err = tryLock(path)
		if errors.Is(err, errLocked) && !told {
			told = true
			waiting()
		}
		return errors.Is(err, errLocked), err
	})
	return file, err
}

// retry calls attempt until it asks for no further attempt, with a pause after each, or until ctx
// ends. It returns the error of the last attempt, together with that of ctx.
func retry(ctx context.Context, pause time.Duration, attempt func() (again bool, err error)) error {
	ticker := time.NewTicker(pause)
	defer ticker.Stop()
	for {
		again, err := attempt()
		if !again {
			return err
		}
		select {
		case <-ctx.Done():
			return errors.Join(err, context.Cause(ctx))
		case <-ticker.C:
		}
	}
}
