package bucket

import (
	"context"
	"errors"
	"iter"
	"net/http"
	"time"

	"github.com/minio/minio-go/v7"

	"eventdrop/functions/internal/dropzone"
)

// ListOptions bounds a listing.
type ListOptions struct {
	// After is the key after which the listing begins: the last key that an interrupted
	// listing had finished with. Empty begins at the first.
	After string
}

// List yields the objects whose keys begin with prefix, in the byte order of their keys. Where the
// bucket keeps or kept versions it yields all of them, a key's newest first, also noncurrent ones
// and those under delete markers. RawKey is not filled in. VersionRank is, and Ranked where the listing tells it for
// good: of young versions it may not show all that are older yet.
//
// It holds one page of 1,000 in memory. An error, always an [*Error], is yielded last; a listing
// that ends without one was complete.
func (s *Store) List(ctx context.Context, bucket, prefix string, opts ListOptions) iter.Seq2[dropzone.Object, error] {
	return func(yield func(dropzone.Object, error) bool) {
		versions, err := s.keepsVersions(ctx, bucket)
		if err != nil {
			yield(dropzone.Object{}, err)
			return
		}
		entries := s.entries(ctx, bucket, minio.ListObjectsOptions{Prefix: prefix, StartAfter: opts.After, WithVersions: versions})
		for group, err := range together(entries) {
			if err != nil {
				yield(dropzone.Object{}, err)
				return
			}
			for i, entry := range group {
				obj := answered(dropzone.Object{Bucket: bucket, Key: entry.Key}, entry)
				if obj.Versioned() {
					obj.VersionRank = rank(&entry, int32(len(group)-1-i)) //nolint:gosec // versions of one millisecond
					obj.Ranked = time.Since(entry.LastModified) > rankSettled
				}
				if !yield(obj, nil) {
					return
				}
			}
		}
	}
}

// together yields a listing without its delete markers, and versions of one key and millisecond as one slice. It is
// good until the next one is asked for.
func together(entries iter.Seq2[minio.ObjectInfo, error]) iter.Seq2[[]minio.ObjectInfo, error] {
	return func(yield func([]minio.ObjectInfo, error) bool) {
		var group []minio.ObjectInfo
		for entry, err := range entries {
			if len(group) > 0 && (err != nil || entry.Key != group[0].Key || !sameMillisecond(&entry, &group[0])) {
				if !yield(group, nil) {
					return
				}
				group = group[:0]
			}
			if err != nil {
				yield(nil, err)
				return
			}
			if !entry.IsDeleteMarker {
				group = append(group, entry)
			}
		}
		if len(group) > 0 {
			yield(group, nil)
		}
	}
}

// keepsVersions reports whether the versions must be listed. Where the role may not ask, or the
// server does not know the question, they are: a bucket without versioning lists its objects so, too.
func (s *Store) keepsVersions(ctx context.Context, bucket string) (bool, error) {
	versioning, err := s.client.GetBucketVersioning(ctx, bucket)
	if answer, ok := errors.AsType[minio.ErrorResponse](err); ok {
		switch answer.StatusCode {
		case http.StatusForbidden, http.StatusMethodNotAllowed, http.StatusNotImplemented:
			return true, nil
		}
	}
	if err != nil {
		return false, s.failBucket("list", bucket, "", err)
	}
	return versioning.Status != "", nil
}

// entries yields a listing, checked: minio-go ends one silently when ctx does, and those who merge
// it with the ledger rely on its order, which some servers and directory buckets do not keep.
func (s *Store) entries(ctx context.Context, bucket string, opts minio.ListObjectsOptions) iter.Seq2[minio.ObjectInfo, error] {
	opts.Recursive, opts.FetchOwner = true, new(false)
	return func(yield func(minio.ObjectInfo, error) bool) {
		last := opts.StartAfter
		for entry := range s.client.ListObjectsIter(ctx, bucket, opts) {
			err := entry.Err
			if err == nil && entry.Key < last {
				err = errors.New("the listing is not in the order of its keys")
			}
			if err != nil {
				yield(minio.ObjectInfo{}, s.failBucket("list", bucket, opts.Prefix, err))
				return
			}
			if !yield(entry, nil) {
				return
			}
			last = entry.Key
		}
		if ctx.Err() != nil {
			yield(minio.ObjectInfo{}, s.failBucket("list", bucket, opts.Prefix, ctx.Err()))
		}
	}
}
