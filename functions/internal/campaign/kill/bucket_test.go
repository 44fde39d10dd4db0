package kill

import (
	"bytes"
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"eventdrop/functions/internal/campaign/world"
)

// bucket is a world's bucket as its producers see it: keys may be taken, and are overwritten.
type bucket struct {
	*minio.Client
	name string
}

func openBucket(t *testing.T, w *world.World) bucket {
	t.Helper()
	client, err := minio.New(w.MinIO.Endpoint(), &minio.Options{
		Creds: credentials.NewStaticV4(w.MinIO.AccessKey(), w.MinIO.SecretKey(), ""), Region: w.MinIO.Region(), MaxRetries: 1,
	})
	if err != nil {
		t.Fatal(err)
	}
	return bucket{client, w.Config.S3Bucket}
}

func (b bucket) put(ctx context.Context, key string, body []byte) (minio.UploadInfo, error) {
	info, err := b.PutObject(ctx, b.name, key, bytes.NewReader(body), int64(len(body)), minio.PutObjectOptions{DisableMultipart: true})
	if err != nil {
		return info, fmt.Errorf("put %s: %w", key, err)
	}
	return info, nil
}

// putUntilStored repeats an upload as a producer does that got no answer, and tells of each attempt that failed.
func (b bucket) putUntilStored(ctx context.Context, key string, body []byte, failed func(began time.Time, err error)) (minio.UploadInfo, error) {
	pause := time.NewTicker(20 * time.Millisecond)
	defer pause.Stop()
	for {
		began := time.Now()
		info, err := b.put(ctx, key, body)
		if err == nil {
			return info, nil
		}
		failed(began, err)
		select {
		case <-pause.C:
		case <-ctx.Done():
			return info, err
		}
	}
}
