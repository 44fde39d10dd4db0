package world

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"eventdrop/functions/internal/campaign"
	"eventdrop/functions/internal/dropzone"
	"eventdrop/functions/internal/ingest"
	"eventdrop/functions/internal/pgtest"
	"eventdrop/functions/internal/reconcile"
	"eventdrop/functions/internal/wiring"
)

// LetTimePass ends the pauses of failed objects. One that waits without a time, or for longer than a pause may last, would never be
// tried again, and stays so.
func (w *World) LetTimePass() {
	w.t.Helper()
	if _, err := w.DB.Pool.Exec(w.t.Context(), `update objects set next_attempt_at = clock_timestamp()
		where state = 'failed' and next_attempt_at <= clock_timestamp() + interval '15 minutes'`); err != nil {
		w.t.Fatal(err)
	}
}

// Reconcile loads what is missing and what waits for another try, until nothing is left.
// It returns what the first look found.
func (w *World) Reconcile() reconcile.Report {
	w.t.Helper()
	w.LetTimePass()
	first := reconcileOnce(w, w.Parts)
	for report, rounds := first, 0; report.Missing+report.Due > 0; rounds++ {
		if rounds == 10 {
			w.t.Fatalf("ten reconciles did not load everything; the last: %+v\n%s", report, w.unsettled())
		}
		report = reconcileOnce(w, w.Parts)
	}
	return first
}

func reconcileOnce(w *World, parts *wiring.Parts) reconcile.Report {
	w.t.Helper()
	load := func(ctx context.Context, objects []dropzone.Object) []error {
		_, errs := parts.Pipeline.HandleTogether(ctx, ingest.Orders(objects, true))
		return errs
	}
	report, err := parts.Reconciler(parts.Pipeline.Accepts, load).Run(w.t.Context(), false)
	if err != nil {
		w.t.Fatal(err)
	}
	return report
}

func (w *World) unsettled() string {
	return w.Value(`select string_agg(format('%s %s: %s %s', key, version_id, state, detail), e'\n')
		from objects where state not in ('loaded', 'parked')`)
}

// CheckComplete wants every object of the bucket loaded or parked.
func (w *World) CheckComplete() {
	w.t.Helper()
	if left := w.left(); left != "" {
		w.t.Error(left)
	}
}

// AwaitComplete waits until somebody else has loaded or parked every object of the bucket.
func (w *World) AwaitComplete() {
	w.t.Helper()
	w.poll(100*time.Millisecond, w.left)
}

// left tells what is neither loaded nor parked; empty: nothing.
func (w *World) left() string {
	w.t.Helper()
	report, err := w.Parts.Reconciler(w.Parts.Pipeline.Accepts, nil).Run(w.t.Context(), true)
	if err != nil {
		w.t.Fatal(err)
	}
	waiting := w.Value("select count(*) from objects where state = 'failed'")
	if report.Missing+report.Due == 0 && waiting == "0" {
		return ""
	}
	return fmt.Sprintf("not settled: missing %v, %d due, %s failed\n%s", report.MissingObjects, report.Due, waiting, w.unsettled())
}

// invariants are what must hold after whatever happened (I1, I3, I4, I8 and I10 of the failure modes); each query must answer 0.
var invariants = []struct{ name, sql string }{ //nolint:gochecknoglobals // a table
	{"receipts balance, and a parked one has no rows", `select count(*) from receipts
		where rows_read <> inserted + updated + stale + duplicate + rejected or state = 'parked' and rows_read > 0`},
	{"the receipts' inserted rows are the table", `select abs((select coalesce(sum(inserted), 0) from receipts) - (select count(*) from {table}))`},
	{"every row comes from a loaded object", `select count(*) from {table} e
		where not exists (select from objects o where o.object_id = e.object_id and o.state = 'loaded')`},
	{"a loaded object has a receipt, and no other has one that loaded", `select count(*) from objects o
		where (o.state = 'loaded') <> exists (select from receipts r where r.object_id = o.object_id and r.state = 'loaded')
		and not (o.state = 'parked')`},
	{"an object is loaded by one run, and again only on purpose", `select count(*) from (select object_id from receipts
		where kind = 'load' and state = 'loaded' group by object_id having count(*) > 1) d`},
	{"the quarantine holds what the receipts rejected", `select count(*) from (
		select o.object_id from objects o join receipts r using (object_id)
		where o.state = 'loaded' and not exists (select from receipts a where a.object_id = o.object_id and a.kind <> 'load')
		group by o.object_id
		having sum(r.rejected) <> (select count(*) from rejected_rows q where q.object_id = o.object_id)) d`},
}

// CheckBooks wants the invariants to hold, and no lock to be left behind.
func (w *World) CheckBooks() {
	w.t.Helper()
	table := pgx.Identifier{w.Parts.Pipeline.Pipelines[0].Cleaner.Contract().Table}.Sanitize()
	for _, invariant := range invariants {
		if got := w.Value(strings.ReplaceAll(invariant.sql, "{table}", table)); got != "0" {
			w.t.Errorf("%s: broken %s times", invariant.name, got)
		}
	}
	w.Eventually("0", `select count(*) from pg_locks l join pg_class c on c.oid = l.relation join pg_stat_activity a using (pid)
		where c.relnamespace = to_regnamespace($1) and a.backend_type = 'client backend' and l.pid <> pg_backend_pid()`, w.DB.Schema)
}

// CompareRebuild loads the whole bucket into an empty schema and compares the tables, row by row,
// recency included, and the quarantines. Rows that the rebuild has not are doubled, those that only it has are lost. Where bytes
// are replaced, a rebuild sees only the last drop of each key, as the first one: earlier drops and the order are left out then.
func (w *World) CompareRebuild() campaign.Differences {
	w.t.Helper()
	rebuilt := w.rebuild()
	contract := w.Parts.Pipeline.Pipelines[0].Cleaner.Contract()
	document := "to_jsonb(e) - 'object_id'"
	if !w.versioned {
		document += " - 'drop_order'"
	}
	var events, rejects campaign.Differences
	w.compare(&events, pgx.Identifier{contract.Key}.Sanitize(), contract.Table, rebuilt.Schema, document, "true")
	w.compare(&rejects, "(o.key, o.version_id, e.line_no)", "rejected_rows", rebuilt.Schema, "to_jsonb((e.reason, e.column_name, e.value, e.raw))", "e.resolved_at is null")
	return events.Add(rejects)
}

// compare fills in how the table of this schema differs from the rebuilt one.
func (w *World) compare(d *campaign.Differences, key, table, rebuilt, document, where string) {
	w.t.Helper()
	side := func(schema string) string {
		s := pgx.Identifier{schema}.Sanitize()
		objects := s + ".objects"
		if !w.versioned {
			objects = "(select distinct on (key) * from " + objects + " where state = 'loaded' order by key, drop_number desc)"
		}
		return fmt.Sprintf("select %s as k, %s as document from %s.%s e join %s o using (object_id) where %s",
			key, document, s, pgx.Identifier{table}.Sanitize(), objects, where)
	}
	sql := fmt.Sprintf(`select count(*) filter (where live.k is null), count(*) filter (where rebuilt.k is null),
			count(*) filter (where live.document <> rebuilt.document), coalesce(min(coalesce(live.document, rebuilt.document)::text)
			filter (where live.k is null or rebuilt.k is null or live.document <> rebuilt.document), '')
		from (%s) live full join (%s) rebuilt on live.k = rebuilt.k`, side(w.DB.Schema), side(rebuilt))
	var example string
	if err := w.DB.Pool.QueryRow(w.t.Context(), sql).Scan(&d.Lost, &d.Doubled, &d.Wrong, &example); err != nil {
		w.t.Fatalf("compare with the rebuild: %v", err)
	}
	if example != "" {
		w.t.Logf("%s differs from the rebuild, for example at %s", table, example)
	}
}

// rebuild loads the bucket into an empty schema of the package's server.
func (w *World) rebuild() pgtest.DB {
	w.t.Helper()
	db := pgtest.Beside(w.t, w.DB)
	cfg := w.Config
	cfg.DatabaseURL, cfg.DatabaseSchema, cfg.S3Endpoint = db.LoaderURL, db.Schema, "http://"+w.MinIO.Endpoint()
	parts := assemble(w.t, cfg, nil)
	defer parts.Close()
	if report := reconcileOnce(w, parts); report.Failed > 0 {
		w.t.Errorf("rebuild: %+v", report)
	}
	return db
}
