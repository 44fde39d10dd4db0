package embedded

import (
	"context"
	"fmt"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/notification"
)

// Bucket says how to make a bucket.
type Bucket struct {
	Name string
	// Versioned keeps every version of a key.
	Versioned bool
	// Notify names the webhooks that get a notice of each new object, by their ID.
	Notify []string
	// Prefix and Suffix restrict the notices to some keys; empty means all.
	Prefix, Suffix string
}

// HasBucket reports whether there is a bucket of this name.
func (s *Store) HasBucket(ctx context.Context, name string) (bool, error) {
	exists, err := s.client.BucketExists(ctx, name)
	if err != nil {
		return false, fmt.Errorf("look for bucket %s: %w", name, err)
	}
	return exists, nil
}

// CreateBucket makes the bucket, unless it exists, and sets its versioning and notices: where Notify
// is empty, it removes the notices of one that exists. Whoever may not change a bucket that he finds asks
// [Store.HasBucket] first. Notices are sent for the four ways to create an object, and not for tags, holds
// and the like, which MinIO counts as creations too.
func (s *Store) CreateBucket(ctx context.Context, b Bucket) error {
	exists, err := s.HasBucket(ctx, b.Name)
	if err != nil {
		return err
	}
	if !exists {
		if err := s.client.MakeBucket(ctx, b.Name, minio.MakeBucketOptions{Region: s.region}); err != nil {
			return fmt.Errorf("make bucket %s: %w", b.Name, err)
		}
	}
	if b.Versioned {
		if err := s.client.EnableVersioning(ctx, b.Name); err != nil {
			return fmt.Errorf("keep versions in bucket %s: %w", b.Name, err)
		}
	}
	if !exists && len(b.Notify) == 0 {
		return nil // a new bucket has no notices, and not every S3 server knows them
	}
	if err := s.setNotices(ctx, b); err != nil {
		return fmt.Errorf("set the notices of bucket %s: %w", b.Name, err)
	}
	return nil
}

// webhookPatience is how long a server may not know a webhook: it answers requests before it has read which ones it has.
const webhookPatience = 15 * time.Second

func (s *Store) setNotices(ctx context.Context, b Bucket) error {
	patience := time.NewTimer(webhookPatience)
	defer patience.Stop()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		err := s.client.SetBucketNotification(ctx, b.Name, b.notices())
		if err == nil || minio.ToErrorResponse(err).Code != minio.InvalidArgument {
			return err
		}
		select {
		case <-tick.C:
		case <-patience.C:
			return err
		case <-ctx.Done():
			return err
		}
	}
}

func (b Bucket) notices() notification.Configuration {
	var all notification.Configuration
	for _, id := range b.Notify {
		target := notification.NewConfig(notification.NewArn("minio", "sqs", "", id, "webhook"))
		target.AddEvents(
			notification.ObjectCreatedPut, notification.ObjectCreatedPost,
			notification.ObjectCreatedCopy, notification.ObjectCreatedCompleteMultipartUpload,
		)
		if b.Prefix != "" {
			target.AddFilterPrefix(b.Prefix)
		}
		if b.Suffix != "" {
			target.AddFilterSuffix(b.Suffix)
		}
		all.AddQueue(target)
	}
	return all
}
