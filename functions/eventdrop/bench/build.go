package bench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// checkout is eventdrop's source, with a Go that builds it.
type checkout struct {
	root   string
	folder string // for what is built
}

// findCheckout looks for the source from the working folder upwards. Close it after use.
func findCheckout(ctx context.Context) (*checkout, error) {
	out, err := exec.CommandContext(ctx, "go", "list", "-f", "{{.Module.Dir}}", "eventdrop/functions/ingest").Output()
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err != nil {
		return nil, missingError("needs Go and eventdrop's source: run it in a checkout")
	}
	folder, err := os.MkdirTemp("", "eventdrop-bench-")
	if err != nil {
		return nil, fmt.Errorf("make a folder for what is built: %w", err)
	}
	return &checkout{root: strings.TrimSpace(string(out)), folder: folder}, nil
}

func (c *checkout) close() { _ = os.RemoveAll(c.folder) } // it is in the temporary folder, and goes some day

// build builds a program below functions/ as the Makefile builds the Lambda functions: for Linux on the architecture where one is named, else
// for this machine.
func (c *checkout) build(ctx context.Context, program, arch string) (path string, err error) {
	path = filepath.Join(c.folder, filepath.Base(program)+arch)
	build := exec.CommandContext(ctx, "go", "build", "-tags", "lambda.norpc", "-trimpath", "-buildvcs=false", //nolint:gosec // our own names
		"-ldflags", "-s -w -buildid=", "-o", path, "./functions/"+program)
	build.Dir = c.root
	build.Env = append(os.Environ(), "CGO_ENABLED=0") //nolint:forbidigo // what a process gets
	if arch != "" {
		build.Env = append(build.Env, "GOOS=linux", "GOARCH="+arch)
	}
	if out, err := build.CombinedOutput(); err != nil {
		return "", errors.Join(fmt.Errorf("build %s: %w\n%s", program, err, out), ctx.Err())
	}
	return path, nil
}
