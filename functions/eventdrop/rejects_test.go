package main

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"unicode"

	"eventdrop/functions/internal/warehouse"
)

// rejected runs the command and reads its JSON.
func (w *world) rejected(args ...string) []rejectView {
	w.t.Helper()
	code, stdout, stderr := w.command(append([]string{"rejects", "-o", "json"}, args...)...)
	var rows []rejectView
	if err := json.Unmarshal([]byte(stdout), &rows); err != nil || code != exitDone || rows == nil {
		w.t.Fatalf("rejects %v: exit %d, %v\n%s\n%s", args, code, err, stdout, stderr)
	}
	return rows
}

// quarantined are two objects with rejects of several reasons.
func quarantined(w *world) {
	w.t.Helper()
	w.put("a/one.csv", csvHead+"11111111-1111-4111-8111-111111111111,refund,2026-11-23T10:00:00Z,1\n"+
		"22222222-2222-4222-8222-222222222222,view,2026-11-23T10:00:00Z,cheap\nshort,row\n")
	w.put("two.csv", csvHead+"33333333-3333-4333-8333-333333333333,refund,2026-11-23T10:00:00Z,1\n"+
		"44444444-4444-4444-8444-444444444444,view,2026-11-23T10:00:00Z,1\n")
	for _, key := range []string{"a/one.csv", "two.csv"} {
		w.command("load", "s3://"+w.config.S3Bucket+"/"+key)
	}
}

func TestRejectsSelectsRows(t *testing.T) { //nolint:paralleltest // settings belong to the process
	w := newWorld(t)
	quarantined(w)
	if _, err := w.db.Pool.Exec(t.Context(), `update rejected_rows set resolved_at = rejected_at, resolved_run = run_id
		where object_id = (select object_id from objects where key = 'two.csv')`); err != nil {
		t.Fatal(err)
	}
	one := "s3://" + w.config.S3Bucket + "/a/one.csv"
	for _, test := range []struct {
		args string
		want string // lines of a/one.csv and, behind the slash, of two.csv
	}{
		{"", "2 3 4/"},
		{"--all", "2 3 4/2"},
		{"--resolved", "/2"},
		{"--reason unknown_value", "2/"},
		{"--reason unknown_value --all", "2/2"},
		{"--column price", "3/"},
		{"--object a/one.csv --all", "2 3 4/"},
		{"--object " + one, "2 3 4/"},
		{"--object s3://elsewhere/a/one.csv", "/"},
		{"--object one.csv", "/"},
		{"--contract ecommerce_events", "2 3 4/"},
		{"--contract original_pipeline", "/"},
		{"--since 1h", "2 3 4/"},
		{"--until 1h", "/"},
		{"--limit 2", "2 3/"},
		{"--limit 0 --all", "2 3 4/2"},
	} {
		lines := map[string][]string{}
		for _, r := range w.rejected(strings.Fields(test.args)...) {
			lines[r.Object] = append(lines[r.Object], strconv.FormatInt(r.Line, 10))
		}
		got := strings.Join(lines[one], " ") + "/" + strings.Join(lines["s3://"+w.config.S3Bucket+"/two.csv"], " ")
		if got != test.want {
			t.Errorf("%s: lines %s, want %s", test.args, got, test.want)
		}
	}
}

func TestRejectsTellsWhereThereIsMore(t *testing.T) { //nolint:paralleltest // settings belong to the process
	w := newWorld(t)
	if code, stdout, _ := w.command("rejects"); code != exitDone || stdout != "nothing in quarantine matches\n" {
		t.Errorf("empty: exit %d, %q", code, stdout)
	}
	if _, stdout, _ := w.command("rejects", "--summary"); stdout != "nothing in quarantine matches\n" {
		t.Errorf("empty summary: %q", stdout)
	}
	quarantined(w)
	_, stdout, _ := w.command("rejects", "--limit", "3")
	for _, want := range []string{
		"s3://" + w.config.S3Bucket + "/two.csv  version ", "  line 2  unknown_value event_type \"refund\"  (20", "ecommerce_events revision 1)",
		"    33333333-3333-4333-8333-333333333333,refund,2026-11-23T10:00:00Z,1\n", "line 3  invalid_decimal price \"cheap\"", "3 rows; there are more",
	} {
		if !strings.Contains(stdout, want) {
			t.Errorf("no %q in\n%s", want, stdout)
		}
	}
	if _, stdout, _ = w.command("rejects", "--limit", "4"); !strings.Contains(stdout, "\n4 rows\n") {
		t.Errorf("all of them:\n%s", stdout)
	}
	for _, form := range []string{"json", "csv"} {
		if _, stdout, stderr := w.command("rejects", "--limit", "3", "-o", form); !strings.Contains(stderr, "there are more") || strings.Contains(stdout, "there are more") {
			t.Errorf("%s: %q\n%s", form, stderr, stdout)
		}
	}
}

func TestRejectsCounts(t *testing.T) { //nolint:paralleltest // settings belong to the process
	w := newWorld(t)
	quarantined(w)
	code, stdout, stderr := w.command("rejects", "--summary", "-o", "json")
	var s rejectsSummary
	if err := json.Unmarshal([]byte(stdout), &s); err != nil || code != exitDone {
		t.Fatalf("exit %d, %v\n%s\n%s", code, err, stdout, stderr)
	}
	var got []string
	for _, n := range s.ByReason {
		got = append(got, fmt.Sprint(n.Reason, "/", n.Column, "/", n.Rows, "/", n.Objects))
	}
	for _, n := range s.ByObject {
		got = append(got, fmt.Sprint(strings.TrimPrefix(n.Object, "s3://"+w.config.S3Bucket+"/"), "/", n.Rows))
	}
	want := "unknown_value/event_type/2/2 invalid_decimal/price/1/1 wrong_field_count//1/1 a/one.csv/3 two.csv/1"
	if strings.Join(got, " ") != want {
		t.Errorf("got  %s\nwant %s", strings.Join(got, " "), want)
	}
	if _, stdout, _ = w.command("rejects", "--summary", "--limit", "1", "--reason", "unknown_value"); strings.Count(stdout, ".csv") != 1 || !strings.Contains(stdout, "there are more") {
		t.Errorf("of one reason, one object\n%s", stdout)
	}
}

func TestRejectsWrongUsage(t *testing.T) { //nolint:paralleltest // settings belong to the process
	w := newWorld(t)
	for _, args := range []string{
		"rejects --all --resolved", "rejects --limit -1", "rejects --since soon", "rejects --object s3://bucket", "rejects --summary -o csv",
		"status -o csv", "explain", "explain s3://bucket",
	} {
		if code, stdout, stderr := w.command(strings.Fields(args)...); code != exitUsage || stdout != "" || stderr == "" {
			t.Errorf("%s: exit %d\n%s\n%s", args, code, stdout, stderr)
		}
	}
}

// hostile are cells that a spreadsheet would calculate, and cells that it would not, each as it is exported.
var hostile = map[string]string{ //nolint:gochecknoglobals // a table
	`=1+1`: `'=1+1`, `+1`: `'+1`, `-2+3`: `'-2+3`, `@SUM(1)`: `'@SUM(1)`, "\t=1": "'\t'=1", "\r=1": "'\r'=1", `＝1`: `'＝1`,
	`=HYPERLINK("http://x","y")`: `'=HYPERLINK("http://x","y")`, `"=1"`: `"'=1"`, "a;=1": "a;'=1", `a;"=1"`: `a;"'=1"`, "a\n-1": "a\n'-1",
	`1=1`: `1=1`, `a-b`: `a-b`, `"quoted"`: `"quoted"`, `plain, with comma`: `plain, with comma`, " =1": " =1", "a,-1": "a,-1", "": "",
}

// D20
func TestHarmlessCellsAreNotFormulas(t *testing.T) {
	t.Parallel()
	for cell, want := range hostile {
		if got := harmless(cell); got != want {
			t.Errorf("%q became %q, want %q", cell, got, want)
		}
	}
}

// D20: stored unchanged, made harmless in the export only, and read back by any reader of CSV.
func TestRejectsAsCSVHasNoFormulas(t *testing.T) { //nolint:paralleltest // settings belong to the process
	w := newWorld(t)
	text := func(cell string) string { return `"` + strings.ReplaceAll(cell, `"`, `""`) + `"` }
	var body strings.Builder
	body.WriteString("event_type,event_id,event_time,user_id\n")
	cells := []string{`=1+1`, `+1`, `-2+3`, `@SUM(1)`, `=HYPERLINK("http://x","y")`, `plain, with comma`, "a;=1"}
	for _, cell := range cells {
		body.WriteString(text(cell) + ",,2026-11-23T10:00:00Z,u\n")
	}
	body.WriteString("=cmd,short\n")
	w.put("=key.csv", body.String())
	w.command("load", "s3://"+w.config.S3Bucket+"/=key.csv")
	code, stdout, stderr := w.command("rejects", "-o", "csv", "--limit", "0")
	records, err := csv.NewReader(strings.NewReader(stdout)).ReadAll()
	if err != nil || code != exitDone || len(records) != len(cells)+2 {
		t.Fatalf("exit %d, %v\n%s\n%s", code, err, stdout, stderr)
	}
	at := map[string]int{}
	for i, name := range records[0] {
		at[name] = i
	}
	for i, cell := range cells {
		record := records[i+1]
		if record[at["value"]] != hostile[cell] || record[at["raw"]] != harmless(text(cell))+",,2026-11-23T10:00:00Z,u" || record[at["line"]] != strconv.Itoa(i+2) ||
			record[at["reason"]] != "unknown_value" || record[at["column"]] != "event_type" || record[at["resolved_at"]] != "" || record[at["rejected_at"]] == "" {
			t.Errorf("%q: %q", cell, record)
		}
	}
	if last := records[len(records)-1]; last[at["raw"]] != "'=cmd,short" || last[at["object"]] != "s3://"+w.config.S3Bucket+"/=key.csv" {
		t.Errorf("the row of two fields: %q", last)
	}
	for _, record := range records {
		for _, cell := range record {
			if strings.IndexAny(cell, "=+-@\t\r") == 0 {
				t.Errorf("a formula in %q", record)
			}
		}
	}
	w.expect(text("=1+1")+",,2026-11-23T10:00:00Z,u", "select raw from rejected_rows where line_no = 2")
	w.expect("=cmd,short", "select raw from rejected_rows where reason = 'wrong_field_count'")
	w.expect("=1+1", "select value from rejected_rows where line_no = 2")
}

// S5: what partners write does not reach the terminal as commands, nor as lines of its own.
func TestNoControlCharacterReachesATerminal(t *testing.T) { //nolint:paralleltest // settings belong to the process
	w := newWorld(t)
	const evil = "\x1b[2J\x1b]0;owned\a\u202e\u009b31m"
	w.put("evil.csv", "event_type,event_time,extra\u202e\n\"x"+evil+"\nline 9  forged\",2026-11-23T10:00:00Z,"+evil+"\n")
	w.put("park"+"\u202e"+".csv", "no,known\n")
	address := "s3://" + w.config.S3Bucket + "/evil.csv"
	w.command("load", address)
	w.reconcile()
	for _, args := range [][]string{{"rejects"}, {"rejects", "--summary"}, {"explain", address}, {"explain", "park\u202e.csv"}, {"status"}, {"history"}, {"replay", address}} {
		_, stdout, stderr := w.command(args...)
		if stdout == "" {
			t.Errorf("%v: nothing\n%s", args, stderr)
		}
		for _, r := range stdout {
			if r != '\n' && !unicode.IsPrint(r) {
				t.Errorf("%v: %q in\n%q", args, r, stdout)
				break
			}
		}
		if strings.Contains(stdout, "\nline 9") {
			t.Errorf("%v: a forged line in\n%s", args, stdout)
		}
	}
	if rows := w.rejected(); len(rows) != 1 || !strings.Contains(rows[0].Raw, evil) {
		t.Errorf("not kept as it was: %+v", rows)
	}
}

func TestPlainText(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"Ołówek, \"Война\" 'x' \\ 𝒳": "Ołówek, \"Война\" 'x' \\ 𝒳", "a\x1b[0mb\r\n\t": `a\x1b[0mb\r\n\t`, "\u202e\u0085\u2028": `\u202e\u0085\u2028`,
	} {
		if got := plain(text); got != want {
			t.Errorf("%q is shown as %q, want %q", text, got, want)
		}
	}
}

// The list comes from the database row by row: what it takes does not grow with it.
func TestRejectsTakesNoMoreMemoryForMoreRows(t *testing.T) { //nolint:paralleltest // settings belong to the process
	w := newWorld(t)
	quarantined(w)
	const rows, width = 30_000, 2_000
	if _, err := w.db.Pool.Exec(t.Context(), `insert into rejected_rows (object_id, line_no, reason, raw, contract, revision, run_id)
		select (select min(object_id) from objects), 1000 + n, 'wrong_field_count', repeat('x', $2), 'ecommerce_events', 1, gen_random_uuid()
		from generate_series(1, $1) n`, rows, width); err != nil {
		t.Fatal(err)
	}
	filter := warehouse.RejectFilter{Resolution: warehouse.Unresolved}
	for name, out := range map[string]rowWriter{ //nolint:paralleltest // memory is of the process
		"text": &rejectText{w: io.Discard}, "json": &rejectJSON{w: io.Discard, notes: io.Discard}, "csv": newRejectCSV(io.Discard, io.Discard),
	} {
		t.Run(name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&before)
			seen := 0
			err := w.parts.Warehouse.EachRejected(t.Context(), filter, 0, func(r warehouse.RejectedRow) error {
				if seen++; seen == rows/2 {
					runtime.GC()
					runtime.ReadMemStats(&after)
				}
				return out.row(&r)
			})
			if err != nil || seen != rows+4 {
				t.Fatalf("%d rows, %v", seen, err)
			}
			if grown := int64(after.HeapAlloc) - int64(before.HeapAlloc); grown > 16<<20 {
				t.Errorf("%d MB more after half of %d MB", grown>>20, rows*width>>20)
			}
		})
	}
}
