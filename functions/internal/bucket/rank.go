package bucket

import (
	"context"
	"fmt"
	"time"

	"github.com/minio/minio-go/v7"

	"eventdrop/functions/internal/dropzone"
)

// rankPage is enough for the versions of one millisecond, and of most seconds; more are asked for where there are more.
const rankPage = 32

// rankSettled is the age from which on a listing shows all versions of an instant: a newer upload may be listed before
// an older one of its millisecond is, by as long as the older one's PUT takes.
const rankSettled = 10 * time.Second

// VersionRank lists the versions of obj's key and tells the rank of this one: see [dropzone.RankWithinSecond]. A listing is the
// only place that tells, newest first. It is 0 for an object without version id.
//
// It costs what a listing costs: MinIO reads the whole folder of the key.
//
// It fails with [dropzone.ErrGone] where the version is not listed any more.
func (s *Store) VersionRank(ctx context.Context, obj dropzone.Object) (int32, error) {
	if !obj.Versioned() {
		return 0, nil
	}
	var found *minio.ObjectInfo
	older := int32(0)
	for entry, err := range s.entries(ctx, obj.Bucket, minio.ListObjectsOptions{
		Prefix: obj.Key, WithVersions: true, MaxKeys: rankPage,
	}) {
		if err != nil {
			return 0, err
		}
		switch {
		case entry.Key != obj.Key || found != nil && !sameMillisecond(&entry, found):
			return rank(found, older), s.listed(obj, found)
		case found == nil && entry.VersionID == obj.VersionID:
			found = &entry
		case found != nil && !entry.IsDeleteMarker:
			older++
		}
	}
	return rank(found, older), s.listed(obj, found)
}

func sameMillisecond(a, b *minio.ObjectInfo) bool {
	return a.LastModified.Truncate(time.Millisecond).Equal(b.LastModified.Truncate(time.Millisecond))
}

func rank(found *minio.ObjectInfo, older int32) int32 {
	if found == nil {
		return 0
	}
	return dropzone.RankWithinSecond(found.LastModified, older)
}

func (s *Store) listed(obj dropzone.Object, found *minio.ObjectInfo) error {
	if found == nil {
		return &Error{Op: "rank", Target: obj.String(), Err: fmt.Errorf("version %q: %w", obj.VersionID, dropzone.ErrGone)}
	}
	return nil
}
