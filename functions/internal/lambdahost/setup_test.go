package lambdahost_test

import (
	"context"
	"encoding/json"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"eventdrop/functions/internal/campaign/world"
	"eventdrop/functions/internal/pgtest"
	"eventdrop/infra/embedded"
)

const visits = `contract: visits
revision: 1
table: visits
objects: {prefixes: [visits/], suffixes: [.csv]}
key: visit
extras: extras
columns:
  - {name: visit, type: uuid}
  - {name: page, type: text, required: true}
  - {name: stay, type: integer, minimum: 0}
`

// deployment is what a deployment on AWS finds: a PostgreSQL that is new, with an owner who is no superuser but may create
// roles, as the master user of RDS is; a bucket with the contract; and two secrets.
type deployment struct {
	*world.World

	t        *testing.T
	secrets  *secrets
	server   *embedded.Postgres
	settings []string // of migrate
}

const ownerSecret, loaderName = "eventdrop/owner", "eventdrop_app"

func newDeployment(t *testing.T) *deployment {
	t.Helper()
	server, err := embedded.StartPostgres(t.Context(), embedded.PostgresOptions{
		Options: embedded.Options{Progress: os.Stderr}, Settings: []string{"log_statement=all"},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Stop(context.Background()) }) // it vanishes with its data
	d := &deployment{t: t, secrets: newSecrets(t), server: server}
	d.World = world.New(t, world.Options{Versioned: true, DB: pgtest.At(t, server.URL(), "eventdrop"), Contract: visits})
	d.exec("create role master login createrole password 'canary-of-the-owner'; grant create on database postgres to master")
	d.secrets.setNamed(ownerSecret, map[string]string{"username": "master", "password": "canary-of-the-owner"})
	d.loaderIs(loaderName, "canary-of-the-loader")
	d.Put("contracts/visits.yaml", visits)
	d.settings = []string{
		"EVENTDROP_DATABASE_URL=" + d.address(), "EVENTDROP_DATABASE_SECRET=" + ownerSecret, "AWS_ENDPOINT_URL=" + d.secrets.URL,
		"EVENTDROP_CONTRACT=" + d.contract("visits.yaml"), "EVENTDROP_LOADER_SECRET=" + secretName, "EVENTDROP_LOADER_CONCURRENCY=5",
	}
	return d
}

func (d *deployment) address() string {
	d.t.Helper()
	u, err := url.Parse(d.server.URL())
	if err != nil {
		d.t.Fatal(err)
	}
	return without(u)
}

func (d *deployment) contract(name string) string {
	return "s3://" + d.Config.S3Bucket + "/contracts/" + name
}

func (d *deployment) loaderIs(name, password string) {
	d.secrets.set(map[string]string{"username": name, "password": password})
}

func (d *deployment) exec(sql string) {
	d.t.Helper()
	if _, err := d.DB.Pool.Exec(d.t.Context(), sql); err != nil {
		d.t.Fatal(err)
	}
}

// migrate starts the function; settings win over the usual ones.
func (d *deployment) migrate(settings ...string) *function {
	d.t.Helper()
	return start(d.t, d.World, "migrate", append(d.settings, settings...)...)
}

func (d *deployment) ingest() *function {
	d.t.Helper()
	return start(d.t, d.World, "ingest", "EVENTDROP_DATABASE_URL="+d.address(), "EVENTDROP_DATABASE_SECRET="+secretName,
		"AWS_ENDPOINT_URL="+d.secrets.URL, "EVENTDROP_CONTRACT="+d.contract("visits.yaml"))
}

// told is the part of migrate's answer that is about table and login.
type told struct {
	Applied []string
	Tables  []string
	Login   struct {
		User string
		Done []string
	}
}

// done invokes migrate and wants this to be done.
func (d *deployment) done(f *function, tables, login string) {
	d.t.Helper()
	a := f.invoke("{}")
	var got told
	if err := json.Unmarshal([]byte(a.Body), &got); err != nil || a.Failed || got.Tables == nil || got.Login.User != loaderName || got.Login.Done == nil ||
		strings.Join(got.Tables, ", ") != tables || strings.Join(got.Login.Done, ", ") != login {
		d.t.Fatalf("got %+v, want tables %q, login %q\n%s", a, tables, login, f.logs)
	}
	d.secretIn("the answer", a.Body)
}

// secretIn wants no password to be there. S4, S14
func (d *deployment) secretIn(where, text string) {
	d.t.Helper()
	if i := strings.Index(text, "canary"); i >= 0 {
		d.t.Errorf("%s has a password: %.60q", where, text[i:])
	}
}

// serverLog is all that PostgreSQL logged, every statement among it.
func (d *deployment) serverLog() string {
	d.t.Helper()
	log, err := os.ReadFile(filepath.Join(filepath.Dir(d.Value("select current_setting('data_directory')")), "server.log"))
	if err != nil {
		d.t.Fatal(err)
	}
	if !strings.Contains(string(log), "SCRAM-SHA-256$") {
		d.t.Error("the server does not log its statements")
	}
	return string(log)
}

// From an empty database to rows, without psql: migrate makes the contract's table and the login, ingest loads with it. A new
// password is one that the secret has when migrate is invoked again.
func TestMigrateMakesTableAndLoginThenIngestLoads(t *testing.T) {
	t.Parallel()
	d := newDeployment(t)
	put(t, d.World, "visits/one.csv", "page,stay\n/,1\n/cart,2\n")
	put(t, d.World, "visits/two.csv", "page,stay\n/pay,3\n")
	migrate := d.migrate()
	d.done(migrate, "visits", "created, granted eventdrop_loader, connection limit set, password set")
	d.done(migrate, "", "")
	if got := d.Value("select rolconnlimit || ' ' || rolsuper || ' ' || rolcreaterole from pg_roles where rolname = $1", loaderName); got != "7 false false" {
		t.Errorf("the login's limit and rights: %s", got)
	}
	ingest := d.ingest()
	ingest.accepts(bare(d.World, "visits/one.csv"), done)
	if got := d.Value("select string_agg(page || ' ' || stay, ', ' order by stay) from visits"); got != "/ 1, /cart 2" {
		t.Errorf("visits: %s", got)
	}

	d.loaderIs(loaderName, "canary-of-another-day")
	d.done(migrate, "", "password set")
	d.done(migrate, "", "")
	d.terminate()
	ingest.accepts(bare(d.World, "visits/two.csv"), done)
	d.CheckBooks()
	d.secretIn("a function's log", ingest.logs.String()+migrate.logs.String())
	d.secretIn("the server's log", strings.ReplaceAll(d.serverLog(), "create role master login createrole password 'canary-of-the-owner'", ""))
}

// terminate ends the loader's connections.
func (d *deployment) terminate() {
	d.t.Helper()
	if n := d.Value("select count(pg_terminate_backend(pid)) from pg_stat_activity where usename = $1", loaderName); n == "0" {
		d.t.Error("there was no connection to end")
	}
	d.Eventually("0", "select count(*) from pg_stat_activity where usename = $1", loaderName)
}

// What cannot be read is told before anything is changed.
func TestMigrateChangesNothingWhereItCannotReadEverything(t *testing.T) {
	t.Parallel()
	d := newDeployment(t)
	d.Put("contracts/bad.yaml", strings.Replace(visits, "type: text", "type: strin", 1))
	missing := "EVENTDROP_CONTRACT=" + d.contract("missing.yaml")
	tests := []struct {
		name      string
		secret    any
		settings  []string
		errorType string
		parts     []string
	}{
		{"no such contract", nil, []string{missing}, "MigrateError", []string{"missing.yaml", "correct the address of the contract"}},
		{"a contract with a fault", nil, []string{"EVENTDROP_CONTRACT=" + d.contract("bad.yaml")}, "MigrateError", []string{"bad.yaml:9:", "unknown type strin"}},
		{"no such secret", nil, []string{"EVENTDROP_LOADER_SECRET=nowhere"}, "MigrateError", []string{"fetch the secret of EVENTDROP_LOADER_SECRET"}},
		{"a secret without a password", map[string]string{"username": "canary"}, nil, "MigrateError", []string{"EVENTDROP_LOADER_SECRET", "no username or no password"}},
		{"two ways to log in", nil, []string{"EVENTDROP_LOADER_USER=somebody"}, "SettingsError", []string{"EVENTDROP_LOADER_SECRET and EVENTDROP_LOADER_USER"}},
		{"both contract and secret", map[string]string{"username": "u"}, []string{missing}, "MigrateError", []string{"missing.yaml", "no username or no password"}},
	}
	for _, test := range tests {
		d.loaderIs(loaderName, "canary-of-the-loader")
		if test.secret != nil {
			d.secrets.set(test.secret)
		}
		f := d.migrate(test.settings...)
		for _, part := range test.parts {
			f.refuses("{}", test.errorType, part)
		}
		d.secretIn(test.name, f.logs.String())
		if got := d.Value("select count(*) from pg_namespace where nspname = 'eventdrop'"); got != "0" {
			t.Fatalf("%s: the schema was made", test.name)
		}
	}
}

// What is there already is not altered, and one fault does not keep the rest from being done.
func TestMigrateLeavesAloneWhatDiffers(t *testing.T) {
	t.Parallel()
	d := newDeployment(t)
	d.loaderIs("master", "canary-of-the-owner")
	migrate := d.migrate()
	migrate.refuses("{}", "MigrateError", "user master is a superuser or may create roles")
	if got := d.Value("select count(*) from visits"); got != "0" {
		t.Errorf("%s visits", got)
	}

	d.loaderIs(loaderName, "canary-of-the-loader")
	d.exec("alter table visits drop column stay; alter table visits alter column page type bytea using null")
	const shape = "select string_agg(attname || ' ' || atttypid::regtype, ', ' order by attnum) from pg_attribute where attrelid = 'visits'::regclass and attnum > 0"
	before := d.Value(shape)
	for _, part := range []string{
		"visits.yaml:9:", "column page: it is bytea in table visits, the contract needs text",
		"column stay: table visits does not have it: alter table visits add column stay bigint",
	} {
		migrate.refuses("{}", "MigrateError", part)
	}
	if after := d.Value(shape); after != before {
		t.Errorf("the table was altered: %s\nbefore: %s", after, before)
	}
	if got := d.Value("select count(*) from pg_roles where rolname = $1", loaderName); got != "1" {
		t.Error("the login was not made")
	}
	d.secretIn("the function's log", migrate.logs.String())
}

// Contracts are named side by side; each gets its table.
func TestMigrateMakesTheTableOfEachContract(t *testing.T) {
	t.Parallel()
	d := newDeployment(t)
	d.Put("contracts/orders.yaml", strings.ReplaceAll(visits, "visits", "orders"))
	migrate := d.migrate("EVENTDROP_CONTRACT=" + d.contract("visits.yaml") + ", " + d.contract("orders.yaml"))
	d.done(migrate, "visits, orders", "created, granted eventdrop_loader, connection limit set, password set")
	put(t, d.World, "visits/one.csv", "page,stay\n/,1\n")
	d.ingest().accepts(bare(d.World, "visits/one.csv"), done)
}
