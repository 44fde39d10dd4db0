package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func TestARowSaysThatTheSourceChangedMeanwhile(t *testing.T) {
	t.Parallel()
	m := module{t.TempDir()}
	git := func(args ...string) {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), "git", append([]string{"-c", "user.name=a", "-c", "user.email=a@example.com"}, args...)...)
		cmd.Dir = m.folder
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("git %v: %v\n%s", args, err, out)
		}
	}
	row := func(commit string) string {
		f := sample()
		f.Commit = commit
		return f.row(&f.Drills[0])
	}
	git("init", "--quiet")
	git("commit", "--quiet", "--allow-empty", "--message=a")
	began := m.commit(t.Context())
	if got := m.commitSince(t.Context(), began); got != began || !strings.Contains(row(got), "| "+began+" |") {
		t.Errorf("nothing has changed: %s", row(got))
	}
	git("commit", "--quiet", "--allow-empty", "--message=b")
	if got := row(m.commitSince(t.Context(), began)); !strings.Contains(got, "| "+began+"-changed |") {
		t.Errorf("another commit: %s", got)
	}
	began = m.commit(t.Context())
	if err := os.WriteFile(filepath.Join(m.folder, "a.go"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if got := row(m.commitSince(t.Context(), began)); !strings.Contains(got, "| "+began+"-changed |") {
		t.Errorf("another file: %s", got)
	}
}
