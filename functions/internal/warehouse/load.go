package warehouse

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"eventdrop/functions/internal/dropzone"
)

// commitTime bounds a COMMIT. It has its own limit because a caller's deadline must not cut it off
// half way: then nobody would know its outcome.
const commitTime = 10 * time.Second

// Load takes an object through one transaction: claim, stage, merge, quarantine, books, commit.
// No row of the object is visible before all are.
//
// An object that is settled already comes back with Already set, nothing written. The errors
// dropzone.ErrSuperseded, ErrGone and ErrBusy and *dropzone.UnreadableError say what they mean;
// any other error leaves no trace and can be tried again, after dropzone.ErrStage with Staged set.
func (w *Warehouse) Load(ctx context.Context, run dropzone.Run) (dropzone.Receipt, error) {
	l := w.newLoad(run)
	if err := l.rows.readHead(); err != nil { // a small object is read whole before a transaction is open
		return l.receipt, err
	}
	conn, err := w.pool.Acquire(ctx)
	if err != nil {
		return l.receipt, fmt.Errorf("connect to PostgreSQL: %w", err)
	}
	defer conn.Release()
	tx, err := conn.Begin(ctx)
	if err != nil {
		return l.receipt, fmt.Errorf("begin: %w", err)
	}
	defer rollback(ctx, tx)

	settled, err := l.claim(ctx, tx)
	if err != nil || settled {
		return l.receipt, err
	}
	if err := l.stageAndMerge(ctx, tx); err != nil {
		return l.receipt, err
	}
	if err := l.writeBooks(ctx, tx); err != nil {
		return l.receipt, err
	}
	if run.DryRun {
		l.receipt.ObjectID = 0 // it goes with the rollback
	} else {
		err = commit(ctx, tx)
	}
	l.receipt.TotalDuration = time.Since(run.Started)
	return l.receipt, err
}

// load is the state of one Load.
type load struct {
	w       *Warehouse
	run     dropzone.Run
	receipt dropzone.Receipt

	rows       *rowReader
	dropOrder  int32
	dropNumber int32
	priorHash  []byte // what the last run under this revision gave; nil: there was none
}

func (w *Warehouse) newLoad(run dropzone.Run) *load {
	return &load{
		w: w, run: run, rows: newRowReader(run.Rows, w.table, w.contract),
		receipt: dropzone.Receipt{
			RunID: run.ID, Object: run.Object, Kind: run.Kind, State: dropzone.Loaded, DryRun: run.DryRun,
			Contract: w.contract.Name, Revision: w.contract.Revision,
		},
	}
}

// stageAndMerge brings the rows into the table and the rejects into quarantine.
func (l *load) stageAndMerge(ctx context.Context, tx pgx.Tx) error {
	merge := l.mergeSmall
	if !l.rows.complete {
		isNew, err := l.seemsNew(ctx, tx)
		if err != nil {
			return err
		}
		if merge = l.mergeLarge; isNew {
			merge = l.mergeDirect
		}
	}
	if err := merge(ctx, tx); err != nil {
		return err
	}
	return l.resolveQuarantine(ctx, tx)
}

// writeBooks writes what was found out, the receipt, whose CHECK judges the run, and drift.
func (l *load) writeBooks(ctx context.Context, tx pgx.Tx) error {
	batch := &pgx.Batch{}
	l.queueBooks(batch)
	l.w.queueDrift(batch, []*load{l})
	if err := tx.SendBatch(ctx, batch).Close(); err != nil {
		return fmt.Errorf("write the books: %w", err)
	}
	return nil
}

func (l *load) queueBooks(batch *pgx.Batch) {
	r := &l.receipt
	r.Dialect = l.run.Dialect()
	r.OutputHash = l.rows.outputHash()
	r.ReadDuration = l.rows.waited
	r.TotalDuration = time.Since(l.run.Started)
	if l.priorHash != nil && !bytes.Equal(l.priorHash, r.OutputHash[:]) {
		r.Hint = otherOutput
	}
	batch.Queue(l.w.queries["finish_object"], r.ObjectID, r.Dialect, r.OutputHash[:])
	if quality := l.run.Rows.Quality(); len(quality) > 0 || l.run.Kind != dropzone.Load {
		l.describe(quality)
		queueQuality(batch, l.w.queries["upsert_quality"], r.ObjectID, quality)
	}
	batch.Queue(l.w.queries["insert_receipt"], receiptArgs(*r, nil)...)
}

// otherOutput warns of rows that did not follow from bytes and revision alone. The run stands: rows of
// the same line keep their old values, because their recency is the same.
const otherOutput = "the object gave other rows than the last time under the same revision of the contract: " +
	"raise the contract's revision and replay it again, so that the new rows win"

// receiptArgs are the parameters of insert_receipt.
func receiptArgs(r dropzone.Receipt, sample any) []any {
	var hash []byte
	if r.OutputHash != ([32]byte{}) {
		hash = r.OutputHash[:]
	}
	return []any{
		r.RunID, r.ObjectID, r.Kind, r.State, r.Contract, r.Revision, r.RowsRead, r.Inserted, r.Updated, r.Stale,
		r.Duplicate, r.Rejected, r.Reason, sample, hash, milliseconds(r.ReadDuration), milliseconds(r.TotalDuration),
	}
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// describe splits the quality counts for the receipt.
func (l *load) describe(quality []dropzone.QualityCount) {
	for _, q := range quality {
		if q.Repaired {
			l.receipt.Repairs = append(l.receipt.Repairs, q)
			continue
		}
		l.receipt.Rejects = append(l.receipt.Rejects,
			dropzone.ReasonCount{Reason: dropzone.Reason(q.Rule), Column: q.Column, Count: q.Count})
	}
}

// commit gives COMMIT its own time. A rollback that the server reports is definite; after any other
// failure nobody can say yet.
func commit(ctx context.Context, tx pgx.Tx) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), commitTime)
	defer cancel()
	err := tx.Commit(ctx)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, pgx.ErrTxCommitRollback):
		return fmt.Errorf("commit: %w", err)
	}
	return fmt.Errorf("%w: %w", dropzone.ErrCommitUnknown, err)
}

// rollback ends a transaction that was not committed; after a commit it does nothing.
func rollback(ctx context.Context, tx pgx.Tx) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), commitTime)
	defer cancel()
	_ = tx.Rollback(ctx) // a connection that cannot roll back is closed, and the server rolls back
}
