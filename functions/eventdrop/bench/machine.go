package bench

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
)

// origin describes this machine, the servers and the build.
func (l *lab) origin(ctx context.Context) Origin {
	return Origin{Begun: l.begun.UTC(), Commit: commit(ctx), Seed: l.Seed, Quick: l.Quick, Machine: l.machine(ctx)}
}

// machine is one line about what was measured on.
func (l *lab) machine(ctx context.Context) string {
	parts := []string{strconv.Itoa(runtime.NumCPU()) + " cores"}
	if model := field("/proc/cpuinfo", "model name"); model != "" {
		parts = append(parts, model)
	}
	if kib, err := strconv.ParseInt(strings.TrimSuffix(field("/proc/meminfo", "MemTotal"), " kB"), 10, 64); err == nil {
		parts = append(parts, fmt.Sprintf("%d GiB of memory", (kib+512<<10)>>20))
	}
	parts = append(parts, runtime.GOOS+"/"+runtime.GOARCH, runtime.Version(), "PostgreSQL "+l.serverVersion(ctx))
	if l.minio != nil {
		parts = append(parts, "MinIO")
	}
	return strings.Join(parts, ", ")
}

func (l *lab) serverVersion(ctx context.Context) (version string) {
	db, err := pgx.Connect(ctx, l.owner)
	if err != nil {
		return "?"
	}
	defer db.Close(ctx)
	if err := db.QueryRow(ctx, "show server_version").Scan(&version); err != nil {
		return "?"
	}
	return version
}

// field is the value of a line "name : value" of a file; empty where there is none.
func field(file, name string) string {
	text, err := os.ReadFile(file) //nolint:gosec // fixed names
	if err != nil {
		return ""
	}
	for line := range strings.Lines(string(text)) {
		if key, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(key) == name {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// commit is that of the build, with -dirty if the tree had changes. `go run` leaves it out: then it is that of the checkout in which
// the program runs, where a report that was written a moment ago is no change.
func commit(ctx context.Context) string {
	if revision, dirty := built(); revision != "" {
		return revision + dirty
	}
	module, err := exec.CommandContext(ctx, "go", "list", "-m").Output()
	if err != nil || strings.TrimSpace(string(module)) != "eventdrop" {
		return "unknown"
	}
	revision, err := exec.CommandContext(ctx, "git", "rev-parse", "--short=12", "HEAD").Output()
	if err != nil {
		return "unknown"
	}
	dirty := ""
	if changed, err := exec.CommandContext(ctx, "git", "status", "--porcelain", "--", ":/", ":(exclude,top)docs").Output(); err != nil || len(changed) > 0 {
		dirty = "-dirty"
	}
	return strings.TrimSpace(string(revision)) + dirty
}

func built() (revision, dirty string) {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "", ""
	}
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision":
			revision = s.Value[:min(12, len(s.Value))]
		case s.Key == "vcs.modified" && s.Value == "true":
			dirty = "-dirty"
		}
	}
	return revision, dirty
}
