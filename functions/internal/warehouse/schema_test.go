package warehouse

import (
	"testing"
)

// Style 6
func TestEveryStatementPreparesOnTheSchema(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	conn, err := h.pool.Acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Release()
	for name, statement := range h.queries {
		if _, err := conn.Conn().Prepare(t.Context(), name, statement); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// P16
func TestEveryPartOfRecencyIsNotNull(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.expect("6", `select count(*) from pg_attribute where attrelid = 'events'::regclass and attnotnull
		and attname in ('recency_at', 'object_modified', 'source_hash', 'drop_order', 'line_no', 'revision')`)
}

func TestEveryTableViewColumnAndFunctionIsExplained(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.expect("null", `select string_agg(c.relname, ', ') from pg_class c
		where relnamespace = $1::regnamespace and relkind in ('r', 'v') and relname <> 'schema_version' and obj_description(oid) is null`, h.db.Schema)
	h.expect("null", `select string_agg(c.relname || '.' || attname, ', ') from pg_class c join pg_attribute on attrelid = c.oid
		where relnamespace = $1::regnamespace and relkind = 'r' and relname <> 'schema_version' and attnum > 0 and not attisdropped
		and col_description(c.oid, attnum) is null`, h.db.Schema)
	h.expect("null", "select string_agg(proname, ', ') from pg_proc where pronamespace = $1::regnamespace and obj_description(oid) is null", h.db.Schema)
}

// S11
func TestALoaderMayNotDeleteNorChangeTheBooks(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.load(object("a.csv"), mixed)
	for _, statement := range []string{
		"delete from events", "delete from objects", "delete from receipts", "delete from rejected_rows",
		"truncate events", "truncate receipts", "update receipts set inserted = 0", "drop table events",
		"create table mine (x int)", "alter table events add x int", "create schema mine", "delete from quality_counts",
		"update drift_entries set change = 'missing'", "delete from drift_entries",
	} {
		if _, err := h.pool.Exec(t.Context(), statement); sqlState(err) != insufficient {
			t.Errorf("%s: %v", statement, err)
		}
	}
	if err := h.CheckPrivileges(t.Context()); err != nil {
		t.Error(err)
	}
	h.exec("revoke update on events from eventdrop_loader")
	if err := h.CheckPrivileges(t.Context()); err == nil {
		t.Error("a lacking privilege was not noticed")
	}
}

// I1: the database has the last word.
func TestTheDatabaseRefusesBooksThatDoNotBalance(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	receipt := h.load(object("a.csv"), mixed)
	receipt.RunID, receipt.RowsRead = id(1), receipt.RowsRead+1
	if _, err := h.pool.Exec(t.Context(), h.queries["insert_receipt"], receiptArgs(receipt, nil)...); sqlState(err) != "23514" {
		t.Errorf("error %v", err)
	}
	h.books()
}
