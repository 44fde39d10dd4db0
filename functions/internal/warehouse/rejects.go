package warehouse

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"eventdrop/functions/internal/dropzone"
)

// Resolution tells rows that are still in quarantine from those that a later run accepted.
type Resolution string

// Which rows are meant.
const (
	Unresolved Resolution = "unresolved"
	Resolved   Resolution = "resolved"
	Either     Resolution = "all"
)

// RejectFilter selects rows of the quarantine to look at, of every contract.
type RejectFilter struct {
	dropzone.Filter

	Column     string
	Contract   string // under which they were rejected last
	Resolution Resolution
}

func (f *RejectFilter) args(limit int) []any {
	return []any{f.Bucket, f.Key, f.Reason, f.Column, f.Contract, optional(f.Since), optional(f.Until), f.Resolution, limit}
}

// RejectedRow is a row of the quarantine. Raw is text: bytes that are none are shown as \xNN.
type RejectedRow struct {
	Bucket, Key, VersionID, ETag string

	Line        int64
	Reason      dropzone.Reason
	Column      string
	Value       string
	Raw         string
	RawCut      bool
	Contract    string
	Revision    int32
	RejectedAt  time.Time
	RunID       string
	ResolvedAt  *time.Time // nil: in quarantine
	ResolvedRun *string
}

// Object is the object that the row came in.
func (r *RejectedRow) Object() dropzone.Object {
	return dropzone.Object{Bucket: r.Bucket, Key: r.Key, VersionID: r.VersionID, ETag: r.ETag}
}

// EachRejected visits the rows that the filter selects, limit at most (0: all), those of the newest objects first and
// in the order of the file. They are not collected: memory does not grow with their number.
func (w *Warehouse) EachRejected(ctx context.Context, f RejectFilter, limit int, visit func(RejectedRow) error) error {
	rows, err := w.pool.Query(ctx, w.queries["rejects"], f.args(limit)...)
	if err != nil {
		return fmt.Errorf("look into the quarantine: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		row, err := pgx.RowToStructByPos[RejectedRow](rows)
		if err != nil {
			return fmt.Errorf("look into the quarantine: %w", err)
		}
		if err := visit(row); err != nil {
			return err
		}
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("look into the quarantine: %w", err)
	}
	return nil
}

// RejectCount is how many rows of the quarantine have one reason and column, or came in one key.
type RejectCount struct {
	ByReason bool // else by key
	Reason   dropzone.Reason
	Column   string
	Bucket   string
	Key      string
	Rows     int64
	Objects  int64
	FirstAt  time.Time
	LastAt   time.Time
}

// CountRejects counts the rows that the filter selects, by reason and column and then by key, the most first, limit at
// most of either (0: all).
func (w *Warehouse) CountRejects(ctx context.Context, f RejectFilter, limit int) ([]RejectCount, error) {
	rows, err := w.pool.Query(ctx, w.queries["count_rejects"], f.args(limit)...)
	if err != nil {
		return nil, fmt.Errorf("count the quarantine: %w", err)
	}
	counts, err := pgx.CollectRows(rows, pgx.RowToStructByPos[RejectCount])
	if err != nil {
		return nil, fmt.Errorf("count the quarantine: %w", err)
	}
	return counts, nil
}
