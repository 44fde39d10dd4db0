package warehouse

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"eventdrop/functions/internal/dropzone"
)

const (
	claimWait = 5 * time.Second  // for a twin that loads the same object
	mergeWait = 60 * time.Second // for row locks of another object's merge
	idleLimit = 60 * time.Second // a loader that froze between two statements holds its locks no longer
)

// claim makes the object this run's own until the transaction ends, or reports that it is settled:
// somebody loaded or parked it, or this very run did, and receipt says so.
func (l *load) claim(ctx context.Context, tx pgx.Tx) (settled bool, err error) {
	if settled, err = l.numberDrop(ctx, tx); err != nil {
		return false, err
	}
	if !settled {
		if settled, err = l.insertClaim(ctx, tx); err != nil {
			return false, fmt.Errorf("claim: %w", busy(err))
		}
	}
	switch {
	case settled:
		return true, l.settle(ctx, tx)
	case l.run.Kind == dropzone.Load:
		return false, nil
	}
	return l.lookBack(ctx, tx)
}

// insertClaim takes the ledger's row of the drop, waiting for a twin that has it.
func (l *load) insertClaim(ctx context.Context, tx pgx.Tx) (settled bool, err error) {
	batch := &pgx.Batch{}
	l.w.queueLimits(ctx, batch, claimWait)
	l.queueClaim(batch, &settled)
	l.w.queueLimits(ctx, batch, mergeWait)
	return settled, tx.SendBatch(ctx, batch).Close()
}

func (l *load) queueClaim(batch *pgx.Batch, settled *bool) {
	o := l.run.Object
	batch.Queue(l.w.queries["claim"], o.Bucket, o.Key, o.VersionID, o.ETag, l.dropNumber, o.Size, o.LastModified,
		l.receipt.Contract, l.receipt.Revision, l.run.ID, claimable(l.run.Kind), l.dropOrder).
		QueryRow(func(row pgx.Row) error {
			err := row.Scan(&l.receipt.ObjectID, &l.dropOrder)
			if *settled = errors.Is(err, pgx.ErrNoRows); *settled {
				return nil
			}
			return err //nolint:wrapcheck // claim says what it did
		})
	if !o.Versioned() {
		batch.Queue(l.w.queries["supersede_older"], o.Bucket, o.Key, l.dropNumber)
	}
}

// claimable are the states out of which a run may claim an object that the ledger knows.
func claimable(kind dropzone.Kind) []dropzone.State {
	switch kind {
	case dropzone.Replay:
		return []dropzone.State{dropzone.Failed, dropzone.Superseded, dropzone.Gone, dropzone.Loaded, dropzone.Parked}
	case dropzone.Redrive:
		return []dropzone.State{dropzone.Loaded}
	default:
		return []dropzone.State{dropzone.Failed, dropzone.Superseded, dropzone.Gone}
	}
}

// lookBack is for runs that are asked for although the object was loaded before: it finds out
// whether this very run did so already, and what the last one under this revision gave.
func (l *load) lookBack(ctx context.Context, tx pgx.Tx) (settled bool, err error) {
	if settled, err = l.w.ownReceipt(ctx, tx, &l.receipt); settled || err != nil {
		return settled, err
	}
	r := &l.receipt
	err = tx.QueryRow(ctx, l.w.queries["prior_hash"], r.ObjectID, r.Contract, r.Revision).Scan(&l.priorHash)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return false, fmt.Errorf("look up the last run: %w", err)
	}
	return false, nil
}

// queueLimits bounds what the transaction waits for. No limit of PostgreSQL ends a COPY whose loader is stopped on a host that lives: it
// heeds statement_timeout only when data come, and idle_in_transaction_session_timeout only between statements.
func (w *Warehouse) queueLimits(ctx context.Context, batch *pgx.Batch, lock time.Duration) {
	batch.Queue(w.queries["limits"], millis(lock), statementLimit(ctx), millis(idleLimit))
}

// statementLimit follows the caller's deadline; "0" means none, which is right for large objects.
func statementLimit(ctx context.Context) string {
	deadline, ok := ctx.Deadline()
	if !ok {
		return "0"
	}
	return millis(max(time.Until(deadline), time.Millisecond))
}

func millis(d time.Duration) string { return strconv.FormatInt(d.Milliseconds(), 10) }

// numberDrop finds the number of the drop and its order within its key. A version is one drop for
// ever. Where bytes can be replaced, the key is locked and looked at: only what it holds now may be loaded,
// and the newest settled drop with the same ETag and last-modified is this very drop.
func (l *load) numberDrop(ctx context.Context, tx pgx.Tx) (settled bool, err error) {
	o := l.run.Object
	if o.Versioned() {
		l.numberVersion()
		return false, nil
	}
	batch := &pgx.Batch{}
	l.w.queueLimits(ctx, batch, claimWait)
	if l.dropNumber, settled, err = l.w.lockDrop(ctx, tx, batch, o); err != nil {
		return false, err
	}
	l.dropOrder = l.dropNumber
	if l.run.Drop != 0 && l.run.Drop != l.dropNumber {
		return false, dropzone.ErrSuperseded
	}
	if settled && l.run.Kind == dropzone.Load {
		return true, nil
	}
	return false, checkCurrent(ctx, &l.run)
}

func (l *load) numberVersion() { l.dropNumber, l.dropOrder = 1, l.run.Object.VersionRank }

// lockDrop sends the batch, locks the key of an object whose bytes can be replaced and says which
// of its drops the object is.
func (w *Warehouse) lockDrop(ctx context.Context, tx pgx.Tx, batch *pgx.Batch, o dropzone.Object) (number int32, settled bool, err error) {
	batch.Queue(w.queries["lock_key"], o.Bucket, o.Key)
	batch.Queue(w.queries["which_drop"], o.Bucket, o.Key, o.ETag, optionalTime(o)).
		QueryRow(func(row pgx.Row) error { return row.Scan(&number, &settled) })
	if err := tx.SendBatch(ctx, batch).Close(); err != nil {
		return 0, false, fmt.Errorf("lock the key: %w", busy(err))
	}
	return number, settled, nil
}

// checkCurrent refuses an object whose key holds something else by now. It must be asked under the lock of the key.
func checkCurrent(ctx context.Context, run *dropzone.Run) error {
	if run.Current == nil {
		return nil
	}
	now, err := run.Current(ctx)
	if err != nil {
		return err
	}
	if now.ETag != run.Object.ETag || !now.LastModified.Equal(run.Object.LastModified) {
		return dropzone.ErrSuperseded
	}
	return nil
}

// settle finds out whether the object was settled by this very run, whose commit had an unknown
// outcome, or by somebody else, and how.
func (l *load) settle(ctx context.Context, tx pgx.Tx) error {
	if own, err := l.w.ownReceipt(ctx, tx, &l.receipt); own || err != nil {
		return err
	}
	r, o := &l.receipt, l.run.Object
	r.Already = true
	err := tx.QueryRow(ctx, l.w.queries["settled_as"], o.Bucket, o.Key, o.VersionID, o.ETag, l.dropNumber).
		Scan(&r.State, &r.Reason, &r.Hint)
	if err != nil {
		return fmt.Errorf("look into the ledger: %w", err)
	}
	return nil
}

// ownReceipt looks for the receipt of this very run, whose COMMIT had an unknown outcome, and, if there is one, takes
// its books over.
func (w *Warehouse) ownReceipt(ctx context.Context, tx pgx.Tx, r *dropzone.Receipt) (found bool, err error) {
	err = tx.QueryRow(ctx, w.queries["receipt_of_run"], r.RunID).
		Scan(&r.ObjectID, &r.RowsRead, &r.Inserted, &r.Updated, &r.Stale, &r.Duplicate, &r.Rejected)
	if errors.Is(err, pgx.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("look up the receipt: %w", err)
	}
	return true, nil
}
