package warehouse

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"eventdrop/functions/internal/dropzone"
)

// Health is the view pipeline_health: the whole pipeline in one row. Times are nil where there is
// nothing yet; durations are milliseconds of the last 15 minutes.
type Health struct {
	Loaded        int64      `json:"loaded"`
	Failed        int64      `json:"failed"`
	Parked        int64      `json:"parked"`
	Superseded    int64      `json:"superseded"`
	Gone          int64      `json:"gone"`
	NextAttemptAt *time.Time `json:"next_attempt_at"`
	NewestLoaded  *time.Time `json:"newest_loaded"`
	RowsRead      int64      `json:"rows_read"`
	RowsInserted  int64      `json:"rows_inserted"`
	RowsRejected  int64      `json:"rows_rejected"`
	InQuarantine  int64      `json:"in_quarantine"`
	LoadMsP50     *float64   `json:"load_ms_p50"`
	LoadMsP99     *float64   `json:"load_ms_p99"`
}

// Health returns the state of the pipeline.
func (w *Warehouse) Health(ctx context.Context) (Health, error) {
	rows, err := w.pool.Query(ctx, w.queries["health"])
	if err != nil {
		return Health{}, fmt.Errorf("read pipeline_health: %w", err)
	}
	h, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[Health])
	if err != nil {
		return Health{}, fmt.Errorf("read pipeline_health: %w", err)
	}
	return h, nil
}

// ReasonRows is a line of the view rejects_by_reason.
type ReasonRows struct {
	Reason dropzone.Reason `json:"reason"`
	Column string          `json:"column"`
	Rows   int64           `json:"rows"`
}

// RejectCounts returns the quarantine by reason and column, most frequent first.
func (w *Warehouse) RejectCounts(ctx context.Context) ([]ReasonRows, error) {
	rows, err := w.pool.Query(ctx, w.queries["reject_counts"])
	if err != nil {
		return nil, fmt.Errorf("read rejects_by_reason: %w", err)
	}
	counts, err := pgx.CollectRows(rows, pgx.RowToStructByPos[ReasonRows])
	if err != nil {
		return nil, fmt.Errorf("read rejects_by_reason: %w", err)
	}
	return counts, nil
}

// HistoryEntry is what the ledger and the books know of one run of an object; the run's fields are
// empty for an object without a receipt.
type HistoryEntry struct {
	Bucket        string          `json:"bucket"`
	Key           string          `json:"key"`
	VersionID     string          `json:"version_id"`
	ETag          string          `json:"etag"`
	DropNumber    int32           `json:"drop_number"`
	State         dropzone.State  `json:"state"`
	Reason        dropzone.Reason `json:"reason"`
	Hint          string          `json:"hint"`
	Detail        string          `json:"detail"`
	Attempts      int32           `json:"attempts"`
	NextAttemptAt *time.Time      `json:"next_attempt_at"`
	Size          *int64          `json:"size_bytes"`
	LastModified  *time.Time      `json:"last_modified"`
	FirstSeenAt   time.Time       `json:"first_seen_at"`
	RunID         *string         `json:"run_id"`
	Kind          *dropzone.Kind  `json:"kind"`
	FinishedAt    *time.Time      `json:"finished_at"`
	dropzone.Books
	TotalMs *float64 `json:"total_ms"`
}

// History returns the newest runs of objects whose key contains part, newest first, limit at most.
func (w *Warehouse) History(ctx context.Context, part string, limit int) ([]HistoryEntry, error) {
	rows, err := w.pool.Query(ctx, w.queries["history"], part, limit)
	if err != nil {
		return nil, fmt.Errorf("read the history: %w", err)
	}
	entries, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (e HistoryEntry, err error) {
		err = row.Scan(&e.Bucket, &e.Key, &e.VersionID, &e.ETag, &e.DropNumber, &e.State, &e.Reason, &e.Hint, &e.Detail,
			&e.Attempts, &e.NextAttemptAt, &e.Size, &e.LastModified, &e.FirstSeenAt, &e.RunID, &e.Kind, &e.FinishedAt,
			&e.RowsRead, &e.Inserted, &e.Updated, &e.Stale, &e.Duplicate, &e.Rejected, &e.TotalMs)
		return e, err
	})
	if err != nil {
		return nil, fmt.Errorf("read the history: %w", err)
	}
	return entries, nil
}

// Totals returns the books of all runs, added up.
func (w *Warehouse) Totals(ctx context.Context) (dropzone.Books, error) {
	var b dropzone.Books
	err := w.pool.QueryRow(ctx, w.queries["totals"]).
		Scan(&b.RowsRead, &b.Inserted, &b.Updated, &b.Stale, &b.Duplicate, &b.Rejected)
	if err != nil {
		return b, fmt.Errorf("add the receipts up: %w", err)
	}
	return b, nil
}

// Drift is the first sight of a column that is new or missing.
type Drift struct {
	Contract  string    `json:"contract"`
	Column    string    `json:"column"`
	Change    Change    `json:"change"`
	NoticedAt time.Time `json:"noticed_at"`
	Bucket    string    `json:"bucket"`
	Key       string    `json:"key"` // of the first object
	// With is how many of the Lately newest objects have the column; 1,000 at most are counted.
	With   int64 `json:"objects_with"`
	Lately int64 `json:"objects_lately"`
}

// Object is the first object that showed it.
func (d *Drift) Object() dropzone.Object { return dropzone.Object{Bucket: d.Bucket, Key: d.Key} }

// NewDrift returns what has drifted for the first time in the last 7 days, newest first, limit at most.
func (w *Warehouse) NewDrift(ctx context.Context, limit int) ([]Drift, error) {
	rows, err := w.pool.Query(ctx, w.queries["drift"], limit)
	if err != nil {
		return nil, fmt.Errorf("read column_drift: %w", err)
	}
	drift, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Drift])
	if err != nil {
		return nil, fmt.Errorf("read column_drift: %w", err)
	}
	return drift, nil
}
