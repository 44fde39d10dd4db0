package embedded

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"

	embeddedpostgres "github.com/fergusstrange/embedded-postgres"
)

const (
	// fetchedPostgres is the version that is downloaded where none is installed.
	fetchedPostgres = embeddedpostgres.V18
	// mavenCentral is where the library looks by itself: the binaries of the zonky project, beside
	// their checksums.
	mavenCentral = ""
	// fetchPatience is how long the download of some 10 to 30 MB may take.
	fetchPatience = 10 * time.Minute
)

// fetchPostgres returns the bin folder of a PostgreSQL in the cache, which it downloads first if
// need be.
func fetchPostgres(ctx context.Context, c cache, repository string) (string, error) {
	name := fmt.Sprintf("postgresql-%s-%s-%s", fetchedPostgres, runtime.GOOS, runtime.GOARCH)
	dir, err := c.once(ctx, name, func(ctx context.Context, path string) error {
		return c.tell.step(fmt.Sprintf("downloading PostgreSQL %s, once", fetchedPostgres), func() error {
			if err := downloadPostgres(ctx, path, repository); err != nil {
				return err
			}
			return share(path)
		})
	})
	return filepath.Join(dir, "bin"), err
}

// downloadPostgres downloads the binaries from a Maven repository, checks their checksum and unpacks
// them to path.
func downloadPostgres(ctx context.Context, path, repository string) error {
	ctx, cancel := context.WithTimeoutCause(ctx, fetchPatience, fmt.Errorf("no end after %s", fetchPatience))
	defer cancel()
	bin := filepath.Join(path, "bin")
	// The library can only fetch on its way to start a server with pg_ctl, which we must not have:
	// it would outlive us. After it has unpacked it makes its runtime folder. That folder cannot
	// be made below a program, so it stops there, with nothing run.
	config := embeddedpostgres.DefaultConfig()
	if repository != mavenCentral {
		config = config.BinaryRepositoryURL(repository)
	}
	server := embeddedpostgres.NewDatabase(config.
		Version(fetchedPostgres).
		Port(0). // it wants the port to be free, and this one always is
		CachePath(path + ".archive").
		BinariesPath(path).
		RuntimePath(filepath.Join(bin, "postgres", "none")).
		Logger(io.Discard))
	ended := make(chan error, 1)
	go func() { ended <- server.Start() }() // it knows no context: what is cancelled goes on in vain
	select {
	case err := <-ended:
		return unpacked(bin, err)
	case <-ctx.Done():
		return fmt.Errorf("download PostgreSQL: %w", context.Cause(ctx))
	}
}

// unpacked judges by the programs that are there, because the library's start fails always.
func unpacked(bin string, err error) error {
	if hasPostgres(bin) {
		return nil
	}
	return fmt.Errorf("fetch the binaries: %w", err)
}

// fetchedMajor is the major version of [fetchedPostgres].
func fetchedMajor() int {
	major, _, _ := strings.Cut(string(fetchedPostgres), ".")
	n, _ := strconv.Atoi(major) // a constant; 0 matches no data
	return n
}
