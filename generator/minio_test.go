package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"eventdrop/infra/embedded"
)

// startMinIO starts a real server with a bucket, and points the settings at it.
func startMinIO(t *testing.T) *minio.Client {
	t.Helper()
	server, err := embedded.StartMinIO(t.Context(), embedded.MinIOOptions{Options: embedded.Options{Progress: os.Stderr}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Stop(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	})
	if err := server.CreateBucket(t.Context(), embedded.Bucket{Name: "drops"}); err != nil {
		t.Fatal(err)
	}
	clearSettings(t)
	for name, value := range map[string]string{
		"ENDPOINT": "http://" + server.Endpoint(), "REGION": server.Region(), "ACCESS_KEY": server.AccessKey(),
		"SECRET_KEY": server.SecretKey(), "BUCKET": "drops", "PREFIX": "shop",
	} {
		t.Setenv("EVENTDROP_S3_"+name, value)
	}
	client, err := minio.New(server.Endpoint(), &minio.Options{
		Creds: credentials.NewStaticV4(server.AccessKey(), server.SecretKey(), ""), Region: server.Region(),
	})
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// stored lists the bucket: key to ETag and last-modified.
func stored(t *testing.T, client *minio.Client) map[string]string {
	t.Helper()
	objects := map[string]string{}
	for o := range client.ListObjects(t.Context(), "drops", minio.ListObjectsOptions{Recursive: true}) {
		if o.Err != nil {
			t.Fatal(o.Err)
		}
		objects[o.Key] = o.ETag + " " + o.LastModified.String()
	}
	return objects
}

// What the generator is for, on a real server: objects under dated keys, the truth about each, and
// nothing that is there is ever overwritten.
func TestObjectsReachARealBucketAndAreNeverOverwritten(t *testing.T) { //nolint:paralleltest // settings belong to the process
	client := startMinIO(t)
	truth := t.TempDir()
	args := []string{"--objects", "12", "--rows", "10-20", "--seed", "5", "--start", "2026-02-03T04:05:06Z", "--compression", "mixed", "--manifest", truth, "-q"}
	if code, out, errs := call(t, args...); code != exitDone {
		t.Fatalf("exit %d\n%s\n%s", code, out, errs)
	}
	first := stored(t, client)
	if len(first) != 12 {
		t.Errorf("%d objects in the bucket, want 12", len(first))
	}
	for key := range first {
		if !strings.HasPrefix(key, "shop/2026/02/03/") {
			t.Errorf("key %s is not below its prefix and date", key)
		}
		if _, err := os.Stat(filepath.Join(truth, filepath.FromSlash(key)+".truth.json")); err != nil {
			t.Errorf("no truth about %s: %v", key, err)
		}
	}
	code, out, errs := call(t, args...)
	if code != exitDone || !strings.Contains(out+errs, "12") {
		t.Errorf("second run: exit %d\n%s\n%s", code, out, errs)
	}
	for key, was := range stored(t, client) {
		if was != first[key] {
			t.Errorf("%s was %s and is %s", key, first[key], was)
		}
	}
}
