package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
)

// uploadTries is how often minio-go sends a request that is answered with a passing error, the first time included.
const uploadTries = 3

// bucket is a place on an S3 server.
type bucket struct {
	client   *minio.Client
	name     string
	endpoint string
}

func newBucket(s settings, address *url.URL) (*bucket, error) {
	client, err := minio.New(address.Host, &minio.Options{
		Creds: s.identity(), Secure: address.Scheme == "https", Region: s.Region, MaxRetries: uploadTries,
	})
	if err != nil {
		return nil, fmt.Errorf("use %s: %w", s.Endpoint, err)
	}
	return &bucket{client: client, name: s.Bucket, endpoint: s.Endpoint}, nil
}

// identity is the key of the settings, else that of the machine's role.
func (s settings) identity() *credentials.Credentials {
	if s.AccessKey != "" {
		return credentials.NewStaticV4(s.AccessKey, s.SecretKey, "")
	}
	return credentials.NewChainCredentials([]credentials.Provider{&credentials.EnvAWS{}, &credentials.IAM{}})
}

// String is the bucket's address.
func (b *bucket) String() string { return "s3://" + b.name + " at " + b.endpoint }

// Put uploads the object in one request. A taken key is refused by the server itself (If-None-Match), so that two
// generators cannot overwrite each other.
func (b *bucket) Put(ctx context.Context, d drop) error {
	options := minio.PutObjectOptions{ContentType: contentType(d.key), DisableMultipart: true}
	if !d.overwrite {
		options.SetMatchETagExcept("*")
	}
	_, err := b.client.PutObject(ctx, b.name, d.key, bytes.NewReader(d.body), int64(len(d.body)), options)
	return b.explain(err)
}

func contentType(key string) string {
	switch {
	case strings.HasSuffix(key, ".gz"):
		return "application/gzip"
	case strings.HasSuffix(key, ".zst"):
		return "application/zstd"
	default:
		return "text/csv"
	}
}

// explain says what the user can do about an error of the server.
func (b *bucket) explain(err error) error {
	var answer minio.ErrorResponse
	var unreachable net.Error
	switch {
	case err == nil:
		return nil
	case errors.As(err, &answer):
		return b.explainAnswer(answer, err)
	case errors.Is(err, context.Canceled):
		return err
	case errors.As(err, &unreachable):
		return fmt.Errorf("%s does not answer: start it (eventdrop up), or correct EVENTDROP_S3_ENDPOINT: %w", b.endpoint, err)
	default:
		return err
	}
}

func (b *bucket) explainAnswer(answer minio.ErrorResponse, err error) error {
	switch {
	case answer.StatusCode == http.StatusPreconditionFailed, answer.Code == "PreconditionFailed":
		return errExists
	case answer.Code == minio.NoSuchBucket:
		return fmt.Errorf("there is no bucket %q at %s: create it, or correct EVENTDROP_S3_BUCKET: %w", b.name, b.endpoint, err)
	case answer.Code == "InvalidAccessKeyId", answer.Code == "SignatureDoesNotMatch", answer.Code == minio.AccessDenied:
		return fmt.Errorf("%s refuses the key of EVENTDROP_S3_ACCESS_KEY for the bucket %q: check both keys and their rights: %w",
			b.endpoint, b.name, err)
	default:
		return err
	}
}
