package warehouse

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/jackc/pgx/v5"

	"eventdrop/functions/internal/contract"
	"eventdrop/functions/internal/dropzone"
)

// QuarantinedObject is an object that has rows in quarantine.
type QuarantinedObject struct {
	ID       int64 // its number in the ledger
	Object   dropzone.Object
	Contract string // under whose name it was loaded
}

// Quarantined returns the loaded objects of this contract that have unresolved rows in quarantine which
// the filter selects.
func (w *Warehouse) Quarantined(ctx context.Context, f dropzone.Filter) ([]QuarantinedObject, error) {
	rows, err := w.pool.Query(ctx, w.queries["quarantined_objects"], w.contract.Name, f.Bucket, f.Key, f.Reason,
		optional(f.Since), optional(f.Until))
	if err != nil {
		return nil, fmt.Errorf("look into the quarantine: %w", err)
	}
	objects, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (q QuarantinedObject, err error) {
		q.Contract = w.contract.Name
		err = row.Scan(&q.ID, &q.Object.Bucket, &q.Object.Key, &q.Object.VersionID, &q.Object.ETag)
		return q, err
	})
	if err != nil {
		return nil, fmt.Errorf("look into the quarantine: %w", err)
	}
	return objects, nil
}

// Redrive takes quarantined rows of one loaded object through one transaction: lock, stage, merge,
// resolve, books, commit. They are merged with the recency that they would have had.
//
// Where there is nothing to do, because no row is left that the filter selects or because the object is
// not loaded, the receipt comes back with Already set, nothing written. Errors are those of [Warehouse.Load], and
// those of run.Rows and its rows, untouched.
func (w *Warehouse) Redrive(ctx context.Context, run dropzone.RedriveRun) (dropzone.Receipt, error) {
	r := w.newRedrive(run)
	tx, err := w.pool.Begin(ctx)
	if err != nil {
		return r.receipt, fmt.Errorf("begin: %w", err)
	}
	defer rollback(ctx, tx)
	if settled, err := r.lock(ctx, tx); err != nil || settled {
		return r.receipt, err
	}
	if err := r.stageAndMerge(ctx, tx); err != nil || r.receipt.Already {
		return r.receipt, err
	}
	if err := r.writeBooks(ctx, tx); err != nil {
		return r.receipt, err
	}
	if !run.DryRun {
		err = commit(ctx, tx)
	}
	r.receipt.TotalDuration = time.Since(run.Started)
	return r.receipt, err
}

// redrive is the state of one Redrive.
type redrive struct {
	load

	asked dropzone.RedriveRun
	drop  dropzone.Drop
	page  []dropzone.Quarantined // rows that were read and not yet asked for
	last  int64                  // the line of the last row that was read
}

func (w *Warehouse) newRedrive(asked dropzone.RedriveRun) *redrive {
	run := dropzone.Run{ID: asked.ID, Kind: dropzone.Redrive, DryRun: asked.DryRun, Started: asked.Started}
	r := &redrive{load: *w.newLoad(run), asked: asked}
	r.receipt.ObjectID = asked.ObjectID
	return r
}

// lock makes the object this run's own until the transaction ends, as a claim does, or reports that
// there is nothing to do: this very run did it, or the object is not loaded.
func (r *redrive) lock(ctx context.Context, tx pgx.Tx) (settled bool, err error) {
	var of string
	batch := &pgx.Batch{}
	r.w.queueLimits(ctx, batch, claimWait)
	batch.Queue(r.w.queries["lock_object"], r.asked.ObjectID).QueryRow(func(row pgx.Row) error {
		o, d := &r.run.Object, &r.drop
		return row.Scan(&o.Bucket, &o.Key, &o.VersionID, &o.ETag, &o.Size, &o.LastModified, &d.Number, &d.Order, &d.Dialect,
			&r.receipt.State, &of)
	})
	r.w.queueLimits(ctx, batch, mergeWait)
	if err := tx.SendBatch(ctx, batch).Close(); err != nil {
		return false, fmt.Errorf("lock the object: %w", busy(err))
	}
	r.drop.Object, r.receipt.Object = r.run.Object, r.run.Object
	switch {
	case of != r.w.contract.Name:
		return false, fmt.Errorf("the object was loaded under the contract %s, not under %s", of, r.w.contract.Name)
	case r.receipt.State != dropzone.Loaded:
		r.receipt.Already = true
		return true, nil
	}
	return r.w.ownReceipt(ctx, tx, &r.receipt)
}

// stageAndMerge runs the rows page by page into the staging table and the quarantine, and merges them at once:
// sorted by key, as every merge is.
func (r *redrive) stageAndMerge(ctx context.Context, tx pgx.Tx) error {
	more, err := r.turnPage(ctx, tx)
	if err != nil {
		return err
	}
	if r.receipt.Already = !more; !more {
		return nil
	}
	if err := r.readyRows(); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, r.w.table.createStage); err != nil {
		return fmt.Errorf("create staging table: %w", err)
	}
	for ; more; more, err = r.turnPage(ctx, tx) {
		r.rows.complete = false
		if err := r.copyRows(ctx, tx, r.rows, r.w.table.copyStage); err != nil {
			return err
		}
	}
	if err != nil {
		return err
	}
	if err := r.mergeStage(ctx, tx); err != nil {
		return err
	}
	return r.resolve(ctx, tx)
}

// readyRows binds the rows to the drop. No threshold parks an object for rows that are in quarantine already.
func (r *redrive) readyRows() (err error) {
	if r.run.Rows, err = r.asked.Rows(r.drop, r.next); err != nil {
		return err
	}
	if r.drop.Order != nil {
		r.dropOrder = *r.drop.Order
	}
	r.rows = newRowReader(r.run.Rows, r.w.table, &contract.Contract{})
	return nil
}

// next gives the rows of the page. At its end COPY must pause: the connection is needed for the next one.
func (r *redrive) next() (dropzone.Quarantined, error) {
	if len(r.page) == 0 {
		return dropzone.Quarantined{}, io.EOF
	}
	row := r.page[0]
	r.page = r.page[1:]
	return row, nil
}

// turnPage reads the next page, and reports whether there is one.
func (r *redrive) turnPage(ctx context.Context, tx pgx.Tx) (more bool, err error) {
	f := r.asked.Filter
	rows, err := tx.Query(ctx, r.w.queries["quarantined_rows"], r.asked.ObjectID, f.Reason, optional(f.Since), optional(f.Until),
		r.last, maxPendingRejects)
	if err != nil {
		return false, fmt.Errorf("read the quarantine: %w", err)
	}
	if r.page, err = pgx.CollectRows(rows, pgx.RowToStructByPos[dropzone.Quarantined]); err != nil {
		return false, fmt.Errorf("read the quarantine: %w", err)
	}
	if more = len(r.page) > 0; more {
		r.last = r.page[len(r.page)-1].Line
	}
	return more, nil
}

var errQuarantineChanged = errors.New("the quarantine changed under the lock of its object")

// resolve marks the rows that were accepted: exactly those that became events.
func (r *redrive) resolve(ctx context.Context, tx pgx.Tx) error {
	f := r.asked.Filter
	tag, err := tx.Exec(ctx, r.w.queries["resolve_redriven"], r.asked.ObjectID, f.Reason, optional(f.Since), optional(f.Until), r.run.ID)
	if err != nil {
		return fmt.Errorf("resolve quarantined rows: %w", err)
	}
	if tag.RowsAffected() != r.rows.events {
		return fmt.Errorf("resolve quarantined rows: %w", errQuarantineChanged)
	}
	return nil
}

// writeBooks counts the object's rejects and repairs anew, and writes the receipt. It has no hash of the
// output: that is one of whole objects.
func (r *redrive) writeBooks(ctx context.Context, tx pgx.Tx) error {
	r.receipt.ReadDuration = r.rows.waited
	r.receipt.TotalDuration = time.Since(r.run.Started)
	r.describe(r.run.Rows.Quality())
	repairs := r.receipt.Repairs
	rules, columns, counts := make([]string, len(repairs)), make([]string, len(repairs)), make([]int64, len(repairs))
	for i, q := range repairs {
		rules[i], columns[i], counts[i] = q.Rule, q.Column, q.Count
	}
	batch := &pgx.Batch{}
	batch.Queue(r.w.queries["recount_quality"], r.receipt.ObjectID, rules, columns, counts)
	batch.Queue(r.w.queries["insert_receipt"], receiptArgs(r.receipt, nil)...)
	if err := tx.SendBatch(ctx, batch).Close(); err != nil {
		return fmt.Errorf("write the books: %w", err)
	}
	return nil
}

// optional is nil for a time that was not given.
func optional(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}
