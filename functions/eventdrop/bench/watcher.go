package bench

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"
)

// watcher sees objects become visible, on a connection of its own: an object is visible with its rows, in one commit. What it
// sees, it sees late by up to one look: figures are too high by that, never too low.
type watcher struct {
	db      *pgx.Conn // closed while the server restarts
	connect func(context.Context) (*pgx.Conn, error)
	bucket  string
	every   time.Duration // between two looks

	mu      sync.Mutex
	flights map[string]*flight
	pending map[string]bool // keys that are not visible yet
	over    bool            // no more is expected
}

// flight is one object on its way.
type flight struct{ begun, answered, visible time.Time }

// The intervals between two looks. The long one is for thousands of objects on their way, each of which makes a look dearer.
const (
	closeLook = time.Millisecond
	wideLook  = 50 * time.Millisecond
)

// lostAfter is how long nothing may become visible, while something is expected, before objects count as lost. A notice that was
// lost takes a minute: then the loader looks itself.
const lostAfter = 3 * time.Minute

// observe stores objects, each at its time, and returns when all but the poison are visible.
func (p *place) observe(ctx context.Context, drops []drop, look time.Duration) (*watcher, error) {
	db, err := p.connect(ctx)
	if err != nil {
		return nil, err
	}
	w := &watcher{db: db, connect: p.connect, bucket: p.config.S3Bucket, every: look, flights: map[string]*flight{}, pending: map[string]bool{}}
	defer func() { _ = w.db.Close(context.WithoutCancel(ctx)) }() // it only read
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return w.watch(ctx) })
	group.Go(func() error {
		err := p.offer(ctx, drops, w)
		w.end()
		return err
	})
	return w, group.Wait()
}

// expect says that an object is about to be stored: its rows can be visible before the store has answered.
func (w *watcher) expect(key string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.flights[key] = &flight{begun: time.Now()}
	w.pending[key] = true
}

func (w *watcher) answered(key string) {
	now := time.Now()
	w.mu.Lock()
	defer w.mu.Unlock()
	w.flights[key].answered = now
}

func (w *watcher) end() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.over = true
}

// watch looks until no more is expected and all is visible.
func (w *watcher) watch(ctx context.Context) error {
	tick := time.NewTicker(w.every)
	defer tick.Stop()
	news := time.Now()
	for {
		keys, over := w.expected()
		if over && len(keys) == 0 {
			return nil
		}
		seen, err := w.look(ctx, keys)
		switch lost := time.Since(news) > lostAfter; {
		case err != nil && (lost || !w.db.IsClosed()):
			return err
		case err != nil: // the server restarts
		case seen || len(keys) == 0:
			news = time.Now()
		case lost:
			return fmt.Errorf("%d objects are not visible, and no other was for %s", len(keys), lostAfter)
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-tick.C:
		}
	}
}

// expected are the keys that are not visible yet.
func (w *watcher) expected() (keys []string, over bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for key := range w.pending {
		keys = append(keys, key)
	}
	return keys, w.over
}

// look asks which of the keys are visible.
func (w *watcher) look(ctx context.Context, keys []string) (seen bool, err error) {
	if len(keys) == 0 {
		return false, nil
	}
	if w.db.IsClosed() {
		db, err := w.connect(ctx)
		if err != nil {
			return false, err
		}
		w.db = db
	}
	const sql = "select key from objects where bucket = $1 and key = any($2) and state = 'loaded'"
	rows, err := w.db.Query(ctx, sql, w.bucket, keys)
	if err != nil {
		return false, fmt.Errorf("look for visible objects: %w", err)
	}
	visible, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return false, fmt.Errorf("look for visible objects: %w", err)
	}
	now := time.Now()
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, key := range visible {
		w.flights[key].visible = now
		delete(w.pending, key)
	}
	return len(visible) > 0, nil
}

// latencies are the milliseconds from the store's answer until the rows were visible, which is 0 where they overtook it.
func (w *watcher) latencies() sample {
	all := make(sample, 0, len(w.flights))
	for _, f := range w.flights {
		all = append(all, max(0, milliseconds(f.visible.Sub(f.answered))))
	}
	return all
}

// ends are the times from the first upload's begin to the last answer and to the last row that became visible.
func (w *watcher) ends() (stored, visible time.Duration) {
	var first time.Time
	for _, f := range w.flights {
		if first.IsZero() || f.begun.Before(first) {
			first = f.begun
		}
	}
	for _, f := range w.flights {
		stored, visible = max(stored, f.answered.Sub(first)), max(visible, f.visible.Sub(first))
	}
	return stored, visible
}
