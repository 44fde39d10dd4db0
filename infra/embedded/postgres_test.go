package embedded

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// ask returns the single text value that a statement yields.
func ask(t *testing.T, url, sql string) string {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	var answer string
	if err := conn.QueryRow(t.Context(), sql).Scan(&answer); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return answer
}

func TestATemporaryPostgresVanishesAtStop(t *testing.T) {
	t.Parallel()
	p, err := StartPostgres(t.Context(), PostgresOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if got := ask(t, p.URL(), "select 'up'"); got != "up" {
		t.Errorf("select returned %q", got)
	}
	pid, dir := p.PID(), p.folder.path
	if err := p.Stop(t.Context()); err != nil {
		t.Error(err)
	}
	if !processDead(pid) || !missing(dir) {
		t.Errorf("process %d dead: %t, folder %s gone: %t", pid, processDead(pid), dir, missing(dir))
	}
}

func TestSettingsOfPostgres(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		options PostgresOptions
		want    map[string]string
	}{
		"for tests": {
			want: map[string]string{"fsync": "off", "max_connections": "200", "listen_addresses": "127.0.0.1", "server_encoding": "UTF8", "unix_socket_directories": ""},
		},
		"durable": {
			options: PostgresOptions{Durable: true, MaxConnections: 20, Settings: []string{"work_mem=5MB"}},
			want:    map[string]string{"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on", "max_connections": "20", "work_mem": "5MB"},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := startPostgres(t, test.options)
			for setting, want := range test.want {
				if got := ask(t, p.URL(), "select current_setting('"+setting+"')"); got != want {
					t.Errorf("%s is %q, want %q", setting, got, want)
				}
			}
		})
	}
}

func TestAWrongPasswordIsRefused(t *testing.T) {
	t.Parallel()
	p := startPostgres(t, PostgresOptions{})
	if _, err := pgx.Connect(t.Context(), strings.Replace(p.URL(), p.password, "guess", 1)); err == nil {
		t.Error("connected with a wrong password")
	}
}

func TestPostgresKeepsItsDataBetweenRuns(t *testing.T) {
	t.Parallel()
	options := PostgresOptions{Options: Options{Dir: openTempDir(t)}}
	first, err := StartPostgres(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	ask(t, first.URL(), "with made as (select lo_create(4711)) select 'made' from made")
	if err := first.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	second := startPostgres(t, options)
	if second.password != first.password {
		t.Error("the password has changed")
	}
	if got := ask(t, second.URL(), "select oid::text from pg_largeobject_metadata"); got != "4711" {
		t.Errorf("found %q, want what the first run stored", got)
	}
}

func TestPostgresRestartsAfterACrashOnTheSamePort(t *testing.T) {
	t.Parallel()
	p := startPostgres(t, PostgresOptions{})
	url, pid := p.URL(), p.PID()
	ask(t, url, "with made as (select lo_create(4711)) select 'made' from made")
	p.Kill()
	if !processDead(pid) {
		t.Errorf("process %d is alive", pid)
	}
	if err := p.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	if p.URL() != url || p.PID() == pid {
		t.Errorf("now %s as %d, was %s as %d", p.URL(), p.PID(), url, pid)
	}
	if got := ask(t, url, "select oid::text from pg_largeobject_metadata"); got != "4711" {
		t.Errorf("found %q, want what was stored before the crash", got)
	}
}

func TestDataInUseAreRefusedAtOnce(t *testing.T) {
	t.Parallel()
	options := PostgresOptions{Options: Options{Dir: openTempDir(t)}}
	startPostgres(t, options)
	begin := time.Now()
	_, err := StartPostgres(t.Context(), options)
	if err == nil || !strings.Contains(err.Error(), "is in use by process "+strconv.Itoa(os.Getpid())) {
		t.Errorf("error is %v, want one that names the process", err)
	}
	if took := time.Since(begin); took > lockPatience/2 {
		t.Errorf("it took %s", took)
	}
}

func TestDataOfAnotherVersionAreRefused(t *testing.T) {
	t.Parallel()
	dir := openTempDir(t)
	data := filepath.Join(dir, "postgres", "data")
	if err := os.MkdirAll(data, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(data, "PG_VERSION"), []byte("9\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := testAccount(t).own(filepath.Dir(data)); err != nil {
		t.Fatal(err)
	}
	_, err := StartPostgres(t.Context(), PostgresOptions{Options: Options{Dir: dir}})
	if err == nil || !strings.Contains(err.Error(), "written by PostgreSQL 9") || !strings.Contains(err.Error(), "Install PostgreSQL 9, or") {
		t.Errorf("error is %v, want one that names the version and the next step", err)
	}
}

func TestAStalePIDFileIsNoObstacle(t *testing.T) {
	t.Parallel()
	options := PostgresOptions{Options: Options{Dir: openTempDir(t)}}
	first, err := StartPostgres(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	// Its watchdog is a living process of the same user, as one with a reused number would be.
	other := startPostgres(t, PostgresOptions{})
	stale := first.folder.file("data/postmaster.pid")
	text, err := os.ReadFile(stale)
	if err != nil {
		t.Fatal(err)
	}
	first.Kill()
	_, rest, _ := strings.Cut(string(text), "\n")
	if err := os.WriteFile(stale, []byte(strconv.Itoa(other.PID())+"\n"+rest), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := first.folder.close(t.Context()); err != nil {
		t.Fatal(err)
	}
	startPostgres(t, options)
}

func TestAServerThatSomebodyElseStartedIsLeftAlone(t *testing.T) {
	t.Parallel()
	p := startPostgres(t, PostgresOptions{})
	err := dropStalePIDFile(t.Context(), p.data())
	if err == nil || !strings.Contains(err.Error(), "in use by a PostgreSQL server, process "+strconv.Itoa(p.PID())) {
		t.Errorf("error is %v, want one that names the server", err)
	}
}

func TestAWishedPortInUseIsRefused(t *testing.T) {
	t.Parallel()
	p := startPostgres(t, PostgresOptions{})
	_, err := StartPostgres(t.Context(), PostgresOptions{Options: Options{Port: p.port}})
	if err == nil || !strings.Contains(err.Error(), "port "+strconv.Itoa(p.port)+" is in use") {
		t.Errorf("error is %v", err)
	}
}
