package embedded

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// fakeMinIO makes a program that may be run, or not.
func fakeMinIO(t *testing.T, runs bool) (path string) {
	t.Helper()
	path = filepath.Join(openTempDir(t), "minio")
	mode := os.FileMode(0o644)
	if runs {
		mode = 0o755
	}
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"), mode); err != nil {
		t.Fatal(err)
	}
	return path
}

func buildFake(_ context.Context, _, path string) error {
	return os.WriteFile(path, []byte("#!/bin/sh\necho minio version X\n"), 0o755)
}

func TestTheFirstMinIOThatRunsIsChosen(t *testing.T) {
	t.Parallel()
	good, other, broken := fakeMinIO(t, true), fakeMinIO(t, true), fakeMinIO(t, false)
	const built, none = "built", ""
	tests := map[string]struct{ named, onPath, want string }{
		"the named one":                          {good, other, good},
		"none where the named one is broken":     {broken, other, none},
		"the one on PATH":                        {"", other, other},
		"a built one where PATH has none":        {"", "", built},
		"a built one where PATH's one is broken": {"", broken, built},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := cache{dir: openTempDir(t)}
			search := minioSearch{owner: testAccount(t), cache: c, path: test.onPath, pin: minioPin, build: buildFake}
			want := test.want
			if want == built {
				want = filepath.Join(c.dir, "minio-"+minioVersion)
			}
			if got, err := search.find(t.Context(), test.named); got != want || (err == nil) != (want != none) {
				t.Errorf("found %q, %v, want %q", got, err, want)
			}
		})
	}
}

func TestTheErrorTellsTheWaysToProvideMinIO(t *testing.T) {
	t.Parallel()
	search := minioSearch{owner: testAccount(t), cache: cache{dir: t.TempDir()}, pin: func() (string, error) { return "", errors.New("no checkout") }}
	_, err := search.find(t.Context(), "")
	if err == nil {
		t.Fatal("found one")
	}
	for _, want := range []string{"no checkout", "EVENTDROP_S3_ENDPOINT", "put minio on PATH", "EVENTDROP_MINIO_BINARY", "with Go installed"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("the error lacks %q: %v", want, err)
		}
	}
}

func TestThePinnedVersionIsTheOneInTheCode(t *testing.T) {
	t.Parallel()
	pin, err := minioPin()
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(pin, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(text), minioModule+" "+minioVersion) {
		t.Errorf("%s does not require %s %s", pin, minioModule, minioVersion)
	}
}

func TestABrokenBuildShowsWhatTheToolSaid(t *testing.T) {
	t.Parallel()
	err := buildMinIO(t.Context(), t.TempDir(), filepath.Join(t.TempDir(), "minio"))
	if err == nil || !strings.Contains(err.Error(), "go.mod file not found") {
		t.Errorf("error is %v, want the tool's own", err)
	}
}
