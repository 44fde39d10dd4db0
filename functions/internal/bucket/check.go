package bucket

import (
	"context"

	"github.com/minio/minio-go/v7"
)

// CheckBucket lists one key of bucket under prefix: it proves that the endpoint answers, that the
// credentials are taken, that the bucket exists and that the listing that reconcile needs is
// granted. The [*Error] that it returns names which of them failed, and the next step.
//
// It does not ask HeadBucket: that answer has no words, and a role may be bound to the prefix.
func (s *Store) CheckBucket(ctx context.Context, bucket, prefix string) error {
	for _, err := range s.entries(ctx, bucket, minio.ListObjectsOptions{Prefix: prefix, MaxKeys: 1}) {
		return err
	}
	return nil
}
