package warehouse

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"eventdrop/functions/internal/dropzone"
)

// ExportedEvent is a row of the contract's table, for comparisons.
type ExportedEvent struct {
	Key  string // of the object it came in
	Line int64
	// Document has the contract's columns and extras as JSON, as PostgreSQL writes it.
	Document []byte
}

// EachEvent visits every row of the contract's table, in no particular order.
func (w *Warehouse) EachEvent(ctx context.Context, visit func(ExportedEvent) error) error {
	sql := fmt.Sprintf("select o.key, e.line_no, %s from %s e join objects o using (object_id)",
		eventDocument, pgx.Identifier{w.contract.Table}.Sanitize())
	var e ExportedEvent
	return w.each(ctx, sql, []any{&e.Key, &e.Line, &e.Document}, func() error { return visit(e) })
}

// ExportedReject is a row in quarantine.
type ExportedReject struct {
	Key    string
	Line   int64
	Reason dropzone.Reason
	Column string
	Raw    string
}

// EachReject visits every unresolved row in quarantine, in no particular order.
func (w *Warehouse) EachReject(ctx context.Context, visit func(ExportedReject) error) error {
	var r ExportedReject
	return w.each(ctx, w.queries["each_reject"], []any{&r.Key, &r.Line, &r.Reason, &r.Column, &r.Raw}, func() error { return visit(r) })
}

// ExportedObject is a row of the ledger.
type ExportedObject struct {
	Key, VersionID string
	State          dropzone.State
	Reason         dropzone.Reason
}

// EachObject visits every object of the ledger, in no particular order.
func (w *Warehouse) EachObject(ctx context.Context, visit func(ExportedObject) error) error {
	var o ExportedObject
	return w.each(ctx, w.queries["each_object"], []any{&o.Key, &o.VersionID, &o.State, &o.Reason}, func() error { return visit(o) })
}

func (w *Warehouse) each(ctx context.Context, sql string, into []any, visit func() error) error {
	rows, err := w.pool.Query(ctx, sql)
	if err != nil {
		return fmt.Errorf("export: %w", err)
	}
	if _, err := pgx.ForEachRow(rows, into, visit); err != nil {
		return fmt.Errorf("export: %w", err)
	}
	return nil
}
