package lambdahost_test

import (
	"archive/zip"
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"eventdrop/functions/internal/campaign/world"
)

func TestMain(m *testing.M) {
	code := world.Main(m)
	if binaries.folder != "" {
		_ = os.RemoveAll(binaries.folder) // it is in the temporary folder, and goes some day
	}
	os.Exit(code)
}

// binaries are the functions as they are deployed.
//
//nolint:gochecknoglobals // built once per process
var binaries struct {
	sync.Mutex
	folder string
}

// binary builds a function with the tags and flags of its deployment, once, and returns its path.
func binary(tb testing.TB, name string) string {
	tb.Helper()
	binaries.Lock()
	defer binaries.Unlock()
	if binaries.folder == "" {
		folder, err := os.MkdirTemp("", "eventdrop-functions-") //nolint:usetesting // it outlives the test
		if err != nil {
			tb.Fatal(err)
		}
		binaries.folder = folder
	}
	path := filepath.Join(binaries.folder, filepath.Base(name))
	if _, err := os.Stat(path); err == nil {
		return path
	}
	build := exec.CommandContext(tb.Context(), "go", "build", "-tags", "lambda.norpc", "-trimpath", "-buildvcs=false",
		"-ldflags", "-s -w -buildid=", "-o", path, "eventdrop/functions/"+name)
	build.Env = append(os.Environ(), "CGO_ENABLED=0") //nolint:forbidigo // what a process gets
	if out, err := build.CombinedOutput(); err != nil {
		tb.Fatalf("build %s: %v\n%s", name, err, out)
	}
	return path
}

// What a function links costs time at each cold start, and the zip file may have 8 MB.
func TestTheFunctionsAreSmall(t *testing.T) {
	t.Parallel()
	const most = 8 << 20
	for _, name := range []string{"ingest", "reconcile", "migrate"} {
		deps, err := exec.CommandContext(t.Context(), "go", "list", "-deps", "-tags", "lambda.norpc", "eventdrop/functions/"+name).Output()
		if err != nil {
			t.Fatal(err)
		}
		for _, heavy := range []string{"alecthomas/kong", "functions/internal/runner", "eventdrop/infra", "pressly/goose", "net/http/httptest", "net/http/pprof", "lambdahost/runtimeapi"} {
			if strings.Contains(string(deps), heavy) && (name != "migrate" || heavy != "pressly/goose") {
				t.Errorf("%s links %s", name, heavy)
			}
		}
		program, err := os.ReadFile(binary(t, name))
		if err != nil {
			t.Fatal(err)
		}
		var zipped bytes.Buffer
		w := zip.NewWriter(&zipped)
		entry, err := w.Create("bootstrap")
		if err == nil {
			_, err = entry.Write(program)
		}
		if err = errors.Join(err, w.Close()); err != nil {
			t.Fatal(err)
		}
		t.Logf("%s: %d bytes, zipped %d", name, len(program), zipped.Len())
		if zipped.Len() > most {
			t.Errorf("%s has %d bytes as a zip file", name, zipped.Len())
		}
	}
}
