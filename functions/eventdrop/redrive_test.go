package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"eventdrop/functions/internal/dropzone"
)

// contractWith writes the default contract to a file with some text replaced, and has commands use it.
func contractWith(t *testing.T, replacements ...string) {
	t.Helper()
	text, err := os.ReadFile("../internal/contract/ecommerce_events.yaml")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "contract.yaml")
	if err := os.WriteFile(path, []byte(strings.NewReplacer(replacements...).Replace(string(text))), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("EVENTDROP_CONTRACT", path)
}

// redriveReport runs the command and reads its JSON.
func (w *world) redriveReport(wantCode int, args ...string) redriveView {
	w.t.Helper()
	code, stdout, stderr := w.command(append([]string{"redrive", "-o", "json"}, args...)...)
	var view redriveView
	if err := json.Unmarshal([]byte(stdout), &view); err != nil || code != wantCode {
		w.t.Fatalf("redrive %v: exit %d, want %d; %v\n%s\n%s", args, code, wantCode, err, stdout, stderr)
	}
	return view
}

// K10: the command that releases rows of the quarantine is recorded and can be given again.
func TestRedriveAfterARuleWasMended(t *testing.T) { //nolint:paralleltest // settings belong to the process
	w := newWorld(t)
	contractWith(t, `maximum: "1000000"`, `maximum: "10"`)
	w.put("rows.csv", csvHead+"11111111-1111-4111-8111-111111111111,view,2026-11-23T10:00:00Z,50\n"+
		"22222222-2222-4222-8222-222222222222,view,2026-11-23T10:00:00Z,5\nbroken,view,2026-11-23T10:00:00Z,5\n")
	w.put("whole.csv", csvHead+",view,2026-11-23T10:00:00Z,50\n,view,2026-11-23T10:00:00Z,50\n")
	for _, key := range []string{"rows.csv", "whole.csv"} {
		if code, _, stderr := w.command("load", "s3://"+w.config.S3Bucket+"/"+key); code != exitRefused {
			t.Fatalf("load: exit %d\n%s", code, stderr)
		}
	}
	contractWith(t, "revision: 1", "revision: 2")
	books := dropzone.Books{RowsRead: 3, Inserted: 3}
	if dry := w.redriveReport(exitDone, "--reason", "above_maximum", "--dry-run"); dry.Totals != books || len(dry.Receipts) != 2 || !dry.Receipts[0].DryRun {
		t.Errorf("dry run: %+v", dry)
	}
	w.expect("1", "select count(*) from events")
	one := w.redriveReport(exitDone, "--reason", "above_maximum", "--object", "rows.csv", "--since", "1h", "--until", "2999-01-01")
	if one.Totals != (dropzone.Books{RowsRead: 1, Inserted: 1}) || one.Receipts[0].Kind != dropzone.Redrive {
		t.Errorf("one object: %+v", one)
	}
	code, stdout, stderr := w.command("redrive", "--all")
	if code != exitRefused || !strings.Contains(stdout, "objects 2, rows run again 3: inserted 2, updated 0, stale 0, duplicate 0, rejected 1") ||
		!strings.Contains(stdout, "invalid_uuid") {
		t.Errorf("all: exit %d\n%s\n%s", code, stdout, stderr)
	}
	w.expect("4", "select sum(inserted) from receipts")
	w.expect("4", "select count(*) from events")
	if code, stdout, _ := w.command("redrive", "--object", "s3://"+w.config.S3Bucket+"/whole.csv"); code != exitDone || !strings.Contains(stdout, "nothing in quarantine") {
		t.Errorf("again: exit %d\n%s", code, stdout)
	}
	if again := w.redriveReport(exitDone, "--reason", "above_maximum"); len(again.Receipts) != 0 || again.Totals != (dropzone.Books{}) {
		t.Errorf("again: %+v", again)
	}
}

// One object whose bytes are gone does not keep the others back.
func TestRedriveGoesOnWhereTheSourceIsGone(t *testing.T) { //nolint:paralleltest // settings belong to the process
	for _, versioned := range []bool{true, false} { //nolint:paralleltest // settings belong to the process
		t.Run(map[bool]string{true: "versions", false: "no versions"}[versioned], func(t *testing.T) {
			w := newWorldIn(t, versioned)
			contractWith(t, `maximum: "1000000"`, `maximum: "10"`)
			derived := csvHead + ",view,2026-11-23T10:00:00Z,50\n"
			for _, key := range []string{"a.csv", "b.csv"} {
				w.put(key, derived+",view,2026-11-23T10:00:01Z,"+map[string]string{"a.csv": "60", "b.csv": "70"}[key]+"\n")
				w.command("load", "s3://"+w.config.S3Bucket+"/"+key)
			}
			w.overwrite("a.csv", csvHead)
			contractWith(t, "revision: 1", "revision: 2")
			view := w.redriveReport(map[bool]int{true: exitDone, false: exitRefused}[versioned], "--all")
			if len(view.Receipts) != 2 || view.Receipts[1].RowsRead != 2 {
				t.Fatalf("view %+v", view)
			}
			if first := view.Receipts[0]; versioned && first.RowsRead != 2 || !versioned && (first.Reason != dropzone.SourceGone || first.Hint == "" || first.RowsRead != 0) {
				t.Errorf("receipt %+v", first)
			}
			w.expect("t", "select (select sum(inserted) from receipts) = (select count(*) from events)")
			w.expect("loaded", "select string_agg(distinct state, ',') from objects")
		})
	}
}

func TestRedriveOfALocalFile(t *testing.T) { //nolint:paralleltest // settings belong to the process
	w := newWorld(t)
	outcomes := map[string]func(path string) error{"kept": func(string) error { return nil }, "deleted": os.Remove}
	for name, happens := range outcomes { //nolint:paralleltest // settings belong to the process
		t.Run(name, func(t *testing.T) {
			contractWith(t, `maximum: "1000000"`, `maximum: "10"`)
			path := filepath.Join(t.TempDir(), "a.csv")
			if err := os.WriteFile(path, []byte(csvHead+",view,2026-11-23T10:00:00Z,50\n# "+name+"\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			w.command("load", path)
			if err := happens(path); err != nil {
				t.Fatal(err)
			}
			contractWith(t, "revision: 1", "revision: 2")
			view := w.redriveReport(exitRefused, "--object", path, "--reason", "above_maximum")
			if r := view.Receipts[0]; (name == "kept") != (r.Inserted == 1) || (name == "deleted") != (r.Reason == dropzone.SourceGone) {
				t.Errorf("receipt %+v", r)
			}
		})
	}
}

func TestRedriveWantsToKnowWhichRows(t *testing.T) {
	w := newWorld(t)
	for _, args := range [][]string{
		{},
		{"--dry-run"},
		{"--all", "--reason", "missing"},
		{"--since", "soon"},
		{"--since", "-1h"},
		{"--since", "2026-11-24", "--until", "2026-11-23"},
		{"--object", "s3://bucket"},
	} {
		if code, stdout, stderr := w.command(append([]string{"redrive"}, args...)...); code != exitUsage || stdout != "" || stderr == "" {
			t.Errorf("%v: exit %d\n%s\n%s", args, code, stdout, stderr)
		}
	}
	if code, stdout, stderr := w.command("redrive", "--all"); code != exitDone || !strings.Contains(stdout, "nothing in quarantine") {
		t.Errorf("of an empty quarantine: exit %d\n%s\n%s", code, stdout, stderr)
	}
	t.Setenv("EVENTDROP_DATABASE_URL", "postgres://127.0.0.1:1/none")
	w.config.DatabaseURL = "postgres://127.0.0.1:1/none"
	if code, stdout, _ := w.command("redrive", "--all"); code != exitFailed || stdout != "" {
		t.Errorf("without PostgreSQL: exit %d\n%s", code, stdout)
	}
}
