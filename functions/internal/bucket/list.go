package bucket

import (
	"context"
	"errors"
	"iter"
	"net/http"

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
// and those under delete markers. RawKey and VersionRank are not filled in.
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
		for entry, err := range s.entries(ctx, bucket, minio.ListObjectsOptions{
			Prefix: prefix, StartAfter: opts.After, WithVersions: versions,
		}) {
			if err != nil {
				yield(dropzone.Object{}, err)
				return
			}
			if !entry.IsDeleteMarker && !yield(answered(dropzone.Object{Bucket: bucket, Key: entry.Key}, entry), nil) {
				return
			}
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
