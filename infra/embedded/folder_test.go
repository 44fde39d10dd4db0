package embedded

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
)

func TestAFolderOfAnotherUserIsRefusedAndStaysHis(t *testing.T) {
	t.Parallel()
	parent := openTempDir(t)
	path := filepath.Join(parent, "shell")
	if err := os.Mkdir(path, 0o755); err != nil {
		t.Fatal(err)
	}
	_, err := openFolder(t.Context(), parent, "shell", account{name: "other", credential: &syscall.Credential{Uid: 12345, Gid: 12345}})
	if err == nil || !strings.Contains(err.Error(), path+" belongs to the user with number "+strconv.Itoa(os.Geteuid())) ||
		!strings.Contains(err.Error(), "as user other; start it as the owner, or choose another folder") {
		t.Errorf("error is %v, want one that names both users and the next step", err)
	}
	if err := (account{}).owns(path); err != nil {
		t.Errorf("its owner has lost the folder: %v", err)
	}
}

func TestALockThatCannotBeTakenIsNotCalledInUse(t *testing.T) {
	t.Parallel()
	parent := openTempDir(t)
	first, err := openFolder(t.Context(), parent, "shell", testAccount(t))
	if err != nil {
		t.Fatal(err)
	}
	if err := first.close(t.Context()); err != nil {
		t.Fatal(err)
	}
	lock := first.file(lockName)
	if err := os.Remove(lock); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(lock, 0o700); err != nil {
		t.Fatal(err)
	}
	_, err = openFolder(t.Context(), parent, "shell", testAccount(t))
	if err == nil || strings.Contains(err.Error(), "in use") || !strings.Contains(err.Error(), "is a directory") {
		t.Errorf("error is %v, want the true one", err)
	}
}

// A process that is killed before its watchdog stands leaves a folder. The next start removes it, and no other one.
func TestOnlyAbandonedTemporaryFoldersAreRemoved(t *testing.T) {
	temp := openTempDir(t)
	t.Setenv("TMPDIR", temp)
	owner := testAccount(t)
	dead := deadProcess(t)
	open := func() *folder {
		t.Helper()
		f, err := openFolder(t.Context(), "", "shell", owner)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = f.lock.Close() })
		return f
	}
	number := func(f *folder, text string) {
		t.Helper()
		if err := os.WriteFile(f.file(lockName), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	// None is closed before all are there: each start looks.
	inUse, ofAServer := open(), open()
	unlocked, opening, made, foreign, abandoned := open(), open(), open(), open(), open()
	number(ofAServer, dead) // the process is dead, its server still ends
	number(opening, "")
	number(foreign, dead)
	number(abandoned, dead)
	if err := os.Remove(made.file(lockName)); err != nil {
		t.Fatal(err)
	}
	kept := []*folder{inUse, ofAServer, unlocked, opening, made}
	if os.Geteuid() == 0 {
		if err := os.Chown(foreign.path, 12345, 12345); err != nil {
			t.Fatal(err)
		}
		kept = append(kept, foreign)
	}
	for _, f := range []*folder{unlocked, opening, made, foreign, abandoned} {
		if err := f.lock.Close(); err != nil {
			t.Fatal(err)
		}
	}
	kept = append(kept, open())
	var want []string
	for _, f := range kept {
		want = append(want, f.path)
	}
	slices.Sort(want)
	left, err := filepath.Glob(filepath.Join(temp, "*"))
	if err != nil || !slices.Equal(left, want) {
		t.Errorf("there are\n%q, want\n%q (%v)", left, want, err)
	}
}

// What is left of a removal that was cut short is known by its number, so the next start removes it.
func TestTheNextStartEndsARemovalThatFailedHalfWay(t *testing.T) {
	owner := testAccount(t)
	dead := deadProcess(t)
	removals := map[string]func(*testing.T, *folder) error{
		"of the watchdog": func(t *testing.T, f *folder) error {
			t.Helper()
			_, err := owner.run(t.Context(), "/", "/bin/sh", "-c", watchdog, "sh", dead, "TERM", f.litter())
			return errors.Join(err, f.lock.Close())
		},
		"of the process": func(t *testing.T, f *folder) (err error) {
			t.Helper()
			synctest.Test(t, func(t *testing.T) { // it tries for seconds
				asOwner(t, owner, func() { err = f.close(t.Context()) })
			})
			return err
		},
	}
	for name, remove := range removals {
		t.Run(name, func(t *testing.T) {
			t.Setenv("TMPDIR", openTempDir(t))
			f, err := openFolder(t.Context(), "", "shell", owner)
			if err != nil {
				t.Fatal(err)
			}
			stuck := f.file("stuck")
			if err := os.MkdirAll(filepath.Join(stuck, "data"), 0o700); err != nil {
				t.Fatal(err)
			}
			// Nobody but root can remove what is in it.
			if err := os.Chmod(stuck, 0o500); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = os.Chmod(stuck, 0o700) }) // else it outlives the test
			if err := remove(t, f); err == nil {
				t.Fatal("no error, want that of a removal that failed half-way")
			}
			if pid := holder(f.file(lockName)); pid != os.Getpid() {
				t.Errorf("process %d is named, want this one", pid)
			}
			// As if this process were dead, and nothing in the way any more.
			if err := os.WriteFile(f.file(lockName), []byte(dead), 0o600); err != nil {
				t.Fatal(err)
			}
			if err := os.Chmod(stuck, 0o700); err != nil {
				t.Fatal(err)
			}
			next, err := openFolder(t.Context(), "", "shell", owner)
			if err != nil {
				t.Fatal(err)
			}
			if !missing(f.path) {
				t.Errorf("%s is still there", f.path)
			}
			if err := next.close(t.Context()); err != nil || !missing(next.path) {
				t.Errorf("%s, which nothing holds up, is still there: %v", next.path, err)
			}
		})
	}
}

// asOwner does something with the rights of the servers' user: root could remove everything.
func asOwner(t *testing.T, owner account, do func()) {
	t.Helper()
	if owner.credential == nil {
		do()
		return
	}
	if err := syscall.Seteuid(owner.id()); err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := syscall.Seteuid(0); err != nil {
			t.Error(err)
		}
	}()
	do()
}

// deadProcess returns the number of a process that has ended.
func deadProcess(t *testing.T) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "/bin/sh", "-c", "exit 0")
	if err := cmd.Run(); err != nil {
		t.Fatal(err)
	}
	return strconv.Itoa(cmd.Process.Pid)
}
