package warehouse

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"eventdrop/functions/internal/dropzone"
)

// Record notes an outcome in a transaction of its own, after the load's was rolled back. It never
// overwrites an object that was loaded or parked meanwhile: then it returns 0. A parked object gets
// a receipt whose counts are zero, and only one for each run: after a COMMIT with an unknown outcome the same run may
// be recorded again.
//
// Of an object whose bytes can be replaced and of which only the ETag is known, nothing is recorded
// where the newest settled drop has that ETag: it is most likely this one, and else a listing finds it. And none is parked whose key
// holds something else by now, which may be loaded already: the drops of a key would be out of order. The error then is that of
// the lookup, or dropzone.ErrSuperseded.
func (w *Warehouse) Record(ctx context.Context, run dropzone.Run, out dropzone.Outcome) (objectID int64, err error) {
	err = w.short(ctx, run.Object, func(tx pgx.Tx, drop int32) error {
		if own := (dropzone.Receipt{RunID: run.ID}); out.State == dropzone.Parked {
			if found, err := w.ownReceipt(ctx, tx, &own); found || err != nil {
				objectID = own.ObjectID
				return err
			}
			if err := checkCurrent(ctx, &run); err != nil {
				return err
			}
		}
		var attempts int
		objectID, attempts, err = w.recordOutcome(ctx, tx, run, drop, out)
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		if err != nil {
			return err
		}
		switch out.State {
		case dropzone.Failed:
			_, err = tx.Exec(ctx, w.queries["schedule_retry"], objectID, out.Retry(attempts).Seconds())
		case dropzone.Parked:
			err = errors.Join(w.receiptOfParked(ctx, tx, run, objectID, out), w.supersedeOlder(ctx, tx, run.Object, drop))
		default:
		}
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("record %s: %w", out.State, err)
	}
	return objectID, nil
}

// short runs a short transaction about one object: no wait in it is long, and a key whose bytes can
// be replaced is locked.
func (w *Warehouse) short(ctx context.Context, o dropzone.Object, run func(tx pgx.Tx, drop int32) error) error {
	return pgx.BeginFunc(ctx, w.pool, func(tx pgx.Tx) (err error) { //nolint:wrapcheck // the callers say what they did
		batch := &pgx.Batch{}
		w.queueLimits(ctx, batch, claimWait)
		drop := int32(1)
		if o.Versioned() {
			err = tx.SendBatch(ctx, batch).Close()
		} else {
			drop, _, err = w.lockDrop(ctx, tx, batch, o)
		}
		if err != nil {
			return err //nolint:wrapcheck // the callers say what they did
		}
		return run(tx, drop)
	})
}

func (w *Warehouse) recordOutcome(ctx context.Context, tx pgx.Tx, run dropzone.Run, drop int32, out dropzone.Outcome) (int64, int, error) {
	var objectID int64
	var attempts int
	o := run.Object
	hint, _ := printable([]byte(out.Hint))
	detail, _ := printable([]byte(out.Detail)) // errors may quote bytes that are no text
	parkAgain := out.State == dropzone.Parked && run.Kind != dropzone.Load
	err := tx.QueryRow(ctx, w.queries["record_outcome"], o.Bucket, o.Key, o.VersionID, o.ETag, drop, optionalSize(o), optionalTime(o),
		w.contract.Name, w.contract.Revision, out.State, out.Reason, hint, detail, parkAgain).Scan(&objectID, &attempts)
	return objectID, attempts, err //nolint:wrapcheck // Record says what it did
}

func (w *Warehouse) receiptOfParked(ctx context.Context, tx pgx.Tx, run dropzone.Run, objectID int64, out dropzone.Outcome) error {
	var sample []byte
	if len(out.Sample) > 0 {
		var err error
		if sample, err = json.Marshal(sampleRows(out.Sample)); err != nil {
			return fmt.Errorf("write the sample: %w", err)
		}
	}
	receipt := dropzone.Receipt{
		RunID: run.ID, ObjectID: objectID, Kind: run.Kind, State: dropzone.Parked, Reason: out.Reason,
		Contract: w.contract.Name, Revision: w.contract.Revision, TotalDuration: time.Since(run.Started),
	}
	_, err := tx.Exec(ctx, w.queries["insert_receipt"], receiptArgs(receipt, sample)...)
	return err //nolint:wrapcheck // Record says what it did
}

// supersedeOlder closes failed drops whose bytes an object has replaced that is settled now: a retry of them would be
// taken for another drop, and they would be due for ever.
func (w *Warehouse) supersedeOlder(ctx context.Context, tx pgx.Tx, o dropzone.Object, drop int32) error {
	if o.Versioned() {
		return nil
	}
	_, err := tx.Exec(ctx, w.queries["supersede_older"], o.Bucket, o.Key, drop)
	return err //nolint:wrapcheck // Record says what it did
}

// SampledReject is a reject as the receipt of a parked object keeps it.
type SampledReject struct {
	Line   int64           `json:"line"`
	Reason dropzone.Reason `json:"reason"`
	Column string          `json:"column,omitempty"`
	Value  string          `json:"value,omitempty"`
	Raw    string          `json:"raw"`
}

func sampleRows(rejects []dropzone.Reject) []SampledReject {
	rows := make([]SampledReject, len(rejects))
	for i, r := range rejects {
		raw, _ := printable(r.Raw)
		value, _ := printable([]byte(r.Value))
		rows[i] = SampledReject{Line: r.Line, Reason: r.Reason, Column: r.Column, Value: value, Raw: raw}
	}
	return rows
}

// NoteAttempt counts, in a transaction of its own, that an object is about to be read. A loader that dies leaves the count behind;
// of a settled object nothing is noted. Where another loader holds the object the error is dropzone.ErrBusy.
//
// The commit does not wait for the disk: if PostgreSQL dies, too, one attempt is not counted.
func (w *Warehouse) NoteAttempt(ctx context.Context, o dropzone.Object) error {
	if o.Versioned() {
		return w.NoteAttempts(ctx, []dropzone.Object{o})
	}
	err := w.short(ctx, o, func(tx pgx.Tx, drop int32) error {
		batch := &pgx.Batch{}
		batch.Queue(w.queries["commit_without_wait"])
		w.queueNote(batch, o, drop)
		return tx.SendBatch(ctx, batch).Close()
	})
	if err != nil {
		return fmt.Errorf("note the attempt: %w", busy(err))
	}
	return nil
}

// NoteAttempts is NoteAttempt for several objects with versions, in one round trip.
func (w *Warehouse) NoteAttempts(ctx context.Context, objects []dropzone.Object) error {
	batch := &pgx.Batch{} // which is a transaction
	w.queueLimits(ctx, batch, claimWait)
	batch.Queue(w.queries["commit_without_wait"])
	for _, o := range slices.SortedFunc(slices.Values(objects), byIdentity) { // so that notes cannot deadlock
		w.queueNote(batch, o, 1)
	}
	if err := w.pool.SendBatch(ctx, batch).Close(); err != nil {
		return fmt.Errorf("note the attempt: %w", busy(err))
	}
	return nil
}

func (w *Warehouse) queueNote(batch *pgx.Batch, o dropzone.Object, drop int32) {
	batch.Queue(w.queries["note_attempt"], o.Bucket, o.Key, o.VersionID, o.ETag, drop, optionalSize(o), optionalTime(o))
}

// Supersede closes the ledger's row of what was asked for, after it turned out to be known by
// another identity. A row that another run holds is left to it, and not waited for.
func (w *Warehouse) Supersede(ctx context.Context, asked dropzone.Object) error {
	_, err := w.pool.Exec(ctx, w.queries["supersede"], asked.Bucket, asked.Key, asked.VersionID, asked.ETag)
	if err != nil {
		return fmt.Errorf("supersede: %w", err)
	}
	return nil
}

// optionalSize and optionalTime are nil before the store has answered.
func optionalSize(o dropzone.Object) *int64 {
	if o.LastModified.IsZero() {
		return nil
	}
	return &o.Size
}

func optionalTime(o dropzone.Object) *time.Time {
	if o.LastModified.IsZero() {
		return nil
	}
	return &o.LastModified
}
