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

// CreateBucket makes the bucket, unless it exists, and sets its versioning and notices. Notices
// are sent for the four ways to create an object, and not for tags, holds and the like, which
// MinIO counts as creations too.
func (s *Store) CreateBucket(ctx context.Context, b Bucket) error {
	if err := s.makeBucket(ctx, b.Name); err != nil {
		return fmt.Errorf("make bucket %s: %w", b.Name, err)
	}
	if b.Versioned {
		if err := s.client.EnableVersioning(ctx, b.Name); err != nil {
			return fmt.Errorf("keep versions in bucket %s: %w", b.Name, err)
		}
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

func (s *Store) makeBucket(ctx context.Context, name string) error {
	exists, err := s.client.BucketExists(ctx, name)
	if exists || err != nil {
		return err
	}
	return s.client.MakeBucket(ctx, name, minio.MakeBucketOptions{Region: s.region})
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
