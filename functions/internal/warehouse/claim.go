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
	idleLimit = 60 * time.Second // a loader that froze holds its locks no longer
)

// claim makes the object this run's own until the transaction ends, or reports that it is settled:
// somebody loaded or parked it, and receipt says so.
func (l *load) claim(ctx context.Context, tx pgx.Tx) (settled bool, err error) {
	if err := l.numberDrop(ctx, tx); errors.Is(err, errSettled) {
		return true, l.settle(ctx, tx)
	} else if err != nil {
		return false, err
	}
	batch := &pgx.Batch{}
	l.queueLimits(ctx, batch, claimWait)
	o := l.run.Object
	batch.Queue(l.w.queries["claim"], o.Bucket, o.Key, o.VersionID, o.ETag, l.dropNumber, o.Size, o.LastModified,
		l.receipt.Contract, l.receipt.Revision, l.run.ID, l.run.Kind != dropzone.Load)
	if !o.Versioned() {
		batch.Queue(l.w.queries["supersede_older"], o.Bucket, o.Key, l.dropNumber)
	}
	l.queueLimits(ctx, batch, mergeWait)
	results := tx.SendBatch(ctx, batch)
	defer results.Close() //nolint:errcheck // closed with its error below
	if _, err := results.Exec(); err != nil {
		return false, fmt.Errorf("set time limits: %w", err)
	}
	err = results.QueryRow().Scan(&l.receipt.ObjectID, &l.priorHash)
	if errors.Is(err, pgx.ErrNoRows) {
		if err := results.Close(); err != nil {
			return false, fmt.Errorf("claim: %w", err)
		}
		return true, l.settle(ctx, tx)
	}
	if err != nil {
		return false, fmt.Errorf("claim: %w", busy(err))
	}
	if err := results.Close(); err != nil {
		return false, fmt.Errorf("claim: %w", err)
	}
	return false, nil
}

func (l *load) queueLimits(ctx context.Context, batch *pgx.Batch, lock time.Duration) {
	batch.Queue(l.w.queries["limits"], millis(lock), statementLimit(ctx), millis(idleLimit))
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

// errSettled says inside the claim that there is nothing to do.
var errSettled = errors.New("settled")

// numberDrop finds the number of the drop and its order within its key. A version is one drop for
// ever. Where bytes can be replaced, the key is locked and looked at: only what it holds now may be loaded,
// and the newest drop with the same ETag and last-modified is this very drop.
func (l *load) numberDrop(ctx context.Context, tx pgx.Tx) error {
	o := l.run.Object
	if o.Versioned() {
		l.dropNumber, l.dropOrder = 1, o.VersionRank
		return nil
	}
	batch := &pgx.Batch{}
	l.queueLimits(ctx, batch, claimWait)
	batch.Queue(l.w.queries["lock_key"], o.Bucket, o.Key)
	if err := tx.SendBatch(ctx, batch).Close(); err != nil {
		return fmt.Errorf("lock the key: %w", busy(err))
	}
	if err := l.checkCurrent(ctx); err != nil {
		return err
	}
	newest, err := l.newestDrop(ctx, tx)
	if err != nil {
		return err
	}
	l.dropNumber = newest.number + 1
	switch {
	case newest.etag != o.ETag:
	case !newest.settled(): // failed, superseded or gone, and now it is there: this drop
		l.dropNumber = newest.number
	case newest.modified.Equal(o.LastModified):
		l.dropNumber = newest.number
		if l.run.Kind == dropzone.Load {
			return errSettled
		}
	}
	l.dropOrder = l.dropNumber
	return nil
}

// checkCurrent refuses an object whose key holds something else by now.
func (l *load) checkCurrent(ctx context.Context) error {
	if l.run.Current == nil {
		return nil
	}
	now, err := l.run.Current(ctx)
	if err != nil {
		return err
	}
	if now.ETag != l.run.Object.ETag || !now.LastModified.Equal(l.run.Object.LastModified) {
		return dropzone.ErrSuperseded
	}
	return nil
}

type drop struct {
	number   int32
	etag     string
	modified time.Time
	state    dropzone.State
}

func (d drop) settled() bool { return d.state == dropzone.Loaded || d.state == dropzone.Parked }

func (l *load) newestDrop(ctx context.Context, tx pgx.Tx) (drop, error) {
	var d drop
	var modified *time.Time
	err := tx.QueryRow(ctx, l.w.queries["newest_drop"], l.run.Object.Bucket, l.run.Object.Key).
		Scan(&d.number, &d.etag, &modified, &d.state)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return d, fmt.Errorf("look up the newest drop: %w", err)
	}
	if modified != nil {
		d.modified = *modified
	}
	return d, nil
}

// settle finds out whether the object was settled by this very run, whose commit had an unknown
// outcome, or by somebody else.
func (l *load) settle(ctx context.Context, tx pgx.Tx) error {
	r := &l.receipt
	err := tx.QueryRow(ctx, l.w.queries["receipt_of_run"], l.run.ID).
		Scan(&r.ObjectID, &r.RowsRead, &r.Inserted, &r.Updated, &r.Stale, &r.Duplicate, &r.Rejected)
	if errors.Is(err, pgx.ErrNoRows) {
		r.Already = true
		r.Books = dropzone.Books{}
		return nil
	}
	if err != nil {
		return fmt.Errorf("look up the receipt: %w", err)
	}
	return nil
}
