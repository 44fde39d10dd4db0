// Package bucket reads the object store: it opens objects pinned to a version, and lists them.
// It is the only user of minio-go, and it never writes.
//
// Start with [Store.Open]; what it promises about the bytes is kept by [Body].
package bucket

import (
	"fmt"
	"time"

	"github.com/minio/minio-go/v7"
)

// maxRetries is how often minio-go sends one request: its own default of 10 outlives a Lambda's
// patience, and what is left over is retried with the object.
const maxRetries = 3

// Store is an S3 server with the credentials to read it. It is safe for concurrent use.
type Store struct {
	client      *minio.Client
	endpoint    string
	idle        time.Duration
	opaqueETags bool
}

// New returns the store that cfg describes. It asks nothing of the network; see [Store.CheckBucket].
// All faults of cfg are reported at once.
func New(cfg Config) (*Store, error) {
	at, err := cfg.validate()
	if err != nil {
		return nil, fmt.Errorf("configure the object store: %w", err)
	}
	transport, err := minio.DefaultTransport(at.secure)
	if err != nil {
		return nil, fmt.Errorf("configure the object store: %w", err)
	}
	idle := cfg.idleTimeout()
	transport.ResponseHeaderTimeout = idle
	client, err := minio.New(at.host, &minio.Options{
		Creds:      cfg.credentials(),
		Secure:     at.secure,
		Transport:  transport,
		Region:     cfg.region(),
		MaxRetries: maxRetries,
	})
	if err != nil {
		return nil, fmt.Errorf("configure the object store: %w", err)
	}
	// Dual-stack names do not resolve to a VPC's gateway endpoint.
	client.SetS3EnableDualstack(false)
	return &Store{client: client, endpoint: client.EndpointURL().String(), idle: idle, opaqueETags: cfg.OpaqueETags}, nil
}
