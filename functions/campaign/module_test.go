package main

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"eventdrop/infra/embedded"
)

func TestTheServersAreThoseOfTheDrills(t *testing.T) {
	folder := t.TempDir()
	for _, path := range []string{filepath.Dir(folder), folder} { // the servers' user must be able to enter it
		if err := os.Chmod(path, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	said := "#!/bin/sh\necho \"${0##*/} version RELEASE.1 (commit-id=a)\"\necho 'Runtime: go1'\n"
	if err := os.WriteFile(filepath.Join(folder, "minio"), []byte(said), 0o755); err != nil {
		t.Fatal(err)
	}
	given, err := embedded.StartPostgres(t.Context(), embedded.PostgresOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = given.Stop(context.WithoutCancel(t.Context())) }) // its watchdog would end it, too
	t.Setenv("EVENTDROP_MINIO_BINARY", "")
	t.Setenv("PATH", folder+":"+os.Getenv("PATH")) //nolint:forbidigo // the drills look there, too
	t.Setenv("EVENTDROP_TEST_DATABASE_URL", given.URL())
	m := currentMachine(t.Context())
	own, _, _ := strings.Cut(given.Version(), " (")
	if m.MinIO != "RELEASE.1" || !strings.HasPrefix(m.PostgreSQL, own) || !strings.HasSuffix(m.PostgreSQL, " as given, "+own) {
		t.Errorf("%s", m)
	}
}

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
