package embedded

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
)

const (
	// minioVersion is the last commit of MinIO's archived repository, as infra/minio/go.mod pins
	// it: a program outside of a checkout finds a server that was built earlier by it.
	minioVersion = "v0.0.0-20260212201848-7aac2a2c5b7c"
	minioModule  = "github.com/minio/minio"
)

// minioSearch is where to look for the server's binary.
type minioSearch struct {
	owner account
	cache cache
	path  string // the one on PATH, or empty
	pin   func() (dir string, err error)
	build func(ctx context.Context, pin, path string) error
}

func (o MinIOOptions) search(owner account) minioSearch {
	tell := progress{o.Progress}
	s := minioSearch{owner: owner, cache: cache{dir: o.Cache, tell: tell}, path: installedMinIO(), pin: minioPin}
	s.build = func(ctx context.Context, pin, path string) error {
		return tell.step("building MinIO from its source, once: 1 to 5 minutes", func() error { return buildMinIO(ctx, pin, path) })
	}
	return s
}

// MinIOVersion returns the version of the server that [StartMinIO] would start with these options: what it says of itself. One
// that was built from the pinned source says nothing of interest, and its version is the pinned one.
func MinIOVersion(ctx context.Context, options MinIOOptions) (string, error) {
	owner, err := serverAccount()
	if err != nil {
		return "", fmt.Errorf("ask MinIO for its version: %w", err)
	}
	path, err := options.search(owner).find(ctx, options.Binary)
	if err != nil {
		return "", fmt.Errorf("ask MinIO for its version: %w", err)
	}
	if filepath.Base(path) == "minio-"+minioVersion {
		return minioVersion, nil
	}
	said, err := owner.run(ctx, "/", path, "--version")
	if err != nil {
		return "", fmt.Errorf("ask MinIO for its version: %w", err)
	}
	first, _, _ := strings.Cut(said, "\n")
	if _, version, ok := strings.Cut(first, " version "); ok { // behind the file's name, and before the commit
		first, _, _ = strings.Cut(version, " (")
	}
	return first, nil
}

// find returns the named binary, where there is a name, or else the one on PATH, or the one that was
// or is now built from the pinned source.
func (s minioSearch) find(ctx context.Context, named string) (string, error) {
	if named != "" {
		return s.inspectNamed(ctx, named)
	}
	onPath := errors.New("none")
	if s.path != "" {
		if onPath = s.inspect(ctx, s.path); onPath == nil {
			return s.path, nil
		}
	}
	path, err := s.cache.once(ctx, "minio-"+minioVersion, func(ctx context.Context, path string) error {
		pin, err := s.pin()
		if err != nil {
			return err
		}
		if err := s.build(ctx, pin, path); err != nil {
			return err
		}
		return share(path)
	})
	if err == nil {
		err = s.inspect(ctx, path)
	}
	if err != nil {
		return "", noMinIOError(onPath, err)
	}
	return path, nil
}

func (s minioSearch) inspectNamed(ctx context.Context, named string) (string, error) {
	path, err := filepath.Abs(named)
	if err != nil {
		return "", err
	}
	if err := s.inspect(ctx, path); err != nil {
		return "", fmt.Errorf("%w; name a MinIO that it may read and execute, and enter the folders of", err)
	}
	return path, nil
}

// inspect checks that the servers' user can run the binary.
func (s minioSearch) inspect(ctx context.Context, path string) error {
	if _, err := s.owner.run(ctx, "/", "/bin/sh", "-c", `test -x "$1"`, "sh", path); err != nil {
		return fmt.Errorf("%s cannot run %s: %w", s.owner, path, err)
	}
	return nil
}

func noMinIOError(onPath, build error) error {
	return fmt.Errorf("no MinIO to start\ninstalled: %w\nbuild: %w\nProvide one in one of these ways:\n"+
		"  - set EVENTDROP_S3_ENDPOINT, EVENTDROP_S3_ACCESS_KEY and EVENTDROP_S3_SECRET_KEY to an S3 server of your own\n"+
		"  - put minio on PATH, or name it in EVENTDROP_MINIO_BINARY\n"+
		"  - run with Go installed, in a checkout of eventdrop: it builds MinIO once", onPath, build)
}

// installedMinIO returns the absolute path of the minio on PATH, or nothing.
func installedMinIO() string {
	path, err := exec.LookPath("minio")
	if err != nil {
		return ""
	}
	if path, err = filepath.Abs(path); err != nil {
		return ""
	}
	return path
}

// minioPin returns the folder infra/minio of the checkout that this program was compiled in, or
// else of the one around the working directory. It cannot be embedded into the program: a
// folder with its own go.mod is none of this module's files.
func minioPin() (string, error) {
	if _, source, _, ok := runtime.Caller(0); ok {
		dir := filepath.Join(filepath.Dir(source), "..", "minio")
		if isMinIOPin(dir) {
			return dir, nil
		}
	}
	above, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if dir := filepath.Join(above, "infra", "minio"); isMinIOPin(dir) {
			return dir, nil
		}
		parent := filepath.Dir(above)
		if parent == above {
			return "", errors.New("the folder infra/minio of eventdrop's source is neither here nor where this program was compiled")
		}
		above = parent
	}
}

// isMinIOPin reports whether dir holds the go.mod of our pin, and not some other module.
func isMinIOPin(dir string) bool {
	text, err := os.ReadFile(filepath.Join(dir, "go.mod")) //nolint:gosec // it is only looked at
	return err == nil && strings.Contains(string(text), "\nmodule eventdrop/infra/minio\n")
}

// buildMinIO compiles the pinned server, without C libraries, to path.
func buildMinIO(ctx context.Context, pin, path string) error {
	goTool, err := exec.LookPath("go")
	if err != nil {
		return fmt.Errorf("find the Go tool: %w", err)
	}
	cmd := exec.CommandContext(ctx, goTool, "build", "-mod=readonly", "-trimpath", "-ldflags=-s -w", "-o", path, minioModule) //nolint:gosec // a path in our cache
	cmd.Dir = pin
	// The user's settings for his own builds do not fit this one.
	cmd.Env = append(cmd.Environ(), "CGO_ENABLED=0", "GOWORK=off", "GOFLAGS=", "GOOS=", "GOARCH=")
	if output, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("go build %s in %s: %w\n%s", minioModule, pin, err, lastLines(string(output), 10))
	}
	return nil
}

// lastLines returns the end of a text.
func lastLines(text string, most int) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return strings.Join(lines[max(0, len(lines)-most):], "\n")
}
