package warehouse

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"eventdrop/functions/internal/dropzone"
)

// Explanation is what the ledger, the books and the quarantine know of one drop. Its JSON is stable.
type Explanation struct {
	ID            int64             `json:"object_id"`
	Bucket        string            `json:"bucket"`
	Key           string            `json:"key"`
	VersionID     string            `json:"version_id"`
	ETag          string            `json:"etag"`
	DropNumber    int32             `json:"drop_number"`
	State         dropzone.State    `json:"state"`
	Reason        dropzone.Reason   `json:"reason"`
	Hint          string            `json:"hint"`
	Detail        string            `json:"detail"`
	Attempts      int32             `json:"attempts"`
	OpenAttempts  int32             `json:"open_attempts"`
	NextAttemptAt *time.Time        `json:"next_attempt_at"`
	Size          *int64            `json:"size_bytes"`
	LastModified  *time.Time        `json:"last_modified"`
	FirstSeenAt   time.Time         `json:"first_seen_at"`
	UpdatedAt     time.Time         `json:"updated_at"`
	Contract      string            `json:"contract"`
	Revision      int32             `json:"revision"`
	Dialect       *dropzone.Dialect `json:"dialect"`
	SameContentAs *string           `json:"same_content_as"`
	Runs          []RunOfObject     `json:"receipts"` // the newest first, 20 at most
	Rejects       []RejectsOfObject `json:"rejects"`
	Repairs       []RepairsOfObject `json:"repairs"`
	Drift         []DriftOfObject   `json:"drift"` // what this object showed first
}

// Object names the drop.
func (e *Explanation) Object() dropzone.Object {
	return dropzone.Object{Bucket: e.Bucket, Key: e.Key, VersionID: e.VersionID, ETag: e.ETag}
}

// RunOfObject is a receipt.
type RunOfObject struct {
	RunID    string         `json:"run_id"`
	Kind     dropzone.Kind  `json:"kind"`
	State    dropzone.State `json:"state"`
	Contract string         `json:"contract"`
	Revision int32          `json:"revision"`
	dropzone.Books
	Reason     dropzone.Reason `json:"reason"`
	Sample     []SampledReject `json:"sample"` // of an object that was parked for having too many
	ReadMs     float64         `json:"read_ms"`
	TotalMs    float64         `json:"total_ms"`
	FinishedAt time.Time       `json:"finished_at"`
}

// RejectsOfObject counts rows that are in quarantine, and those that a later run accepted.
type RejectsOfObject struct {
	Reason   dropzone.Reason `json:"reason"`
	Column   string          `json:"column"`
	Rows     int64           `json:"rows"`
	Resolved int64           `json:"resolved"`
}

// RepairsOfObject counts what one rule repaired in one column.
type RepairsOfObject struct {
	Rule   string `json:"rule"`
	Column string `json:"column"`
	Count  int64  `json:"count"`
}

// DriftOfObject is a column that was new or missing for the first time.
type DriftOfObject struct {
	Change Change `json:"change"`
	Column string `json:"column"`
}

// ExplainObject returns what is known of the drops of a key, the newest first, limit at most. Without a bucket the key is
// looked for in every bucket, and among the files of this machine. Nothing is known of an object that no load has seen.
func (w *Warehouse) ExplainObject(ctx context.Context, bucket, key string, limit int) ([]Explanation, error) {
	rows, err := w.pool.Query(ctx, w.queries["explain_object"], bucket, key, limit)
	if err != nil {
		return nil, fmt.Errorf("explain the object: %w", err)
	}
	drops, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Explanation])
	if err != nil {
		return nil, fmt.Errorf("explain the object: %w", err)
	}
	return drops, nil
}

// ExplainedEvent is a row of the contract's table, and where it comes from.
type ExplainedEvent struct {
	ID       int64           // of the object that it came in
	Document json.RawMessage // the contract's columns and extras

	RecencyAt      time.Time
	ObjectModified time.Time
	SourceHash     int64
	DropOrder      int32
	Line           int64
	Revision       int32

	Object dropzone.Object
	Run    *RunOfEvent // nil: the books do not tell
}

// RunOfEvent is the run that brought an event.
type RunOfEvent struct {
	ID         string        `json:"run_id"`
	Kind       dropzone.Kind `json:"kind"`
	FinishedAt time.Time     `json:"finished_at"`
}

// ExplainEvent returns the event that has this key; nil: the table has none.
func (w *Warehouse) ExplainEvent(ctx context.Context, key string) (*ExplainedEvent, error) {
	var e ExplainedEvent
	o := &e.Object
	err := w.pool.QueryRow(ctx, w.table.findEvent, key).Scan(&e.ID, &o.Bucket, &o.Key, &o.VersionID, &o.ETag, &e.Document,
		&e.RecencyAt, &e.ObjectModified, &e.SourceHash, &e.DropOrder, &e.Line, &e.Revision)
	switch {
	case errors.Is(err, pgx.ErrNoRows), strings.HasPrefix(sqlState(err), "22"): // data exception: no key looks like that
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("look for the event: %w", err)
	}
	var run RunOfEvent
	err = w.pool.QueryRow(ctx, w.queries["brought_by"], e.ID, e.Line, w.contract.Name, e.Revision).Scan(&run.ID, &run.Kind, &run.FinishedAt)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
	case err != nil:
		return nil, fmt.Errorf("look for the event's receipt: %w", err)
	default:
		e.Run = &run
	}
	return &e, nil
}

// RejectsWith returns rows of the quarantine whose raw text has this in it, in any case, limit at most: those of one
// object, or, where it is 0, of all. The latter reads the whole quarantine.
func (w *Warehouse) RejectsWith(ctx context.Context, text string, objectID int64, limit int) ([]RejectedRow, error) {
	var of *int64
	if objectID != 0 {
		of = &objectID
	}
	rows, err := w.pool.Query(ctx, w.queries["rejects_with"], strings.ToLower(text), of, limit)
	if err != nil {
		return nil, fmt.Errorf("search the quarantine: %w", err)
	}
	found, err := pgx.CollectRows(rows, pgx.RowToStructByPos[RejectedRow])
	if err != nil {
		return nil, fmt.Errorf("search the quarantine: %w", err)
	}
	return found, nil
}
