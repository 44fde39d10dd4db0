package warehouse

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"eventdrop/functions/internal/dropzone"
)

// Look returns the state of a version that needs nothing more, loaded or parked, and an empty one for any
// other, and tells whether the pipeline is paused. It looks without waiting, so an empty answer is only a
// hint. Objects without a version are never settled by their name alone: equal bytes may have been put again.
func (w *Warehouse) Look(ctx context.Context, o dropzone.Object) (found dropzone.Standing, err error) {
	err = w.pool.QueryRow(ctx, w.queries["settled"], o.Bucket, o.Key, o.VersionID, o.ETag, o.VersionRank).
		Scan(&found.State, &found.Misordered, &found.Paused)
	if err != nil {
		return dropzone.Standing{}, fmt.Errorf("look into the ledger: %w", err)
	}
	return found, nil
}

// NothingSettled reports whether the pipeline is not paused, and none of the versions needs nothing more.
func (w *Warehouse) NothingSettled(ctx context.Context, objects []dropzone.Object) (bool, error) {
	var nothing bool
	if err := w.pool.QueryRow(ctx, w.queries["nothing_settled"], identities(objects)...).Scan(&nothing); err != nil {
		return false, fmt.Errorf("look into the ledger: %w", err)
	}
	return nothing, nil
}

// Died returns how many attempts of each object ended without any outcome so far: their loaders died, or are at work.
func (w *Warehouse) Died(ctx context.Context, objects []dropzone.Object) ([]int, error) {
	rows, err := w.pool.Query(ctx, w.queries["died"], identities(objects)...)
	if err != nil {
		return nil, fmt.Errorf("look into the ledger: %w", err)
	}
	died, err := pgx.CollectRows(rows, pgx.RowTo[int])
	if err != nil {
		return nil, fmt.Errorf("look into the ledger: %w", err)
	}
	return died, nil
}

// Held reports whether another loader has claimed a failed object. It does not wait, so false is only a hint.
func (w *Warehouse) Held(ctx context.Context, o dropzone.Object) (bool, error) {
	_, err := w.pool.Exec(ctx, w.queries["held"], o.Bucket, o.Key, o.VersionID, o.ETag)
	if sqlState(err) == lockNotAvailable {
		return true, nil
	}
	if err != nil {
		return false, fmt.Errorf("look into the ledger: %w", err)
	}
	return false, nil
}

// identities are the arguments of a query about several objects.
func identities(objects []dropzone.Object) []any {
	n := len(objects)
	buckets, keys, versions, etags := make([]string, n), make([]string, n), make([]string, n), make([]string, n)
	for i, o := range objects {
		buckets[i], keys[i], versions[i], etags[i] = o.Bucket, o.Key, o.VersionID, o.ETag
	}
	return []any{buckets, keys, versions, etags}
}

// Missing returns those objects of one page of a bucket's listing that are neither settled, at their rank or a greater one, nor
// waiting for their next attempt. All must be of one bucket. The order of the page does not matter.
func (w *Warehouse) Missing(ctx context.Context, page []dropzone.Object) ([]dropzone.Object, error) {
	if len(page) == 0 {
		return nil, nil
	}
	n := len(page)
	keys, versions, etags, modified, ranks := make([]string, n), make([]string, n), make([]string, n), make([]time.Time, n), make([]int32, n)
	for i := range page {
		keys[i], versions[i], etags[i], modified[i], ranks[i] = page[i].Key, page[i].VersionID, page[i].ETag, page[i].LastModified, page[i].VersionRank
	}
	rows, err := w.pool.Query(ctx, w.queries["missing"], page[0].Bucket, keys, versions, etags, modified, ranks)
	if err != nil {
		return nil, fmt.Errorf("compare with the ledger: %w", err)
	}
	ordinals, err := pgx.CollectRows(rows, pgx.RowTo[int])
	if err != nil {
		return nil, fmt.Errorf("compare with the ledger: %w", err)
	}
	missing := make([]dropzone.Object, len(ordinals))
	for i, ordinal := range ordinals {
		missing[i] = page[ordinal-1]
	}
	return missing, nil
}

// Due returns one page of the failed objects of a bucket whose next attempt is due and whose keys begin with prefix, oldest
// first, limit at most, and where the page ends; none while the pipeline is paused. With the zero DueMark it begins with the oldest; with that
// of a page it goes on behind it. After a page with fewer objects there is no other.
func (w *Warehouse) Due(ctx context.Context, bucket, prefix string, from dropzone.DueMark, limit int) ([]dropzone.Object, dropzone.DueMark, error) {
	rows, err := w.pool.Query(ctx, w.queries["due"], bucket, prefix, limit, from.Asked, from.Next, from.ObjectID)
	if err != nil {
		return nil, from, fmt.Errorf("look for due objects: %w", err)
	}
	due, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (o dropzone.Object, err error) {
		var modified *time.Time // null: nobody has opened it
		if err = row.Scan(&o.Bucket, &o.Key, &o.VersionID, &o.ETag, &modified, &from.Asked, &from.Next, &from.ObjectID); modified != nil {
			o.LastModified = modified.UTC()
		}
		return o, err
	})
	if err != nil {
		return nil, from, fmt.Errorf("look for due objects: %w", err)
	}
	return due, from, nil
}

// ResumeInterrupted makes objects due at once whose attempt was begun and never ended. It is asked
// when a loader starts: the one before it may have died. It returns their number. What another loader is loading is left to it,
// and not waited for.
func (w *Warehouse) ResumeInterrupted(ctx context.Context) (int64, error) {
	tag, err := w.pool.Exec(ctx, w.queries["resume_interrupted"])
	if err != nil {
		return 0, fmt.Errorf("resume interrupted objects: %w", err)
	}
	return tag.RowsAffected(), nil
}
