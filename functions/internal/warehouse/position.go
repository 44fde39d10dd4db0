package warehouse

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// Position is how far a pass over a bucket has come.
type Position struct {
	After   string // the key to go on after; empty: from the front
	Listed  int64  // in this pass so far
	Missing int64
}

// ReconcilePosition returns where the pass over a bucket and prefix goes on.
func (w *Warehouse) ReconcilePosition(ctx context.Context, bucket, prefix string) (Position, error) {
	var p Position
	err := w.pool.QueryRow(ctx, w.queries["reconcile_position"], bucket, prefix).Scan(&p.After, &p.Listed, &p.Missing)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return p, fmt.Errorf("look up where reconcile goes on: %w", err)
	}
	return p, nil
}

// KeepReconcilePosition keeps where a slice ended; done: the pass is over, and the next begins at the front.
func (w *Warehouse) KeepReconcilePosition(ctx context.Context, bucket, prefix string, p Position, done bool) error {
	_, err := w.pool.Exec(ctx, w.queries["keep_reconcile_position"], bucket, prefix, p.After, p.Listed, p.Missing, done)
	if err != nil {
		return fmt.Errorf("keep where reconcile goes on: %w", err)
	}
	return nil
}
