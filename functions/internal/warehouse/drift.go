package warehouse

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"eventdrop/functions/internal/dropzone"
)

// Change says how a column drifted.
type Change string

// The changes of columns. Renamed columns that the contract has an alias for, and reordered ones, are none.
const (
	Appeared Change = "appeared" // the contract does not know the column
	Absent   Change = "missing"  // the header lacks a column of the contract
)

// queueDrift notes the object's new and missing columns, each of which is written down only once: loads of producers
// that are at different versions change nothing for each other.
func (l *load) queueDrift(batch *pgx.Batch) {
	var columns []string
	var changes []Change
	note := func(change Change, names []string) {
		for _, name := range names {
			columns, changes = append(columns, name), append(changes, change)
		}
	}
	note(Appeared, l.receipt.Dialect.Unknown)
	note(Absent, l.receipt.Dialect.Absent)
	if len(columns) > 0 {
		batch.Queue(l.w.queries["note_drift"], l.receipt.Contract, l.receipt.Revision, l.receipt.ObjectID, columns, changes)
	}
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
