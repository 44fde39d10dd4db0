package embedded

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/minio/minio-go/v7"
)

func startMinIO(t *testing.T, options MinIOOptions) *MinIO {
	t.Helper()
	options.Progress = os.Stderr
	m, err := StartMinIO(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stopQuietly(t, m) })
	return m
}

// put stores a small object and returns its version.
func put(t *testing.T, m *MinIO, bucket, key string) string {
	t.Helper()
	const text = "event_id\n1\n"
	info, err := m.client.PutObject(t.Context(), bucket, key, strings.NewReader(text), int64(len(text)), minio.PutObjectOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return info.VersionID
}

func TestATemporaryMinIOVanishesAtStop(t *testing.T) {
	t.Parallel()
	m, err := StartMinIO(t.Context(), MinIOOptions{Options: Options{Progress: os.Stderr}})
	if err != nil {
		t.Fatal(err)
	}
	pid, dir := m.PID(), m.folder.path
	if err := m.Stop(t.Context()); err != nil {
		t.Error(err)
	}
	if !processDead(pid) || !missing(dir) {
		t.Errorf("process %d dead: %t, folder %s gone: %t", pid, processDead(pid), dir, missing(dir))
	}
}

func TestABucketKeepsVersionsIfAsked(t *testing.T) {
	t.Parallel()
	m := startMinIO(t, MinIOOptions{})
	for name, versioned := range map[string]bool{"plain": false, "versioned": true} {
		bucket := Bucket{Name: name, Versioned: versioned}
		for range 2 { // the second time finds it
			if err := m.CreateBucket(t.Context(), bucket); err != nil {
				t.Fatal(err)
			}
		}
		if version := put(t, m, name, "a.csv"); (version != "") != versioned {
			t.Errorf("bucket %s: version %q", name, version)
		}
	}
}

func TestABucketIsRemovedWithAllItsVersions(t *testing.T) {
	t.Parallel()
	m := startMinIO(t, MinIOOptions{})
	if err := m.CreateBucket(t.Context(), Bucket{Name: "drops", Versioned: true}); err != nil {
		t.Fatal(err)
	}
	put(t, m, "drops", "a.csv")
	put(t, m, "drops", "a.csv")
	for range 2 { // the second time there is none
		if err := m.RemoveBucket(t.Context(), "drops"); err != nil {
			t.Error(err)
		}
		eventually(t, "the bucket is gone", func() bool { // a busy MinIO has answered once that it was still there
			exists, err := m.HasBucket(t.Context(), "drops")
			return !exists && err == nil
		})
	}
}

func TestABucketIsDiscardedWithAllItsVersions(t *testing.T) {
	t.Parallel()
	m := startMinIO(t, MinIOOptions{})
	if err := m.CreateBucket(t.Context(), Bucket{Name: "drops", Versioned: true}); err != nil {
		t.Fatal(err)
	}
	put(t, m, "drops", "a.csv")
	put(t, m, "drops", "a.csv")
	if err := m.DiscardBucket(t.Context(), "drops"); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the bucket is gone", func() bool {
		exists, err := m.HasBucket(t.Context(), "drops")
		return !exists && err == nil
	})
	if _, err := os.Stat(filepath.Join(m.Drive(), "drops")); !os.IsNotExist(err) {
		t.Errorf("its folder: %v", err)
	}
}

// notice is one request to a webhook.
type notice struct{ path, authorization, body string }

// startReceiver returns a server that passes on what webhooks send to it.
func startReceiver(t *testing.T) (url string, notices <-chan notice) {
	t.Helper()
	received := make(chan notice, 100)
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err == nil && len(body) > 0 {
			received <- notice{r.URL.Path, r.Header.Get("Authorization"), string(body)}
		}
	}))
	t.Cleanup(server.Close)
	return server.URL, received
}

func TestBothWebhooksGetANoticeOfEachMatchingObject(t *testing.T) {
	t.Parallel()
	url, notices := startReceiver(t)
	m := startMinIO(t, MinIOOptions{Webhooks: []Webhook{
		{ID: "FAST", Endpoint: url + "/fast", Token: "secret"},
		{ID: "SURE", Endpoint: url + "/sure", Token: "secret", Queue: true},
	}})
	bucket := Bucket{Name: "drops", Versioned: true, Notify: []string{"FAST", "SURE"}, Prefix: "in/", Suffix: ".csv"}
	if err := m.CreateBucket(t.Context(), bucket); err != nil {
		t.Fatal(err)
	}
	put(t, m, bucket.Name, "out/other.csv")
	put(t, m, bucket.Name, "in/other.txt")
	put(t, m, bucket.Name, "in/wanted.csv")
	for seen := map[string]bool{}; len(seen) < 2; {
		got := receive(t, notices)
		if got.authorization != "Bearer secret" || !strings.Contains(got.body, "drops/in/wanted.csv") {
			t.Errorf("unexpected notice %+v", got)
		}
		seen[got.path] = true
	}
}

func receive(t *testing.T, notices <-chan notice) notice {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	select {
	case got := <-notices:
		return got
	case <-ctx.Done():
		t.Fatal("no notice came")
		return notice{}
	}
}

func TestWhatWasPutIsGot(t *testing.T) {
	t.Parallel()
	m := startMinIO(t, MinIOOptions{})
	if err := m.CreateBucket(t.Context(), Bucket{Name: "drops"}); err != nil {
		t.Fatal(err)
	}
	if err := m.Put(t.Context(), "drops", "a.csv", []byte("event_id\n1\n")); err != nil {
		t.Fatal(err)
	}
	if body, err := m.Get(t.Context(), "drops", "a.csv"); err != nil || string(body) != "event_id\n1\n" {
		t.Errorf("got %q, %v", body, err)
	}
	if body, err := m.Get(t.Context(), "drops", "b.csv"); err == nil {
		t.Errorf("an object that is not there gave %q", body)
	}
}

func TestMinIORestartsAfterACrashOnTheSamePort(t *testing.T) {
	t.Parallel()
	m := startMinIO(t, MinIOOptions{})
	if err := m.CreateBucket(t.Context(), Bucket{Name: "drops"}); err != nil {
		t.Fatal(err)
	}
	put(t, m, "drops", "a.csv")
	endpoint := m.Endpoint()
	m.Kill()
	if err := m.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	if m.Endpoint() != endpoint {
		t.Errorf("now at %s, was at %s", m.Endpoint(), endpoint)
	}
	if _, err := m.client.StatObject(t.Context(), "drops", "a.csv", minio.StatObjectOptions{}); err != nil {
		t.Errorf("the object from before the crash: %v", err)
	}
}

func TestMinIOKeepsDataAndSecretBetweenRuns(t *testing.T) {
	t.Parallel()
	options := MinIOOptions{Options: Options{Dir: openTempDir(t)}}
	first, err := StartMinIO(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	if err := first.CreateBucket(t.Context(), Bucket{Name: "drops"}); err != nil {
		t.Fatal(err)
	}
	put(t, first, "drops", "a.csv")
	if err := first.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	second := startMinIO(t, options)
	if second.SecretKey() != first.SecretKey() {
		t.Error("the secret key has changed")
	}
	if _, err := second.client.StatObject(t.Context(), "drops", "a.csv", minio.StatObjectOptions{}); err != nil {
		t.Errorf("the object from the first run: %v", err)
	}
}
