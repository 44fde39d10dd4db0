package bucket

import (
	"context"
	"crypto/rand"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"eventdrop/functions/internal/dropzone"
	"eventdrop/infra/embedded"
)

// server is one real MinIO for all tests of the package; it ends with the test binary. Its static
// key lets it encrypt objects.
//
//nolint:gochecknoglobals // a server for each test would take seconds each
var server = sync.OnceValues(func() (*embedded.MinIO, error) {
	return embedded.StartMinIO(context.Background(), embedded.MinIOOptions{
		Options:     embedded.Options{Progress: os.Stderr},
		Environment: []string{"MINIO_KMS_SECRET_KEY=eventdrop:OSMM+vkKUTCvQs9YL/CVMIMt43HFhkUpqJxTmGl6rYw="},
	})
})

// drop is one bucket of the real MinIO, a store that reads it, and a client that fills it.
type drop struct {
	*Store

	bucket string
	client *minio.Client
}

// versioning of a bucket, as minio-go spells it.
const (
	unversioned = ""
	versioned   = minio.Enabled
)

func newDrop(t *testing.T, versioning string) *drop {
	t.Helper()
	m, err := server()
	if err != nil {
		t.Fatal(err)
	}
	store, err := New(Config{Endpoint: "http://" + m.Endpoint(), AccessKey: m.AccessKey(), SecretKey: m.SecretKey()})
	if err != nil {
		t.Fatal(err)
	}
	client, err := minio.New(m.Endpoint(), &minio.Options{
		Creds: credentials.NewStaticV4(m.AccessKey(), m.SecretKey(), ""), Region: m.Region(), TrailingHeaders: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	d := &drop{Store: store, bucket: "drop-" + strings.ToLower(rand.Text()), client: client}
	if err := client.MakeBucket(t.Context(), d.bucket, minio.MakeBucketOptions{}); err != nil {
		t.Fatal(err)
	}
	d.version(t, versioning)
	return d
}

func (d *drop) version(t *testing.T, versioning string) {
	t.Helper()
	if versioning == unversioned {
		return
	}
	if err := d.client.SetBucketVersioning(t.Context(), d.bucket, minio.BucketVersioningConfiguration{Status: versioning}); err != nil {
		t.Fatal(err)
	}
}

// put stores content and returns it as a notice would name it.
func (d *drop) put(t *testing.T, key, content string) dropzone.Object {
	t.Helper()
	return d.putWith(t, key, content, minio.PutObjectOptions{})
}

func (d *drop) putWith(t *testing.T, key, content string, opts minio.PutObjectOptions) dropzone.Object {
	t.Helper()
	info, err := d.client.PutObject(t.Context(), d.bucket, key, strings.NewReader(content), int64(len(content)), opts)
	if err != nil {
		t.Fatalf("put %q: %v", key, err)
	}
	return dropzone.Object{Bucket: d.bucket, Key: key, VersionID: dropzone.NormalVersionID(info.VersionID), ETag: info.ETag}
}

// remove deletes a key, or one version of it.
func (d *drop) remove(t *testing.T, key, version string) {
	t.Helper()
	if err := d.client.RemoveObject(t.Context(), d.bucket, key, minio.RemoveObjectOptions{VersionID: version}); err != nil {
		t.Fatalf("remove %q: %v", key, err)
	}
}

// list returns the whole listing under a prefix.
func (d *drop) list(t *testing.T, prefix string, opts ListOptions) []dropzone.Object {
	t.Helper()
	var objects []dropzone.Object
	for obj, err := range d.List(t.Context(), d.bucket, prefix, opts) {
		if err != nil {
			t.Fatal(err)
		}
		objects = append(objects, obj)
	}
	return objects
}
