package embedded

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
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
	unlocked, closing, made, foreign, abandoned := open(), open(), open(), open(), open()
	number(ofAServer, dead) // the process is dead, its server still ends
	number(closing, "")
	number(foreign, dead)
	number(abandoned, dead)
	if err := os.Remove(made.file(lockName)); err != nil {
		t.Fatal(err)
	}
	kept := []*folder{inUse, ofAServer, unlocked, closing, made}
	if os.Geteuid() == 0 {
		if err := os.Chown(foreign.path, 12345, 12345); err != nil {
			t.Fatal(err)
		}
		kept = append(kept, foreign)
	}
	for _, f := range []*folder{unlocked, closing, made, foreign, abandoned} {
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

// deadProcess returns the number of a process that has ended.
func deadProcess(t *testing.T) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "/bin/sh", "-c", "exit 0")
	if err := cmd.Run(); err != nil {
		t.Fatal(err)
	}
	return strconv.Itoa(cmd.Process.Pid)
}
