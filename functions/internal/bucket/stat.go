package bucket

import (
	"context"
	"time"

	"eventdrop/functions/internal/dropzone"
)

// Stat returns what the store holds now: at obj's version, or, where it has none, at its key, with
// whatever ETag. An object without version id that came from this package (its LastModified is
// set) is looked up as the null version where newer versions of its key hide it.
//
// It fails as [Store.Open] does, except that there is nothing to be superseded. AWS does not say
// in a HEAD that it is the bucket that is missing: that too is [dropzone.ErrGone] there.
func (s *Store) Stat(ctx context.Context, obj dropzone.Object) (dropzone.Object, error) {
	now, err := s.head(ctx, obj, obj.VersionID)
	switch {
	case !mayBeHidden(obj):
		return now, err
	case err == nil && now.Versioned():
		return s.head(ctx, obj, nullVersion)
	case missed(err):
		if null, nullErr := s.head(ctx, obj, nullVersion); nullErr == nil {
			return null, nil
		}
	}
	return now, err
}

func (s *Store) head(ctx context.Context, obj dropzone.Object, version string) (dropzone.Object, error) {
	unpinned := obj
	unpinned.ETag = ""
	info, err := s.client.StatObject(ctx, obj.Bucket, obj.Key, pinned(unpinned, version))
	if err != nil {
		return dropzone.Object{}, s.fail("look up", obj, err)
	}
	return answered(obj, info), nil
}

// wholeSeconds cuts a time to the precision that GET, HEAD and LIST share.
func wholeSeconds(t time.Time) time.Time { return t.UTC().Truncate(time.Second) }
