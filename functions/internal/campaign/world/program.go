package world

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
)

// programs are the binaries that were built, by overlay.
//
//nolint:gochecknoglobals // built once per process
var programs struct {
	sync.Mutex
	folder string
	built  map[string]string
}

// Program builds `eventdrop`, once per process and overlay, and returns its path. The overlay is a file as
// `go build -overlay` takes it; empty: none.
func Program(tb testing.TB, overlay string) string {
	tb.Helper()
	programs.Lock()
	defer programs.Unlock()
	if path, ok := programs.built[overlay]; ok {
		return path
	}
	if programs.folder == "" {
		folder, err := os.MkdirTemp("", "eventdrop-program-") //nolint:usetesting // it outlives the test
		if err != nil {
			tb.Fatal(err)
		}
		programs.folder, programs.built = folder, map[string]string{}
	}
	path := filepath.Join(programs.folder, "eventdrop-"+strconv.Itoa(len(programs.built)))
	args := []string{"build", "-o", path}
	if overlay != "" {
		args = append(args, "-overlay", overlay)
	}
	out, err := exec.CommandContext(tb.Context(), "go", append(args, "eventdrop/functions/eventdrop")...).CombinedOutput() //nolint:gosec // fixed words
	if err != nil {
		tb.Fatalf("build eventdrop: %v\n%s", err, out)
	}
	programs.built[overlay] = path
	return path
}

// Killed reports whether SIGKILL ended the program of which this is what Wait returned: one that had ended by itself before the
// signal came was not killed.
func Killed(err error) bool {
	exit, ok := errors.AsType[*exec.ExitError](err)
	if !ok {
		return false
	}
	status, ok := exit.Sys().(syscall.WaitStatus)
	return ok && status.Signaled() && status.Signal() == syscall.SIGKILL
}

func removePrograms() {
	if programs.folder != "" {
		_ = os.RemoveAll(programs.folder) // it is in the temporary folder, and goes some day
	}
}

// Environ is the environment of a child process: this one's, with the world's settings and no others.
func (w *World) Environ() []string {
	var environ []string
	for _, entry := range os.Environ() { //nolint:forbidigo // what a process gets
		if !strings.HasPrefix(entry, "EVENTDROP_") {
			environ = append(environ, entry)
		}
	}
	return append(environ, w.Settings()...)
}

// Settings are the world's settings as environment variables.
func (w *World) Settings() []string {
	c := w.Config
	return []string{
		"EVENTDROP_DATABASE_URL=" + c.DatabaseURL, "EVENTDROP_DATABASE_SCHEMA=" + c.DatabaseSchema,
		"EVENTDROP_S3_ENDPOINT=" + c.S3Endpoint, "EVENTDROP_S3_REGION=" + c.S3Region, "EVENTDROP_S3_ACCESS_KEY=" + c.S3AccessKey,
		"EVENTDROP_S3_SECRET_KEY=" + c.S3SecretKey, "EVENTDROP_S3_BUCKET=" + c.S3Bucket, "EVENTDROP_CONTRACT=" + c.Contract,
		"EVENTDROP_WEBHOOK_TOKEN=" + c.WebhookToken, "EVENTDROP_LISTEN=" + c.Listen, "EVENTDROP_RECONCILE_EVERY=" + c.ReconcileEvery.String(),
	}
}
