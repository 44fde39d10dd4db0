package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"eventdrop/functions/internal/dropzone"
	"eventdrop/generator/storefront"
)

func TestDemoBalancesItsBooks(t *testing.T) {
	t.Parallel()
	code, stdout, stderr := command(t, "demo", "--for", "3s", "--seed", "11", "--rows", "50", "-o", "json")
	var report demoReport
	if err := json.Unmarshal([]byte(stdout), &report); err != nil {
		t.Fatalf("not one JSON document: %v\n%s\n%s", err, stdout, stderr)
	}
	if code != exitDone || !report.Balance || report.Differences != 0 {
		t.Errorf("exit %d, report %+v\n%s", code, report, stderr)
	}
	if report.PlantedRows == 0 || report.Books.Rejected == 0 || len(report.Classes) < 20 {
		t.Errorf("the demo proved little: %+v", report)
	}
}

// Servers that the settings name are used, and left as they were found.
func TestDemoOnGivenServers(t *testing.T) { //nolint:paralleltest // settings belong to the process
	w := newWorld(t)
	w.config.DatabaseURL, w.config.S3Bucket = w.db.URL, "" // a demo makes its own schema and bucket
	code, stdout, stderr := w.command("demo", "--for", "1s", "--seed", "12", "--rows", "20", "-o", "json")
	var report demoReport
	if err := json.Unmarshal([]byte(stdout), &report); err != nil || code != exitDone || !report.Balance || report.Objects == 0 {
		t.Errorf("exit %d, %v\n%s\n%s", code, err, stdout, stderr)
	}
	schema := regexp.MustCompile(`eventdrop_demo_\w+`).FindString(stderr)
	if schema == "" {
		t.Errorf("no schema of its own is named in\n%s", stderr)
	}
	w.expect("0", "select count(*) from pg_namespace where nspname = $1", schema)
	w.expect("0", "select count(*) from objects")
	bucket := strings.ReplaceAll(schema, "_", "-")
	if err := w.minio.Put(t.Context(), bucket, "left.csv", nil); err == nil {
		t.Errorf("bucket %s is left behind", bucket)
	}
}

// A comparison that finds nothing wrong in wrong tables would be worth nothing.
func TestTheComparisonFindsDamage(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.drop(10, storefront.Options{Seed: 5, Rows: storefront.Rows{Min: 50, Max: 50}, Defects: 0.3})
	w.reconcile()
	w.check()
	damages := []struct{ name, sql string }{
		{"a lost event", "delete from events where event_id = (select min(event_id::text)::uuid from events)"},
		{"an event too many", `insert into events select gen_random_uuid(), event_type, event_time, user_id, session_id, product_id, product_name,
			category, price, quantity, total, currency, device, extras, object_id, line_no, recency_at, object_modified, source_hash,
			drop_order, revision from events limit 1`},
		{"a wrong value", "update events set price = price + 0.01 where event_id = (select min(event_id::text)::uuid from events where price > 0)"},
		{"a lost reject", "delete from rejected_rows where line_no = (select min(line_no) from rejected_rows)"},
		{"a wrong reason", "update rejected_rows set reason = 'other'"},
		{"a lost object", "update objects set state = 'failed' where object_id = (select min(object_id) from objects)"},
	}
	for _, damage := range damages { //nolint:paralleltest // the damages add up
		t.Run(damage.name, func(t *testing.T) {
			before, err := compare(t.Context(), w.truth, w.parts.Warehouse)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := w.db.Pool.Exec(t.Context(), damage.sql); err != nil {
				t.Fatal(err)
			}
			after, err := compare(t.Context(), w.truth, w.parts.Warehouse)
			if err != nil {
				t.Fatal(err)
			}
			if after.wrong <= before.wrong {
				t.Errorf("%d differences before, %d after", before.wrong, after.wrong)
			}
		})
	}
}

const csvHead = "event_id,event_type,event_time,price\n"

func TestLoadReportsWhatBecameOfAFile(t *testing.T) { //nolint:paralleltest // settings belong to the process
	w := newWorld(t)
	good := "11111111-1111-4111-8111-111111111111,view,2026-11-23T10:00:00Z,1.50\n"
	tests := []struct {
		name, content string
		code          int
		state         dropzone.State
		reason        dropzone.Reason
		books         dropzone.Books
	}{
		{"good.csv", csvHead + good, exitDone, dropzone.Loaded, "", dropzone.Books{RowsRead: 1, Inserted: 1}},
		{"with space + 100% ümlaut.csv", csvHead + "22222222-2222-4222-8222-222222222222,view,2026-11-23T10:00:00Z,\n", exitDone, dropzone.Loaded, "", dropzone.Books{RowsRead: 1, Inserted: 1}},
		{"partly.csv", csvHead + "33333333-3333-4333-8333-333333333333,view,2026-11-23T10:00:00Z,\nx,y\n", exitRefused, dropzone.Loaded, "", dropzone.Books{RowsRead: 2, Inserted: 1, Rejected: 1}},
		{"empty.csv", "", exitDone, dropzone.Loaded, "", dropzone.Books{}},
		{"header.csv", csvHead, exitDone, dropzone.Loaded, "", dropzone.Books{}},
		{"cut.csv", csvHead + good[:len(good)-3], exitRefused, dropzone.Loaded, "", dropzone.Books{RowsRead: 1, Rejected: 1}},
		{"binary.csv", "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", exitRefused, dropzone.Parked, dropzone.BinaryContent, dropzone.Books{}},
		{"prose.csv", "Dear colleague,\nplease find attached\n", exitRefused, dropzone.Parked, dropzone.NoKnownColumn, dropzone.Books{}},
	}
	for _, test := range tests { //nolint:paralleltest // settings belong to the process
		t.Run(test.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), test.name)
			if err := os.WriteFile(path, []byte(test.content), 0o600); err != nil {
				t.Fatal(err)
			}
			code, stdout, stderr := w.command("load", path, "--dry-run", "-o", "json")
			dry := onlyReceipt(t, stdout)
			if code != test.code || !dry.DryRun || dry.State != test.state {
				t.Errorf("dry run: exit %d, %+v\n%s", code, dry, stderr)
			}
			w.expect("0", "select count(*) from objects where key = $1", path)
			code, stdout, stderr = w.command("load", path, "-o", "json")
			receipt := onlyReceipt(t, stdout)
			if code != test.code || receipt.State != test.state || receipt.Reason != test.reason || receipt.Books != test.books {
				t.Errorf("exit %d, receipt %+v\n%s", code, receipt, stderr)
			}
			if receipt.State == dropzone.Parked && receipt.Hint == "" {
				t.Error("parked without a hint")
			}
			w.expect(string(test.state), "select state from objects where key = $1", path)
		})
	}
}

func onlyReceipt(t *testing.T, stdout string) receiptView {
	t.Helper()
	var receipts []receiptView
	if err := json.Unmarshal([]byte(stdout), &receipts); err != nil || len(receipts) != 1 {
		t.Fatalf("want one receipt, got %v in %q", err, stdout)
	}
	return receipts[0]
}

func TestLoadAnObjectOfTheStore(t *testing.T) { //nolint:paralleltest // settings belong to the process
	w := newWorld(t)
	w.put("some/key.csv", csvHead+"11111111-1111-4111-8111-111111111111,view,2026-11-23T10:00:00Z,1.50\n")
	address := "s3://" + w.config.S3Bucket + "/some/key.csv"
	code, stdout, stderr := w.command("load", address)
	if code != exitDone || !strings.Contains(stdout, address) {
		t.Errorf("exit %d\n%s\n%s", code, stdout, stderr)
	}
	if code, stdout, _ := w.command("load", address); code != exitDone || !strings.Contains(stdout, "already loaded") {
		t.Errorf("second load: exit %d\n%s", code, stdout)
	}
	if code, _, stderr := w.command("load", "s3://"+w.config.S3Bucket+"/nothing.csv"); code == exitDone {
		t.Errorf("a missing object was loaded\n%s", stderr)
	}
	if code, _, stderr := w.command("load", filepath.Join(t.TempDir(), "nothing.csv")); code != exitFailed || !strings.Contains(stderr, "no such file") {
		t.Errorf("a missing file: exit %d\n%s", code, stderr)
	}
}

func TestReportsAfterAReconcile(t *testing.T) { //nolint:paralleltest // settings belong to the process
	w := newWorld(t)
	w.drop(5, dirty(9))
	code, stdout, stderr := w.command("reconcile", "--dry-run")
	if code != exitDone || !strings.Contains(stdout, "missed notices: 5") || strings.Count(stdout, "missing s3://") != 5 {
		t.Errorf("dry run: exit %d\n%s\n%s", code, stdout, stderr)
	}
	w.expect("0", "select count(*) from objects")
	if code, stdout, stderr = w.command("reconcile"); code != exitDone || !strings.Contains(stdout, "loaded: 5") {
		t.Errorf("reconcile: exit %d\n%s\n%s", code, stdout, stderr)
	}
	if _, stdout, _ = w.command("reconcile"); !strings.Contains(stdout, "missed notices: 0") {
		t.Errorf("second reconcile\n%s", stdout)
	}
	for _, args := range [][]string{{"status"}, {"history"}, {"history", "shop", "--limit", "2"}, {"doctor"}, {"version"}, {"migrate"}} {
		if args[0] == "migrate" {
			t.Setenv("EVENTDROP_DATABASE_URL", w.db.URL)
		}
		code, stdout, stderr := w.command(args...)
		if args[0] != "migrate" && (code != exitDone || stdout == "") {
			t.Errorf("%v: exit %d\n%s\n%s", args, code, stdout, stderr)
		}
		_, stdout, _ = w.command(append(args, "-o", "json")...)
		if args[0] != "migrate" && !json.Valid([]byte(stdout)) {
			t.Errorf("%v: not JSON:\n%s", args, stdout)
		}
	}
}

func TestSettingsFaultsAreAllToldAtOnce(t *testing.T) {
	t.Setenv("EVENTDROP_WORKERS", "many")
	t.Setenv("EVENTDROP_RECONCILE_EVERY", "soon")
	t.Setenv("EVENTDROP_S3_ENDPOINT", "http://127.0.0.1:9")
	t.Setenv("EVENTDROP_S3_SECRET_KEY", "canary-secret")
	t.Setenv("EVENTDROP_DATABSE_URL", "typo")
	code, _, stderr := command(t, "serve")
	if code != exitUsage {
		t.Errorf("exit %d", code)
	}
	for _, want := range []string{
		"EVENTDROP_WORKERS=\"many\"", "EVENTDROP_RECONCILE_EVERY=\"soon\"", "EVENTDROP_DATABASE_URL is missing", "EVENTDROP_S3_BUCKET is missing",
		"EVENTDROP_S3_ACCESS_KEY is missing", "EVENTDROP_WEBHOOK_TOKEN", "EVENTDROP_DATABSE_URL is not a setting",
	} {
		if !strings.Contains(stderr, want) {
			t.Errorf("nothing about %s in\n%s", want, stderr)
		}
	}
	if strings.Contains(stderr, "canary-secret") {
		t.Error("a secret is shown")
	}
}

func TestUnreachableServersAreNamedWithTheNextStep(t *testing.T) {
	w := newWorld(t)
	address := "s3://" + w.config.S3Bucket + "/a.csv"
	tests := []struct{ name, variable, value, load, want string }{
		{"PostgreSQL down", "EVENTDROP_DATABASE_URL", "postgres://u:canary-secret@127.0.0.1:9/db", address, "127.0.0.1:9"},
		{"wrong password", "EVENTDROP_DATABASE_URL", strings.Replace(w.db.URL, "@", "wrong@", 1), address, "check user and password"},
		{"no such database", "EVENTDROP_DATABASE_URL", strings.Replace(w.db.URL, "/postgres", "/nothing", 1), address, "create the database"},
		{"no tables", "EVENTDROP_DATABASE_SCHEMA", "nothing", address, "eventdrop migrate"},
		{"MinIO down", "EVENTDROP_S3_ENDPOINT", "http://127.0.0.1:9", address, "127.0.0.1:9"},
		{"wrong key", "EVENTDROP_S3_SECRET_KEY", "canary-secret", address, "EVENTDROP_S3_SECRET_KEY"},
		{"no such bucket", "EVENTDROP_S3_BUCKET", "nothing-here", "s3://nothing-here/a.csv", "nothing-here"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			for _, setting := range w.settings() {
				name, value, _ := strings.Cut(setting, "=")
				t.Setenv(name, value)
			}
			t.Setenv(test.variable, test.value)
			for _, args := range [][]string{{"serve"}, {"doctor"}, {"load", test.load}, {"load", test.load, "--version-id", "null"}} {
				code, stdout, stderr := command(t, args...)
				if code != exitFailed || !strings.Contains(stdout+stderr, test.want) {
					t.Errorf("%v: exit %d, nothing about %q in\n%s%s", args, code, test.want, stdout, stderr)
				}
				if strings.Contains(stdout+stderr, "canary-secret") {
					t.Errorf("%v shows a secret:\n%s%s", args, stdout, stderr)
				}
				if strings.HasPrefix(test.variable, "EVENTDROP_S3_") && strings.Contains(stderr, "PostgreSQL") {
					t.Errorf("%v blames PostgreSQL:\n%s", args, stderr)
				}
			}
		})
	}
}

func TestWrongUsageExitsWith2(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{
		{},
		{"nonsense"},
		{"load"},
		{"status", "--nonsense"},
		{"status", "-o", "xml"},
		{"load", "s3://bucket"},
		{"history", "--limit", "0"},
		{"demo", "--for", "soon"},
		{"demo", "--for=-5s"},
		{"demo", "--rate=0"},
		{"demo", "--rate=NaN"},
		{"demo", "--rows=-1"},
		{"demo", "--defects=2"},
		{"load", "a.csv", "--version-id", "null"},
		{"replay", "s3://bucket/a.csv", "s3://bucket/b.csv", "--version-id", "null"},
		{"replay", "s3://bucket/a.csv", "b.csv", "--version-id", "null"},
	} {
		if code, _, stderr := command(t, args...); code != exitUsage || stderr == "" {
			t.Errorf("%v: exit %d, %q", args, code, stderr)
		}
	}
	for _, args := range [][]string{{"--help"}, {"demo", "--help"}, {"help", "settings"}} {
		if code, stdout, _ := command(t, args...); code != exitDone || stdout == "" {
			t.Errorf("%v: exit %d, %q", args, code, stdout)
		}
	}
}

// The ways by hand out of "parked": raise the limit, and replay.
func TestReplayLoadsAParkedObjectAndChangesNothingTwice(t *testing.T) {
	w := newWorld(t)
	path := filepath.Join(t.TempDir(), "large.csv")
	if err := os.WriteFile(path, []byte(csvHead+"11111111-1111-4111-8111-111111111111,view,2026-11-23T10:00:00Z,1.50\nx,y\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("EVENTDROP_MAX_OBJECT_BYTES", "10")
	if code, stdout, _ := w.command("load", path); code != exitRefused || !strings.Contains(stdout, "too_large") {
		t.Errorf("load: exit %d\n%s", code, stdout)
	}
	t.Setenv("EVENTDROP_MAX_OBJECT_BYTES", "0")
	if code, stdout, _ := w.command("load", path); code != exitRefused || !strings.Contains(stdout, "already parked") {
		t.Errorf("load of a parked object: exit %d\n%s", code, stdout)
	}
	if code, stdout, _ := w.command("replay", path, "--dry-run"); code != exitRefused || !strings.Contains(stdout, "loaded (dry run)") {
		t.Errorf("dry run: exit %d\n%s", code, stdout)
	}
	w.expect("parked", "select state from objects")
	w.command("replay", path)
	w.expect("loaded", "select state from objects")
	before := w.value(eventsWithRecency)
	_, stdout, stderr := w.command("replay", path, "-o", "json")
	if again := onlyReceipt(t, stdout); again.Books != (dropzone.Books{RowsRead: 2, Stale: 1, Rejected: 1}) {
		t.Errorf("second replay: %+v\n%s", again, stderr)
	}
	w.expect(before, eventsWithRecency)
	w.expect("1", "select count(*) from rejected_rows")
}
