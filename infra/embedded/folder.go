package embedded

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// lockPatience is how long the servers of a killed process may take to end.
const lockPatience = 20 * time.Second

// folder holds what belongs to one server: its data, log, password and lock.
type folder struct {
	path      string
	owner     account
	temporary bool
	// lock is open in this process and in the server: whoever gets it can be sure that no server
	// that this package started still works on the folder.
	lock *os.File
}

// serverFolder opens the folder of a server that is to start as the options say.
func serverFolder(ctx context.Context, o Options, name string) (*folder, error) {
	owner, err := serverAccount()
	if err != nil {
		return nil, err
	}
	if err := portFree(ctx, o.Port); err != nil {
		return nil, err
	}
	return openFolder(ctx, o.Dir, name, owner)
}

// openFolder makes and locks the folder name below parent, or a temporary one where parent is
// empty. The error says who uses the folder, where it is in use.
func openFolder(ctx context.Context, parent, name string, owner account) (*folder, error) {
	if parent == "" {
		sweep(name, owner)
	}
	path, made, err := makeFolder(parent, name)
	if err != nil {
		return nil, fmt.Errorf("make a folder for %s: %w", name, err)
	}
	f := &folder{path: path, owner: owner, temporary: parent == ""}
	if err := f.prepare(ctx, made); err != nil {
		return nil, errors.Join(err, f.close(ctx))
	}
	return f, nil
}

// makeFolder tells whether the folder was made now.
func makeFolder(parent, name string) (path string, made bool, err error) {
	if parent == "" {
		path, err = os.MkdirTemp("", temporaryName(name))
		return path, true, err
	}
	if parent, err = filepath.Abs(parent); err != nil {
		return "", false, err
	}
	if err := os.MkdirAll(parent, 0o755); err != nil { //nolint:gosec // the servers' user must enter it; what is private lies deeper
		return "", false, err
	}
	path = filepath.Join(parent, name)
	err = os.Mkdir(path, 0o700)
	if errors.Is(err, fs.ErrExist) {
		return path, false, nil
	}
	return path, true, err
}

// temporaryName is the pattern of a server's temporary folders.
func temporaryName(name string) string { return "eventdrop-" + name + "-*" }

// sweep removes the temporary folders of processes that were killed before a watchdog stood, as during a download, and those that a
// watchdog or their process could not remove to the end.
//
// It is safe while others start servers: only the holder of a lock writes his number, after he took it. So where the process of that number is
// dead and the lock is free, nobody works on the folder, and nobody ever will. A folder without a number is left: it may be about to get one.
func sweep(name string, owner account) {
	found, err := filepath.Glob(filepath.Join(os.TempDir(), temporaryName(name)))
	if err != nil {
		return // a malformed pattern finds nothing
	}
	for _, path := range found {
		lockPath := filepath.Join(path, lockName)
		if pid := holder(lockPath); pid <= 0 || alive(pid) || owner.owns(path) != nil {
			continue
		}
		if lock, err := tryLock(lockPath); err == nil {
			_ = removeFolder(path) // it only takes space
			_ = lock.Close()
		}
	}
}

func (f *folder) prepare(ctx context.Context, made bool) error {
	if err := f.take(made); err != nil {
		return err
	}
	if _, err := f.owner.run(ctx, "/", "/bin/sh", "-c", `cd "$1"`, "sh", f.path); err != nil {
		return fmt.Errorf("%s cannot enter %s; choose a folder that it may enter: %w", f.owner, f.path, err)
	}
	if err := f.hold(ctx); err != nil {
		return err
	}
	return f.rotate()
}

// take gives a folder that was made now to the server's user. One that was there belongs to him already, or is not ours to give.
func (f *folder) take(made bool) error {
	if !made {
		return f.owner.owns(f.path)
	}
	if err := f.owner.own(f.path); err != nil {
		return fmt.Errorf("give %s to %s: %w", f.path, f.owner, err)
	}
	return nil
}

// lockName is the file that is locked, and holds the number of the process that locked it.
const lockName = "lock"

// hold takes the lock. It waits where the process that held it is dead, for its watchdogs to
// stop the servers, and gives up at once where that process is alive.
func (f *folder) hold(ctx context.Context) error {
	const pause = 50 * time.Millisecond
	ctx, cancel := context.WithTimeout(ctx, lockPatience)
	defer cancel()
	path := f.file(lockName)
	err := retry(ctx, pause, func() (again bool, err error) {
		f.lock, err = tryLock(path)
		return errors.Is(err, errLocked) && !alive(holder(path)), err
	})
	if err != nil && !errors.Is(err, errLocked) {
		return fmt.Errorf("take the lock of %s: %w", f.path, err)
	}
	if err != nil {
		return fmt.Errorf("%s is in use by process %d; stop that one or choose another folder: %w", f.path, holder(path), err)
	}
	return os.WriteFile(path, []byte(strconv.Itoa(os.Getpid())), 0o600)
}

// holder returns the process number in a lock file, 0 where there is none.
func holder(path string) int {
	text, err := os.ReadFile(path) //nolint:gosec // our own folder
	if err != nil {
		return 0
	}
	pid, err := strconv.Atoi(string(text))
	if err != nil {
		return 0
	}
	return pid
}

// alive reports whether there is a process of this number.
func alive(pid int) bool {
	if pid <= 0 {
		return false
	}
	err := syscall.Kill(pid, 0)
	return err == nil || errors.Is(err, syscall.EPERM)
}

// file returns the path of something in the folder.
func (f *folder) file(name string) string { return filepath.Join(f.path, name) }

// litter returns the folder if it has to vanish together with the server, else nothing.
func (f *folder) litter() string {
	if f.temporary {
		return f.path
	}
	return ""
}

// logName is the file that receives all that the server prints.
const logName = "server.log"

// rotate keeps the log of the last run only, beside that of this one.
func (f *folder) rotate() error {
	err := os.Rename(f.file(logName), f.file(logName+".old"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// openLog opens the log for one start of the server, and tells where in it that start begins.
func (f *folder) openLog() (log *os.File, begin int64, err error) {
	log, err = os.OpenFile(f.file(logName), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, 0, err
	}
	info, err := log.Stat()
	if err != nil {
		return nil, 0, errors.Join(err, log.Close())
	}
	return log, info.Size(), f.owner.own(log.Name())
}

// logFrom returns the end of what was logged since begin: 4 KB at most.
func (f *folder) logFrom(begin int64) string {
	const most = 4 << 10
	text, err := os.ReadFile(f.file(logName))
	if err != nil || int64(len(text)) < begin {
		return ""
	}
	text = text[begin:]
	return strings.TrimSpace(string(text[max(0, len(text)-most):]))
}

// endedUnasked names a server that has ended by itself, with the end of its log, and the whole log where it stays.
func (f *folder) endedUnasked(server string) error {
	log := "its log"
	if !f.temporary {
		log += " " + f.file(logName)
	}
	return fmt.Errorf("%s has ended unasked; %s ends with:\n%s", server, log, lastLines(f.logFrom(0), 10))
}

// passwordName is the file that keeps a server's password.
const passwordName = "password"

// password returns the server's password, which is made up when the folder is new.
func (f *folder) password() (string, error) { return makePassword(f.file(passwordName), f.owner) }

// makePassword returns the password in a file, and makes one up where there is none. The file is
// for its owner only.
func makePassword(path string, owner account) (string, error) {
	text, err := os.ReadFile(path) //nolint:gosec // our own folder
	if err == nil && len(text) > 0 {
		return string(text), nil
	}
	password := rand.Text()
	if err := os.WriteFile(path, []byte(password), 0o600); err != nil {
		return "", fmt.Errorf("keep the password: %w", err)
	}
	return password, owner.own(path)
}

// makeOwned makes a folder of the server's user inside.
func (f *folder) makeOwned(name string) error {
	if err := os.MkdirAll(f.file(name), 0o700); err != nil {
		return err
	}
	return f.owner.own(f.file(name))
}

// close gives the folder back, and removes it where it is temporary. Do so after the server has
// ended. A second call does nothing.
func (f *folder) close(ctx context.Context) error {
	if f.lock != nil {
		if err := f.unlock(); err != nil {
			return err
		}
		f.lock = nil
	}
	if f.temporary {
		return f.remove(ctx)
	}
	return nil
}

// unlock leaves the number of this process in a temporary folder until all of it is removed: see sweep. In one that stays no process is named, so
// that the next one waits where sessions of a killed server still hold the lock for a moment: see hold.
func (f *folder) unlock() error {
	if f.temporary {
		return f.lock.Close()
	}
	return errors.Join(f.lock.Truncate(0), f.lock.Close())
}

// remove tries for a while, because sessions of a killed server may still write.
func (f *folder) remove(ctx context.Context) error {
	const pause, patience = 50 * time.Millisecond, 5 * time.Second
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	return retry(ctx, pause, func() (again bool, err error) {
		err = removeFolder(f.path)
		return err != nil, err
	})
}

// removeFolder removes a temporary folder, its lock last: by the number in it sweep finds what a removal has left that was cut short.
func removeFolder(path string) error {
	inside, err := os.ReadDir(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	for _, entry := range inside {
		if entry.Name() != lockName {
			err = errors.Join(err, os.RemoveAll(filepath.Join(path, entry.Name())))
		}
	}
	if err != nil {
		return err
	}
	return os.RemoveAll(path)
}
