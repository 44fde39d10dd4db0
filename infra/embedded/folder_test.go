package embedded

import (
	"os"
	"path/filepath"
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
	lock := first.file("lock")
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
