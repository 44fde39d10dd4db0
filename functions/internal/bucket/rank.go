package bucket

import (
	"context"
	"fmt"

	"github.com/minio/minio-go/v7"

	"eventdrop/functions/internal/dropzone"
)

// rankPage is enough for the versions of one second; more are asked for where there are more.
const rankPage = 32

// VersionRank returns how many older versions of obj's key the store keeps from the same second,
// delete markers not counted: it orders versions where last-modified cannot. A listing is the only
// place that tells, newest first. It is 0 for an object without version id.
//
// It fails with [dropzone.ErrGone] where the version is not listed any more.
func (s *Store) VersionRank(ctx context.Context, obj dropzone.Object) (int32, error) {
	if !obj.Versioned() {
		return 0, nil
	}
	var found *minio.ObjectInfo
	rank := int32(0)
	for entry, err := range s.entries(ctx, obj.Bucket, minio.ListObjectsOptions{
		Prefix: obj.Key, WithVersions: true, MaxKeys: rankPage,
	}) {
		if err != nil {
			return 0, err
		}
		switch {
		case entry.Key != obj.Key || found != nil && !wholeSeconds(entry.LastModified).Equal(wholeSeconds(found.LastModified)):
			return rank, s.listed(obj, found)
		case found == nil && entry.VersionID == obj.VersionID:
			found = &entry
		case found != nil && !entry.IsDeleteMarker:
			rank++
		}
	}
	return rank, s.listed(obj, found)
}

func (s *Store) listed(obj dropzone.Object, found *minio.ObjectInfo) error {
	if found == nil {
		return &Error{Op: "rank", Target: obj.String(), Err: fmt.Errorf("version %q: %w", obj.VersionID, dropzone.ErrGone)}
	}
	return nil
}
