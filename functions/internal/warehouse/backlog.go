package warehouse

import (
	"context"
	"fmt"
)

// Backlog is what waits in the ledger.
type Backlog struct {
	Failed int64 // objects that are tried again
	Due    int64 // of these: now
	Paused bool
}

// Backlog returns what waits of a bucket, of keys that begin with prefix.
func (w *Warehouse) Backlog(ctx context.Context, bucket, prefix string) (b Backlog, err error) {
	if err = w.pool.QueryRow(ctx, w.queries["backlog"], bucket, prefix).Scan(&b.Failed, &b.Due, &b.Paused); err != nil {
		return b, fmt.Errorf("count what waits: %w", err)
	}
	return b, nil
}
