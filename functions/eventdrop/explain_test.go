package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"eventdrop/functions/internal/dropzone"
)

// explained runs the command and reads its JSON.
func (w *world) explained(what string) *explainView {
	w.t.Helper()
	code, stdout, stderr := w.command("explain", what, "-o", "json")
	var view explainView
	if err := json.Unmarshal([]byte(stdout), &view); err != nil || code != exitDone {
		w.t.Fatalf("explain %s: exit %d, %v\n%s\n%s", what, code, err, stdout, stderr)
	}
	return &view
}

// event is the only one; nil: there is none, or there are several.
func (v *explainView) event() *eventView {
	if len(v.Events) != 1 {
		return nil
	}
	return &v.Events[0]
}

// told runs the command for a person and wants to read all of this.
func (w *world) told(what string, wants ...string) {
	w.t.Helper()
	code, stdout, stderr := w.command("explain", what)
	if code != exitDone {
		w.t.Errorf("explain %s: exit %d\n%s", what, code, stderr)
	}
	for _, want := range wants {
		if !strings.Contains(stdout, want) {
			w.t.Errorf("explain %s: no %q in\n%s", what, want, stdout)
		}
	}
}

func TestExplainTellsTheStoryOfAnObject(t *testing.T) { //nolint:paralleltest // settings belong to the process
	w := newWorld(t)
	address := "s3://" + w.config.S3Bucket + "/orders.csv"
	w.put("orders.csv", "event_id,event_type,event_time,price,campaign\n11111111-1111-4111-8111-111111111111,view,2026-11-23T10:00:00Z,1.005,spring\n"+
		"22222222-2222-4222-8222-222222222222,refund,2026-11-23T10:00:00Z,1,\n")
	w.command("load", address)
	w.overwrite("orders.csv", csvHead)
	w.command("load", address)
	view := w.explained(address)
	if len(view.Objects) != 2 || len(view.Events) != 0 || view.Objects[0].VersionID == view.Objects[1].VersionID {
		t.Fatalf("%+v", view)
	}
	newer, older := view.Objects[0], view.Objects[1]
	if newer.Runs[0].RowsRead != 0 || older.State != dropzone.Loaded || older.Contract != "ecommerce_events" || older.Dialect.Records != 2 ||
		older.Runs[0].Books != (dropzone.Books{RowsRead: 2, Inserted: 1, Rejected: 1}) || older.Runs[0].Kind != dropzone.Load ||
		fmt.Sprint(older.Rejects) != "[{unknown_value event_type 1 0}]" || fmt.Sprint(older.Repairs) != "[{rounded price 1}]" ||
		len(older.Drift) == 0 || fmt.Sprint(older.Drift[0]) != "{appeared campaign}" || len(newer.Drift) != 0 {
		t.Errorf("newer %+v\nolder %+v", newer, older)
	}
	w.told("orders.csv", address+"  version "+older.VersionID, "state     loaded since 20", "dialect   utf-8, delimiter \",\"; lines 3 = header 1 + records 2",
		"extras    campaign", "missing   user_id, session_id", "drift     the first object in which \"campaign\" appeared",
		"read 2, inserted 1, updated 0, stale 0, duplicate 0, rejected 1", "rejected  1  unknown_value event_type, accepted later: 0", "repaired  1  rounded price")
}

func TestExplainTellsWhenAFailedObjectIsTriedAgain(t *testing.T) { //nolint:paralleltest // settings belong to the process
	w := newWorld(t)
	if _, err := w.db.Pool.Exec(t.Context(), `insert into objects (bucket, key, etag, drop_number, state, attempts, detail, next_attempt_at)
		values ('b', 'f.csv', 'e', 1, 'failed', 3, 'the store is away', '2999-01-01T00:00:00Z')`); err != nil {
		t.Fatal(err)
	}
	w.told("f.csv", "state     failed since", "detail    the store is away", "retry     due 2999-01-01T00:00:00Z, after 3 attempts", "never opened")
	if view := w.explained("s3://b/f.csv"); view.Objects[0].NextAttemptAt == nil || view.Objects[0].Dialect != nil || view.Objects[0].Runs == nil {
		t.Errorf("%+v", view.Objects[0])
	}
}

func TestExplainTellsWhereAnEventComesFrom(t *testing.T) { //nolint:paralleltest // settings belong to the process
	w := newWorld(t)
	contractWith(t, `maximum: "1000000"`, `maximum: "10"`)
	const id, lost = "11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222"
	address := "s3://" + w.config.S3Bucket + "/a.csv"
	w.put("a.csv", csvHead+id+",view,2026-11-23T10:00:00Z,50\n"+id+",view,2026-11-23T10:00:00Z,5\n"+lost+",view,2026-11-23T10:00:00Z,70\n")
	w.command("load", address)
	view := w.explained(strings.ToUpper(id))
	e := view.event()
	if e == nil || len(view.Objects) != 0 || e.Object != address || e.Line != 3 || e.Receipt == nil || e.Receipt.Kind != dropzone.Load ||
		e.Recency.Line != 3 || e.Recency.Revision != 1 || e.Recency.DropOrder < 0 || e.Recency.RecencyAt.IsZero() || !strings.Contains(string(e.Event), `"price": 5.00`) {
		t.Fatalf("%+v", view)
	}
	if len(view.Rejects) != 1 || view.Rejects[0].Line != 2 || view.Rejects[0].Reason != dropzone.AboveMaximum {
		t.Errorf("rejects with the id: %+v", view.Rejects)
	}
	w.told(id, "event of ecommerce_events\n", "object       "+address+" line 3", "brought      by the load of 20", "recency      20", "event_type   \"view\"", "rejects that hold the id", "line 2  above_maximum price \"50\"")

	rejected := w.explained(lost) // in no table: the quarantine is searched
	if rejected.event() != nil || len(rejected.Rejects) != 1 || rejected.Rejects[0].Line != 4 || rejected.Rejects[0].Object != address {
		t.Errorf("%+v", rejected)
	}
	contractWith(t, "revision: 1", "revision: 2")
	w.redriveReport(exitDone, "--all")
	if e := w.explained(lost).event(); e == nil || e.Receipt == nil || e.Receipt.Kind != dropzone.Redrive || e.Line != 4 || e.Recency.Revision != 2 {
		t.Errorf("after a redrive: %+v", e)
	}
	if e := w.explained(id).event(); e.Line != 3 || e.Receipt.Kind != dropzone.Load {
		t.Errorf("the other event: %+v", e)
	}
	w.command("replay", address) // under revision 2 as well: it brings line 3, which the redrive did not run
	if e := w.explained(id).event(); e.Recency.Revision != 2 || e.Receipt.Kind != dropzone.Replay {
		t.Errorf("after a replay: %+v, %+v", e, e.Receipt)
	}
	if e := w.explained(lost).event(); e.Receipt.Kind != dropzone.Redrive {
		t.Errorf("what the redrive brought: %+v", e.Receipt)
	}
}

func TestExplainOfNothing(t *testing.T) { //nolint:paralleltest // settings belong to the process
	w := newWorld(t)
	for _, what := range []string{"nothing.csv", "s3://nowhere/nothing.csv", "33333333-3333-4333-8333-333333333333", ""} {
		code, stdout, stderr := w.command("explain", what, "-o", "json")
		if code != exitFailed || stdout != "" || !strings.Contains(stderr, "nothing is known of") {
			t.Errorf("%q: exit %d\n%s\n%s", what, code, stdout, stderr)
		}
	}
}

// An object with too many rejects parks with a sample; the commands show it and the way out, and the mended contract
// loads it.
func TestAnObjectOverAThresholdIsExplainedAndReplayed(t *testing.T) { //nolint:paralleltest // settings belong to the process
	w := newWorld(t)
	contractWith(t, "\nrevision: 1\n", "\nrevision: 1\nmax_rejected_percent: 20\n", `maximum: "1000000"`, `maximum: "10"`)
	var body strings.Builder
	body.WriteString(csvHead)
	for i := range 30 {
		fmt.Fprintf(&body, "%08d-1111-4111-8111-111111111111,view,2026-11-23T10:00:00Z,%d\n", i, i)
	}
	path := filepath.Join(t.TempDir(), "many.csv")
	if err := os.WriteFile(path, []byte(body.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	code, stdout, _ := w.command("load", path)
	if code != exitRefused || !strings.Contains(stdout, "parked") || !strings.Contains(stdout, "19 of 30 records were rejected") || !strings.Contains(stdout, "eventdrop explain") {
		t.Errorf("load: exit %d\n%s", code, stdout)
	}
	w.expect("0/0/0", "select concat((select count(*) from events), '/', (select count(*) from rejected_rows), '/', (select count(*) from quality_counts))")
	run := w.explained(path).Objects[0].Runs[0]
	if run.Reason != dropzone.TooManyRejects || len(run.Sample) != 10 || run.Sample[0].Line != 13 || run.Sample[0].Value != "11" ||
		!strings.HasSuffix(run.Sample[0].Raw, ",11") || run.Sample[0].Reason != dropzone.AboveMaximum || run.Books != (dropzone.Books{}) {
		t.Errorf("the run: %+v", run)
	}
	w.told(path, "state     parked since", ": too_many_rejects", "next step 19 of 30", "line 13  above_maximum price \"11\"", ",11\n")
	_, history, _ := w.command("history")
	if !strings.Contains(history, "too_many_rejects: 19 of 30") {
		t.Errorf("history\n%s", history)
	}
	contractWith(t, "\nrevision: 1\n", "\nrevision: 2\nmax_rejected_percent: 20\n")
	if code, stdout, _ := w.command("replay", path); code != exitDone || !strings.Contains(stdout, "loaded") {
		t.Errorf("replay: exit %d\n%s", code, stdout)
	}
	w.expect("30", "select count(*) from events")
	w.told(path, "state     loaded since", "read 30, inserted 30", "parked under ecommerce_events revision 1")
}

func TestStatusTellsOfDrift(t *testing.T) { //nolint:paralleltest // settings belong to the process
	w := newWorld(t)
	full := "event_id,event_type,event_time,user_id,session_id,product_id,product_name,category,price,quantity,total,currency,device"
	w.put("old.csv", full+"\n")
	w.command("load", "s3://"+w.config.S3Bucket+"/old.csv")
	if _, stdout, _ := w.command("status"); strings.Contains(stdout, "drift") {
		t.Errorf("there is none\n%s", stdout)
	}
	var many strings.Builder
	for i := range shownDrift {
		fmt.Fprintf(&many, ",c%02d", i)
	}
	w.put("new.csv", strings.TrimSuffix(full, ",device")+",campaign\n")
	w.command("load", "s3://"+w.config.S3Bucket+"/new.csv")
	_, stdout, _ := w.command("status")
	for _, want := range []string{"campaign appeared", "device was missing", "in 1 of the last 2 objects", "first 20", "s3://" + w.config.S3Bucket + "/new.csv"} {
		if !strings.Contains(stdout, want) {
			t.Errorf("no %q in\n%s", want, stdout)
		}
	}
	_, stdout, _ = w.command("status", "-o", "json")
	var s statusView
	if err := json.Unmarshal([]byte(stdout), &s); err != nil || len(s.Drift) != 2 || s.Drift[0].Contract != "ecommerce_events" {
		t.Errorf("%v\n%s", err, stdout)
	}
	w.put("many.csv", full+many.String()+"\n")
	w.command("load", "s3://"+w.config.S3Bucket+"/many.csv")
	if _, stdout, _ = w.command("status"); strings.Count(stdout, "drift ") != shownDrift+1 || !strings.Contains(stdout, "and more") {
		t.Errorf("of many\n%s", stdout)
	}
	if _, err := w.db.Pool.Exec(t.Context(), "update drift_entries set noticed_at = noticed_at - interval '8 days'"); err != nil {
		t.Fatal(err)
	}
	if _, stdout, _ = w.command("status"); strings.Contains(stdout, "drift") {
		t.Errorf("old drift is no news\n%s", stdout)
	}
}

// Events are looked for in the table of each contract; drift and rejects are told apart by contract.
func TestExplainAndRejectsKnowEveryContract(t *testing.T) {
	w := newWorld(t)
	basar := write(t, "basar.yaml", basarContract)
	w.createTable(basar)
	t.Setenv("EVENTDROP_CONTRACT", shopContract(t)+","+basar)
	w.put("basar/a.csv", basarExport)
	w.put("shop/a.csv", csvHead+"11111111-1111-4111-8111-111111111111,refund,2026-11-23T10:00:00Z,1\n")
	w.wants(exitDone, []string{"reconcile"}, "loaded: 2")
	view := w.explained(w.value("select id from basar where what = 'purchase'"))
	if e := view.event(); e == nil || e.Contract != "basar" || e.Line != 3 || e.Receipt == nil || !strings.Contains(string(e.Event), `"article": "Tisch; groß"`) {
		t.Errorf("%+v", view)
	}
	if rows := w.rejected("--contract", "basar"); len(rows) != 1 || rows[0].Contract != "basar" || rows[0].Value != "Retoure" {
		t.Errorf("rejects of basar: %+v", rows)
	}
	if rows := w.rejected(); len(rows) != 2 {
		t.Errorf("rejects of all: %+v", rows)
	}
	w.expect("Filiale,Kampagne,id", "select string_agg(column_name, ',' order by column_name) from drift_entries where contract = 'basar'")
	w.expect("1/1", "select concat(objects_with, '/', objects_lately) from column_drift where column_name = 'Filiale'")
}
