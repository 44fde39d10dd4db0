package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"time"

	"eventdrop/functions/internal/campaign/world"
	"eventdrop/infra/embedded"
)

// module is this module's source.
type module struct{ folder string }

func findModule(ctx context.Context) (module, error) {
	folder, err := output(ctx, "", "go", "list", "-m", "-f", "{{.Dir}}")
	if err != nil {
		return module{}, fmt.Errorf("find the source of eventdrop: %w", err)
	}
	return module{folder}, nil
}

// output returns what a program prints, trimmed.
func output(ctx context.Context, folder, program string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, program, args...) //nolint:gosec // words of this file
	cmd.Dir = folder
	out, err := cmd.Output()
	return strings.TrimSpace(string(out)), err
}

// commit names the commit, with "-dirty" where the source differs from it. The report does not count: it is written
// after the campaign.
func (m module) commit(ctx context.Context) string {
	commit, err := output(ctx, m.folder, "git", "rev-parse", "--short=12", "HEAD")
	if err != nil {
		return "unknown"
	}
	if changes, err := output(ctx, m.folder, "git", "status", "--porcelain", "--", ".", ":!docs"); err != nil || changes != "" {
		commit += "-dirty"
	}
	return commit
}

// commitSince is the commit of a campaign that began at this one, with "-changed" where it is another one now: some drills compile the source
// when they begin, so that nobody knows which of both they ran.
func (m module) commitSince(ctx context.Context, began string) string {
	if m.commit(ctx) != began {
		return began + "-changed"
	}
	return began
}

// machine is where the figures were made.
type machine struct {
	Cores      int    `json:"cores"`
	Memory     string `json:"memory"`
	Platform   string `json:"platform"`
	Go         string `json:"go"`
	PostgreSQL string `json:"postgresql"`
	MinIO      string `json:"minio"`
}

func (m machine) String() string {
	return fmt.Sprintf("%d cores, %s of memory, %s, %s, %s, MinIO %s", m.Cores, m.Memory, m.Platform, m.Go, m.PostgreSQL, m.MinIO)
}

const unknown = "unknown"

func currentMachine(ctx context.Context) machine {
	return machine{
		Cores: runtime.NumCPU(), Memory: memory(), Platform: runtime.GOOS + "/" + runtime.GOARCH, Go: runtime.Version(),
		PostgreSQL: postgresVersion(ctx), MinIO: minioVersion(ctx),
	}
}

// memory is the machine's, where Linux tells it.
func memory() string {
	text, err := os.ReadFile("/proc/meminfo")
	if err != nil {
		return unknown
	}
	var kilobytes int64
	if _, err := fmt.Sscanf(string(text), "MemTotal: %d kB", &kilobytes); err != nil {
		return unknown
	}
	return fmt.Sprintf("%.0f GiB", float64(kilobytes)/(1<<20))
}

// postgresVersion asks a server that is started as those of the drills are. Where one is given, most drills use that, and those that stop or
// fill theirs one of their own.
func postgresVersion(ctx context.Context) string {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	started := "PostgreSQL " + unknown
	if server, err := embedded.StartPostgres(ctx, embedded.PostgresOptions{}); err == nil {
		started, _, _ = strings.Cut(server.Version(), " (") // without its folder
		_ = server.Stop(ctx)                                // its watchdog would end it, too
	}
	given, err := world.GivenPostgres(ctx)
	switch {
	case err != nil:
		return "PostgreSQL " + unknown + " as given, " + started
	case given != "":
		return "PostgreSQL " + given + " as given, " + started
	}
	return started
}

// minioVersion is that of the server that the drills use.
func minioVersion(ctx context.Context) string {
	version, err := embedded.MinIOVersion(ctx, embedded.MinIOOptions{Binary: os.Getenv("EVENTDROP_MINIO_BINARY")}) //nolint:forbidigo // the drills ask for it, too
	if err != nil {
		return unknown
	}
	return version
}
