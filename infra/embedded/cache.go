package embedded

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// CacheDir returns the folder that keeps fetched and built binaries where the options name none:
// eventdrop below the user's cache folder, and /var/cache/eventdrop for root, because no other
// user may enter root's home.
func CacheDir() (string, error) {
	if os.Geteuid() == 0 {
		return "/var/cache/eventdrop", nil
	}
	dir, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("find a cache folder: %w%s", err, anotherCache())
	}
	return filepath.Join(dir, "eventdrop"), nil
}

// cache is a folder of finished artifacts, each a file or folder named after its version. It is made when the first one is wanted: who has
// all servers installed needs none, and perhaps no home either.
type cache struct {
	dir  string // empty means [CacheDir]
	tell progress
}

// open makes the folder and returns the cache with its absolute path.
func (c cache) open() (cache, error) {
	if c.dir == "" {
		var err error
		if c.dir, err = CacheDir(); err != nil {
			return cache{}, err
		}
	}
	dir, err := filepath.Abs(c.dir)
	if err != nil {
		return cache{}, fmt.Errorf("cache folder: %w", err)
	}
	// The servers' user must be able to read and execute what is in it.
	if err := os.MkdirAll(dir, 0o755); err != nil { //nolint:gosec // see above
		return cache{}, fmt.Errorf("make the cache folder: %w%s", err, anotherCache())
	}
	return cache{dir: dir, tell: c.tell}, nil
}

// anotherCache ends a sentence with the way to another cache folder. Root has none.
func anotherCache() string {
	if os.Geteuid() == 0 {
		return ""
	}
	return "; set XDG_CACHE_HOME, or HOME on macOS, to a folder that can be written to"
}

// has returns the path of an artifact, and whether it is there.
func (c cache) has(name string) (string, bool) {
	path := filepath.Join(c.dir, name)
	_, err := os.Stat(path)
	return path, err == nil
}

// once returns the path of an artifact, and makes it first if it is not there. Processes that
// want the same artifact wait for the one that makes it. The artifact appears by a rename, so
// whatever interrupts build leaves nothing that looks finished.
func (c cache) once(ctx context.Context, name string, build func(ctx context.Context, path string) error) (string, error) {
	c, err := c.open()
	if err != nil {
		return "", err
	}
	path, ok := c.has(name)
	if ok {
		return path, nil
	}
	lock, err := waitForLock(ctx, path+".lock", func() { c.tell.say("waiting for another process that makes " + path) })
	if err != nil {
		return "", fmt.Errorf("wait for %s: %w", path, err)
	}
	defer lock.Close()
	if _, ok := c.has(name); ok {
		return path, nil
	}
	return path, c.produce(ctx, path, build)
}

func (c cache) produce(ctx context.Context, path string, build func(ctx context.Context, path string) error) error {
	leftovers, err := filepath.Glob(path + ".unfinished-*")
	if err != nil {
		return fmt.Errorf("look for what an interrupted run left: %w", err)
	}
	for _, leftover := range leftovers {
		_ = os.RemoveAll(leftover) // it only takes space
	}
	// A new name each time: a build whose parent was killed may still be writing to its own.
	scratch, err := os.MkdirTemp(c.dir, filepath.Base(path)+".unfinished-*")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(scratch) }()     // else the next run removes it
	if err := os.Chmod(scratch, 0o755); err != nil { //nolint:gosec // the servers' user may build in it
		return err
	}
	artifact := filepath.Join(scratch, "artifact")
	if err := build(ctx, artifact); err != nil {
		return err
	}
	return os.Rename(artifact, path)
}

// share lets every user read what is below path, and execute what the owner may execute.
func share(path string) error {
	if os.Geteuid() != 0 {
		return nil
	}
	err := filepath.WalkDir(path, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.Type()&fs.ModeSymlink != 0 {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		mode := info.Mode().Perm()
		return os.Chmod(path, mode|(mode&0o500)>>3|(mode&0o500)>>6) //nolint:gosec // that is the purpose
	})
	if err != nil {
		return fmt.Errorf("let other users read %s: %w", path, err)
	}
	return nil
}
