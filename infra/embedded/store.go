package embedded

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/url"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
)

// Store makes and fills buckets on an S3 server: on one that was started here, or on a given one.
type Store struct {
	client *minio.Client
	region string
}

// GivenStore is a store on a server that somebody else runs. endpoint is an http or https URL.
// Nothing is asked of the server yet.
func GivenStore(endpoint, region, accessKey, secretKey string) (*Store, error) {
	address, err := url.Parse(endpoint)
	if err != nil || address.Host == "" {
		return nil, fmt.Errorf("%q is no endpoint: want http://host:port or https://host:port", endpoint)
	}
	client, err := minio.New(address.Host, &minio.Options{
		Creds: credentials.NewStaticV4(accessKey, secretKey, ""), Secure: address.Scheme == "https", Region: region,
	})
	if err != nil {
		return nil, fmt.Errorf("use %s: %w", endpoint, err)
	}
	return &Store{client, region}, nil
}

// Put stores an object under a key that is still free, as a well-behaved producer does.
func (s *Store) Put(ctx context.Context, bucket, key string, body []byte) error {
	options := minio.PutObjectOptions{ContentType: "text/csv", DisableMultipart: true}
	options.SetMatchETagExcept("*")
	_, err := s.client.PutObject(ctx, bucket, key, bytes.NewReader(body), int64(len(body)), options)
	if err != nil {
		return fmt.Errorf("put %s/%s: %w", bucket, key, err)
	}
	return nil
}

// PutStream stores what body gives, however much it is, in parts of 16 MiB.
func (s *Store) PutStream(ctx context.Context, bucket, key string, body io.Reader) error {
	options := minio.PutObjectOptions{ContentType: "text/csv", PartSize: 16 << 20}
	if _, err := s.client.PutObject(ctx, bucket, key, body, -1, options); err != nil {
		return fmt.Errorf("put %s/%s: %w", bucket, key, err)
	}
	return nil
}

// Get returns all bytes of the newest version of an object.
func (s *Store) Get(ctx context.Context, bucket, key string) ([]byte, error) {
	object, err := s.client.GetObject(ctx, bucket, key, minio.GetObjectOptions{})
	if err != nil {
		return nil, fmt.Errorf("get %s/%s: %w", bucket, key, err)
	}
	defer object.Close()
	body, err := io.ReadAll(object)
	if err != nil {
		return nil, fmt.Errorf("get %s/%s: %w", bucket, key, err)
	}
	return body, nil
}

// RemoveBucket removes the bucket, if it exists, with all that is in it, every version.
func (s *Store) RemoveBucket(ctx context.Context, name string) error {
	doomed := make(chan minio.ObjectInfo)
	listed := make(chan error, 1)
	go func() {
		defer close(doomed)
		for object := range s.client.ListObjects(ctx, name, minio.ListObjectsOptions{Recursive: true, WithVersions: true}) {
			if object.Err != nil {
				listed <- object.Err
				return
			}
			doomed <- object
		}
		listed <- nil
	}()
	var failed error
	for fault := range s.client.RemoveObjects(ctx, name, doomed, minio.RemoveObjectsOptions{}) {
		failed = fault.Err
	}
	if err := <-listed; err != nil {
		failed = err
	}
	if failed == nil {
		failed = s.client.RemoveBucket(ctx, name)
	}
	if failed != nil && minio.ToErrorResponse(failed).Code != minio.NoSuchBucket {
		return fmt.Errorf("remove bucket %s: %w", name, failed)
	}
	return nil
}
