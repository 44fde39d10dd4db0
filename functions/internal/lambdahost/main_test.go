package lambdahost_test

import (
	"os"
	"os/exec"
	"path/filepath"
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
func binary(t *testing.T, name string) string {
	t.Helper()
	binaries.Lock()
	defer binaries.Unlock()
	if binaries.folder == "" {
		folder, err := os.MkdirTemp("", "eventdrop-functions-") //nolint:usetesting // it outlives the test
		if err != nil {
			t.Fatal(err)
		}
		binaries.folder = folder
	}
	path := filepath.Join(binaries.folder, name)
	if _, err := os.Stat(path); err == nil {
		return path
	}
	build := exec.CommandContext(t.Context(), "go", "build", "-tags", "lambda.norpc", "-trimpath", "-buildvcs=false",
		"-ldflags", "-s -w -buildid=", "-o", path, "eventdrop/functions/"+name)
	build.Env = append(os.Environ(), "CGO_ENABLED=0") //nolint:forbidigo // what a process gets
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build %s: %v\n%s", name, err, out)
	}
	return path
}
