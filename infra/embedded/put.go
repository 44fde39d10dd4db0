package embedded

import (
	"bytes"
	"context"
	"fmt"

	"github.com/minio/minio-go/v7"
)

// Put stores an object under a key that is still free, as a well-behaved producer does.
func (m *MinIO) Put(ctx context.Context, bucket, key string, body []byte) error {
	options := minio.PutObjectOptions{ContentType: "text/csv", DisableMultipart: true}
	options.SetMatchETagExcept("*")
	_, err := m.client.PutObject(ctx, bucket, key, bytes.NewReader(body), int64(len(body)), options)
	if err != nil {
		return fmt.Errorf("put %s/%s: %w", bucket, key, err)
	}
	return nil
}
