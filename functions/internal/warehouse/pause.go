package warehouse

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// Pause says since when and why nothing is loaded.
type Pause struct {
	Since  time.Time `json:"since"`
	Reason string    `json:"reason"`
	Held   int64     `json:"held"` // notices that were acknowledged meanwhile, without a load
}

// Pause keeps every loader of the schema from loading anything by itself, from its next object on. An open
// pause goes on, with the new reason if there is one.
func (w *Warehouse) Pause(ctx context.Context, reason string) (*Pause, error) {
	return w.pause(ctx, "pause", reason)
}

// Paused returns the open pause, or nil.
func (w *Warehouse) Paused(ctx context.Context) (*Pause, error) { return w.pause(ctx, "paused") }

// Resume ends the open pause and returns it, or nil where there was none. What it held back is for a
// reconcile to load, which must begin after Resume.
func (w *Warehouse) Resume(ctx context.Context) (*Pause, error) { return w.pause(ctx, "resume") }

func (w *Warehouse) pause(ctx context.Context, query string, args ...any) (*Pause, error) {
	var p Pause
	err := w.pool.QueryRow(ctx, w.queries[query], args...).Scan(&p.Since, &p.Reason, &p.Held)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", query, err)
	}
	return &p, nil
}

// HoldNotice counts a notice that a pause holds back. It returns false where the pause ended meanwhile: then the
// reconcile of its end may have missed what the notice announced.
func (w *Warehouse) HoldNotice(ctx context.Context) (held bool, err error) {
	tag, err := w.pool.Exec(ctx, w.queries["hold_notice"])
	if err != nil {
		return false, fmt.Errorf("count the notice: %w", err)
	}
	return tag.RowsAffected() > 0, nil
}
