package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"eventdrop/functions/internal/contract"
	"eventdrop/functions/internal/dropzone"
)

// write puts a file into a folder of the test's own.
func write(t *testing.T, name, text string) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// wants runs a command that must end with this code and say all of this.
func (w *world) wants(code int, args []string, parts ...string) (stdout string) {
	w.t.Helper()
	got, stdout, stderr := w.command(args...)
	if got != code {
		w.t.Errorf("%v: exit %d, want %d\n%s\n%s", args, got, code, stdout, stderr)
	}
	for _, part := range parts {
		if !strings.Contains(stdout+stderr, part) {
			w.t.Errorf("%v: nothing about %q in\n%s\n%s", args, part, stdout, stderr)
		}
	}
	return stdout
}

// createTable applies the DDL of a contract, as its owner.
func (w *world) createTable(name string) {
	w.t.Helper()
	ddl := w.wants(exitDone, []string{"contract", "ddl", name})
	if _, err := w.db.Pool.Exec(w.t.Context(), ddl); err != nil {
		w.t.Fatalf("%v\n%s", err, ddl)
	}
}

// orders is another shop's export.
func orders(n int) string {
	text := strings.Builder{}
	text.WriteString("Bestell-Nr;Zeit;Status;Betrag;Notiz\n")
	for i := range n {
		fmt.Fprintf(&text, "B-%04d;%d;%s;1.%03d,50 €;\"a; b\"\n", i, 1763633700+i, []string{"neu", "bezahlt", "Versandt"}[i%3], i)
	}
	return text.String()
}

func TestFromASampleToRows(t *testing.T) {
	w := newWorld(t)
	sample := write(t, "Bestellungen.csv", orders(30))
	path := filepath.Join(t.TempDir(), "bestellungen.yaml")
	if _, stdout, stderr := w.command("contract", "new", sample); !strings.HasPrefix(stdout, "# Proposed by") || !strings.Contains(stderr, "loads 30 of the sample's first 30 records") {
		t.Errorf("to stdout:\n%s\n%s", stdout, stderr)
	}
	w.wants(exitDone, []string{"contract", "new", sample, "--write", path}, "loads 30 of")
	w.wants(exitFailed, []string{"contract", "new", sample, "--write", path}, "exists: choose another name")
	w.wants(exitRefused, []string{"contract", "check", path}, path+":", "table: bestellungen is not there: name the contract in EVENTDROP_CONTRACT and run `eventdrop migrate`", "1 fault found")
	w.createTable(path)
	w.wants(exitDone, []string{"contract", "check", path}, "contract bestellungen is sound, and table bestellungen fits it")

	t.Setenv("EVENTDROP_CONTRACT", path)
	w.wants(exitDone, []string{"doctor"}, "ok     table bestellungen fits the contract bestellungen", "ok     the user may load into bestellungen")
	receipt := onlyReceipt(t, w.wants(exitDone, []string{"load", sample, "-o", "json"}))
	if receipt.Books != (dropzone.Books{RowsRead: 30, Inserted: 30}) || receipt.Contract != "bestellungen" {
		t.Errorf("receipt %+v", receipt)
	}
	w.expect("B-0007 2025-11-20 10:15:07+00 bezahlt 1007.50 a; b", `select concat_ws(' ', bestell_nr, zeit at time zone 'UTC' || '+00', status, betrag, notiz)
		from bestellungen where bestell_nr = 'B-0007'`)
	w.expect("30", "select count(*) from bestellungen")
	w.expect("0", "select count(*) from events")
}

// A table that is there is never touched: its comments say what its keys were derived from.
func TestTheDDLAppliedAgainChangesNothing(t *testing.T) {
	w := newWorld(t)
	path := write(t, "visits.yaml", visitsContract)
	w.createTable(path)
	const comments = "string_agg(col_description(attrelid, attnum), ',' order by attnum) from pg_attribute where attrelid = 'visits'::regclass"
	before := w.value("select " + comments)
	t.Setenv("EVENTDROP_CONTRACT", path)
	w.wants(exitDone, []string{"load", write(t, "a.csv", "page,stay\n/,1\n")})
	changed := write(t, "changed.yaml", strings.Replace(visitsContract, "revision: 1", "revision: 2\ntimezone: Europe/Berlin", 1))
	for _, contract := range []string{path, changed} {
		ddl := w.wants(exitDone, []string{"contract", "ddl", contract})
		if _, err := w.db.Pool.Exec(t.Context(), ddl); err == nil || !strings.Contains(err.Error(), "already exists") {
			t.Errorf("%s: %v", contract, err)
		}
	}
	w.expect(before, "select "+comments)
	w.expect("1", "select count(*) from visits")

	var view map[string]string
	if err := json.Unmarshal([]byte(w.wants(exitDone, []string{"contract", "ddl", path, "-o", "json"})), &view); err != nil || !strings.Contains(view["sql"], "create table \"visits\"") {
		t.Errorf("as JSON: %v, %v", view, err)
	}
}

const visitsContract = `contract: visits
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

// Records that are in the table must not come again under other keys.
func TestAChangeOfIdentityIsRefusedOnAFilledTable(t *testing.T) {
	w := newWorld(t)
	path := write(t, "visits.yaml", visitsContract)
	w.createTable(path)
	changed := write(t, "changed.yaml", strings.Replace(visitsContract, "page, type: text", "page, type: text, case: lower", 1))
	w.wants(exitDone, []string{"contract", "check", changed}, "table visits fits it")
	t.Setenv("EVENTDROP_CONTRACT", path)
	w.wants(exitDone, []string{"load", write(t, "a.csv", "page,stay\n/A,1\n")})
	w.wants(exitRefused, []string{"contract", "check", changed}, changed+":9:24: column page: table visits is filled", "It was text and is text, case lower", "name another table")
	t.Setenv("EVENTDROP_CONTRACT", changed)
	w.wants(exitFailed, []string{"doctor"}, "FAULT  table visits fits the contract visits", "table visits is filled")
	aliased := write(t, "aliased.yaml", strings.Replace(visitsContract, "page, type: text", "page, type: text, aliases: [url]", 1))
	w.wants(exitDone, []string{"contract", "check", aliased}, "table visits fits it")
	t.Setenv("EVENTDROP_CONTRACT", path)
	w.wants(exitDone, []string{"load", write(t, "b.csv", "page,stay,URL\n/A,1,/a\n")})
	w.wants(exitRefused, []string{"contract", "check", aliased}, aliased+":9:39: column page: records without a key came with \"URL\"", "Take the name out of the contract")
	t.Setenv("EVENTDROP_CONTRACT", aliased)
	w.wants(exitFailed, []string{"doctor"}, "FAULT  table visits fits the contract visits", "came with \"URL\"")
}

func TestCheckTellsAllFaultsWithTheirPlaces(t *testing.T) { //nolint:paralleltest // settings belong to the process
	path := write(t, "bad.yaml", strings.NewReplacer("type: text", "type: strin", "minimum: 0", "minimum: 0, below_minimum: rejekt, typo: x").Replace(visitsContract))
	code, stdout, stderr := command(t, "contract", "check", path)
	for _, want := range []string{path + ":9:24: unknown type strin", path + ":10:", "policy rejekt", `unknown field "typo"`, "3 faults found"} {
		if code != exitRefused || !strings.Contains(stdout, want) {
			t.Errorf("exit %d, nothing about %q in\n%s\n%s", code, want, stdout, stderr)
		}
	}
	code, stdout, _ = command(t, "contract", "check", path, "ecommerce_events", "-o", "json")
	var views []contractCheckView
	if err := json.Unmarshal([]byte(stdout), &views); err != nil || code != exitRefused || len(views) != 2 {
		t.Fatalf("exit %d, %v\n%s", code, err, stdout)
	}
	if v := views[0]; v.Source != path || len(v.Faults) != 3 || v.Faults[0].Line != 9 || v.Faults[0].Column != 24 || v.Database {
		t.Errorf("%+v", v)
	}
	if v := views[1]; v.Contract != "ecommerce_events" || v.Table != "events" || len(v.Faults) != 0 {
		t.Errorf("%+v", v)
	}
	// What only shows when it is compiled.
	path = write(t, "default.yaml", strings.Replace(visitsContract, "minimum: 0", "absent: {default: many}", 1))
	if code, stdout, _ := command(t, "contract", "check", path); code != exitRefused || !strings.Contains(stdout, path+":10:") {
		t.Errorf("exit %d\n%s", code, stdout)
	}
	for _, name := range []string{"nothing", filepath.Join(t.TempDir(), "nothing.yaml")} {
		for _, verb := range []string{"check", "show", "ddl"} {
			if code, _, stderr := command(t, "contract", verb, name); code != exitFailed || !strings.Contains(stderr, "ecommerce_events and original_pipeline") {
				t.Errorf("%s %s: exit %d\n%s", verb, name, code, stderr)
			}
		}
	}
}

func TestTheEmbeddedContractsAreSound(t *testing.T) {
	w := newWorld(t)
	w.wants(exitDone, []string{"contract", "check"}, "contract ecommerce_events is sound, and table events fits it")
	w.wants(exitRefused, []string{"contract", "check", "original_pipeline"}, "table: original_events is not there")
	w.createTable("original_pipeline")
	w.wants(exitDone, []string{"contract", "check", "original_pipeline"}, "table original_events fits it")
	t.Setenv("EVENTDROP_DATABASE_URL", "")
	if code, stdout, stderr := command(t, "contract", "check", "original_pipeline"); code != exitDone || !strings.Contains(stdout, "was not looked at: EVENTDROP_DATABASE_URL is not set") {
		t.Errorf("without a database: exit %d\n%s\n%s", code, stdout, stderr)
	}
}

func TestShowSaysWhatAContractLeavesUnsaid(t *testing.T) { //nolint:paralleltest // settings belong to the process
	path := write(t, "visits.yaml", visitsContract+"rules: []\nmax_rejected_percent: 12.5\n")
	code, stdout, stderr := command(t, "contract", "show", path)
	for _, want := range []string{
		"contract visits, revision 1, into table visits", "visit; where it is absent, derived from the record", "last-modified of the object",
		"keys begin with  visits/", "12.5 % rejects", "timezone         UTC", "stay    integer  null    reject   from 0", "page    text     reject  reject",
	} {
		if code != exitDone || !strings.Contains(stdout, want) {
			t.Errorf("exit %d, nothing about %q in\n%s\n%s", code, want, stdout, stderr)
		}
	}
	code, stdout, _ = command(t, "contract", "show", "-o", "json", path)
	again, err := contract.Parse("again.json", []byte(stdout))
	if err != nil || code != exitDone || again.Name != "visits" || again.Columns[2].Minimum != "0" || again.MaxRejectedPercent != 12.5 {
		t.Errorf("as JSON: exit %d, %v\n%s", code, err, stdout)
	}
	if code, stdout, _ := command(t, "contract", "show"); code != exitDone || !strings.Contains(stdout, "contract ecommerce_events") {
		t.Errorf("of the settings: exit %d\n%s", code, stdout)
	}
}

func TestContractNewWantsACSVFile(t *testing.T) { //nolint:paralleltest // settings belong to the process
	for name, test := range map[string]struct {
		args []string
		code int
		want string
	}{
		"no file":   {[]string{filepath.Join(t.TempDir(), "nothing.csv")}, exitFailed, "no such file"},
		"a picture": {[]string{write(t, "a.csv", "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR")}, exitFailed, "the sample cannot be read: binary_content"},
		"rows":      {[]string{write(t, "a.csv", "a,b\n1,2\n"), "--rows", "0"}, exitUsage, "--rows=0"},
	} {
		if code, stdout, stderr := command(t, append([]string{"contract", "new"}, test.args...)...); code != test.code || !strings.Contains(stderr, test.want) || stdout != "" {
			t.Errorf("%s: exit %d\n%s\n%s", name, code, stdout, stderr)
		}
	}
}

// One code path with the function migrate, see package lambdahost for the login.
func TestMigrateMakesTheTablesOfTheSettings(t *testing.T) {
	w := newWorld(t)
	w.config.DatabaseURL = w.db.URL
	path := write(t, "visits.yaml", visitsContract)
	t.Setenv("EVENTDROP_CONTRACT", path)
	w.wants(exitDone, []string{"migrate"}, "created table visits\n")
	if stdout := w.wants(exitDone, []string{"migrate", "-o", "json"}); !strings.Contains(stdout, `"tables": []`) {
		t.Errorf("again: %s", stdout)
	}
	w.wants(exitDone, []string{"contract", "check", path}, "table visits fits it")
	w.expect("t", "select has_table_privilege('eventdrop_loader', 'visits', 'select, insert, update') and not has_table_privilege('eventdrop_loader', 'visits', 'delete')")
	t.Setenv("EVENTDROP_CONTRACT", "original_pipeline")
	w.wants(exitDone, []string{"migrate"}, "created table original_events\n")
	w.wants(exitDone, []string{"contract", "check", "original_pipeline"}, "table original_events fits it")
	w.config.DatabaseURL = w.db.LoaderURL
	t.Setenv("EVENTDROP_CONTRACT", write(t, "stays.yaml", strings.ReplaceAll(visitsContract, "visits", "stays")))
	w.wants(exitFailed, []string{"migrate"}, "may not create tables in the schema", "migrate as the schema's owner")
}
