package embedded

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// oldestPostgres is the oldest major version that runs our SQL.
const oldestPostgres = 14

// postgresPatterns are the folders where packages of Linux, macOS and Homebrew put the binaries.
func postgresPatterns() []string {
	return []string{
		"/usr/lib/postgresql/*/bin",
		"/usr/pgsql-*/bin",
		"/opt/homebrew/opt/postgresql@*/bin",
		"/usr/local/opt/postgresql@*/bin",
		"/home/linuxbrew/.linuxbrew/opt/postgresql@*/bin",
		"/Applications/Postgres.app/Contents/Versions/*/bin",
		"/opt/local/lib/postgresql*/bin",
		"/usr/libexec/postgresql*",
	}
}

// postgresBinaries is a folder that holds the programs initdb and postgres of one version.
type postgresBinaries struct {
	dir   string
	major int
}

func (b postgresBinaries) String() string { return fmt.Sprintf("PostgreSQL %d (%s)", b.major, b.dir) }

// postgresSearch is where to look for binaries.
type postgresSearch struct {
	owner   account
	folders []string // of installed ones, best first
	fetch   func(ctx context.Context) (dir string, err error)
	// fetched is the major version that fetch gets.
	fetched int
}

// find returns the first binaries that the servers' user can run. They have the given major
// version, unless it is 0; then they are of version 14 or newer.
func (s postgresSearch) find(ctx context.Context, major int) (postgresBinaries, error) {
	var others []string
	for _, dir := range s.folders {
		found, err := inspectPostgres(ctx, s.owner, dir)
		switch {
		case err != nil:
			others = append(others, err.Error())
		case major == found.major || major == 0 && found.major >= oldestPostgres:
			return found, nil
		default:
			others = append(others, found.String())
		}
	}
	if major != 0 && major != s.fetched {
		return postgresBinaries{}, versionError(major, others)
	}
	dir, err := s.fetch(ctx)
	if err != nil {
		return postgresBinaries{}, noPostgresError(others, err)
	}
	found, err := inspectPostgres(ctx, s.owner, dir)
	if err != nil {
		return postgresBinaries{}, noPostgresError(others, err)
	}
	return found, nil
}

func versionError(major int, others []string) error {
	return fmt.Errorf("the data were written by PostgreSQL %d, which is not installed; there is: %s. "+
		"Install PostgreSQL %d, or move the data folder away to begin with an empty database", major, orNone(others), major)
}

func noPostgresError(others []string, err error) error {
	return fmt.Errorf("no PostgreSQL %d or newer to start\ninstalled: %s\ndownload: %w\nProvide one in one of these ways:\n"+
		"  - set EVENTDROP_DATABASE_URL to a database of your own\n"+
		"  - install PostgreSQL: apt install postgresql, dnf install postgresql-server, brew install postgresql@17\n"+
		"  - allow the download from Maven Central, which happens once", oldestPostgres, orNone(others), err)
}

func orNone(found []string) string {
	if len(found) == 0 {
		return "none"
	}
	return strings.Join(found, "; ")
}

// installedPostgres lists the folders on this machine that may hold PostgreSQL: the one that
// pg_config names, the one on PATH, and then the usual ones, newest first.
func installedPostgres(ctx context.Context, patterns []string) []string {
	var dirs []string
	if dir, err := (account{}).run(ctx, "/", "pg_config", "--bindir"); err == nil {
		dirs = append(dirs, dir)
	}
	if path, err := exec.LookPath("postgres"); err == nil {
		if path, err = filepath.EvalSymlinks(path); err == nil {
			dirs = append(dirs, filepath.Dir(path))
		}
	}
	for _, pattern := range patterns {
		found, err := filepath.Glob(pattern)
		if err != nil {
			continue // a malformed pattern finds nothing
		}
		slices.SortFunc(found, newestFirst)
		dirs = append(dirs, found...)
	}
	return slices.DeleteFunc(unique(dirs), func(dir string) bool { return !hasPostgres(dir) })
}

func unique(dirs []string) []string {
	var kept []string
	for _, dir := range dirs {
		if !slices.Contains(kept, dir) {
			kept = append(kept, dir)
		}
	}
	return kept
}

// newestFirst orders folders by the version number in their paths.
func newestFirst(a, b string) int {
	number := func(dir string) float64 {
		n, _ := strconv.ParseFloat(regexp.MustCompile(`\d+(\.\d+)?`).FindString(dir), 64)
		return n
	}
	return cmp.Compare(number(b), number(a))
}

// hasPostgres reports whether both programs that we need are in the folder.
func hasPostgres(dir string) bool {
	for _, program := range []string{"initdb", "postgres"} {
		info, err := os.Stat(filepath.Join(dir, program))
		if err != nil || !info.Mode().IsRegular() || info.Mode()&0o111 == 0 {
			return false
		}
	}
	return true
}

// inspectPostgres asks the binaries for their version, as the user that will run them.
func inspectPostgres(ctx context.Context, owner account, dir string) (postgresBinaries, error) {
	answer, err := owner.run(ctx, "/", filepath.Join(dir, "postgres"), "--version")
	if err != nil {
		return postgresBinaries{}, fmt.Errorf("%s cannot run it: %w", owner, err)
	}
	major, err := parseMajor(answer)
	if err != nil {
		return postgresBinaries{}, fmt.Errorf("%s: %w", dir, err)
	}
	return postgresBinaries{dir: dir, major: major}, nil
}

// parseMajor reads the 15 of "postgres (PostgreSQL) 15.19 (Debian 15.19-0+deb12u1)".
func parseMajor(answer string) (int, error) {
	match := regexp.MustCompile(`\(PostgreSQL\) (\d+)`).FindStringSubmatch(answer)
	if match == nil {
		return 0, fmt.Errorf("unknown version %q", answer)
	}
	return strconv.Atoi(match[1])
}
