package main

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"eventdrop/functions/internal/pgtest"
	"eventdrop/functions/internal/wiring"
	"eventdrop/infra/embedded"
)

// givenStore is an S3 server that is not the stack's, as its owner sees it.
type givenStore struct {
	*embedded.MinIO

	owner *minio.Client
}

// startGivenStore starts a MinIO whose owner has a webhook HOOK.
func startGivenStore(t *testing.T) givenStore {
	t.Helper()
	server, err := embedded.StartMinIO(t.Context(), embedded.MinIOOptions{
		Options: embedded.Options{Progress: os.Stderr}, Binary: os.Getenv("EVENTDROP_MINIO_BINARY"), //nolint:forbidigo // as the program does
		Webhooks: []embedded.Webhook{{ID: "HOOK", Endpoint: "http://127.0.0.1:9"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Stop(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	})
	owner, err := minio.New(server.Endpoint(), &minio.Options{Creds: credentials.NewStaticV4(server.AccessKey(), server.SecretKey(), ""), Region: server.Region()})
	if err != nil {
		t.Fatal(err)
	}
	return givenStore{server, owner}
}

// config is that of a stack on given servers.
func (g givenStore) config(db pgtest.DB, bucket string) wiring.Config {
	cfg := quietConfig()
	cfg.DatabaseURL, cfg.DatabaseSchema = db.URL, db.Schema
	cfg.S3Endpoint, cfg.S3Region, cfg.S3AccessKey, cfg.S3SecretKey = "http://"+g.Endpoint(), g.Region(), g.AccessKey(), g.SecretKey()
	cfg.S3Bucket = bucket
	return cfg
}

// look tells of a bucket's versioning and notices, as the server writes them.
func (g givenStore) look(t *testing.T, bucket string) (versioning, notices string) {
	t.Helper()
	found, err := g.owner.GetBucketVersioning(t.Context(), bucket)
	if err != nil {
		t.Fatal(err)
	}
	configuration, err := g.owner.GetBucketNotification(t.Context(), bucket)
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(configuration)
	if err != nil {
		t.Fatal(err)
	}
	return found.Status, string(text)
}

// A bucket that somebody else has is his: his notices may be what another production lives on.
func TestUpLeavesAGivenBucketAsItIs(t *testing.T) {
	t.Parallel()
	given := startGivenStore(t)
	if err := given.CreateBucket(t.Context(), embedded.Bucket{Name: "theirs", Notify: []string{"HOOK"}}); err != nil {
		t.Fatal(err)
	}
	versioning, notices := given.look(t, "theirs")
	if versioning != "" || !strings.Contains(notices, "HOOK") {
		t.Fatalf("versioning %q, notices %s: nothing to be changed", versioning, notices)
	}
	for _, bucket := range []string{"theirs", "missing"} {
		s, err := startStack(t.Context(), stackOptions{listen: "127.0.0.1:0", config: given.config(pgtest.New(t), bucket), progress: os.Stderr, logTo: os.Stderr})
		if err != nil {
			t.Fatal(err)
		}
		var told strings.Builder
		if err := s.endpoints("").write(&told); err != nil || !strings.Contains(told.String(), noNotices) {
			t.Errorf("up does not say that a given store sends no notices: %v\n%s", err, told.String())
		}
		if err := s.stop(t.Context()); err != nil {
			t.Error(err)
		}
	}
	if v, n := given.look(t, "theirs"); v != versioning || n != notices {
		t.Errorf("versioning is %q, was %q; notices are\n%s, were\n%s", v, versioning, n, notices)
	}
	if v, _ := given.look(t, "missing"); v != minio.Enabled {
		t.Errorf("versioning of the bucket that up made is %q", v)
	}
}

// Whatever step of the start fails, given servers are left as they were found.
func TestADemoThatCannotStartLeavesNothingOnGivenServers(t *testing.T) {
	t.Parallel()
	given := startGivenStore(t)
	db := pgtest.New(t)
	sound := given.config(db, "")
	noContract := sound
	noContract.Contract = "missing.yaml"
	noStore := sound
	noStore.S3SecretKey = "wrong"
	tests := map[string]struct {
		config wiring.Config
		want   string
	}{
		"a contract that is missing": {noContract, "missing.yaml"},
		"a store that refuses":       {noStore, "signature"},
	}
	for name, test := range tests { //nolint:paralleltest // the servers are looked at as a whole
		t.Run(name, func(t *testing.T) {
			s, err := startStack(t.Context(), stackOptions{
				passing: true, listen: "127.0.0.1:0", config: test.config, progress: os.Stderr, logTo: os.Stderr,
			})
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("stack %v, error %v, want one about %s", s, err, test.want)
			}
			buckets, err := given.owner.ListBuckets(t.Context())
			if err != nil || len(buckets) > 0 {
				t.Errorf("buckets %v, %v", buckets, err)
			}
			var schemas int
			err = db.Pool.QueryRow(t.Context(), "select count(*) from pg_namespace where nspname like 'eventdrop_demo_%'").Scan(&schemas)
			if err != nil || schemas > 0 {
				t.Errorf("%d schemas of demos, %v", schemas, err)
			}
		})
	}
}

// What nobody starts again must not look as if it were only slow.
func TestTheEndOfAServerEndsUpAndDemo(t *testing.T) {
	t.Parallel()
	up := func(a *app, s *stack) error { return (&upCmd{}).serve(a, s) }
	demo := func(a *app, s *stack) error {
		c := &demoCmd{Rate: 20, Rows: 10}
		shop, _, err := c.prepare()
		if err != nil {
			return err
		}
		_, err = c.play(a, s, shop)
		return err
	}
	tests := map[string]struct {
		play func(*app, *stack) error
		kill func(*stack)
		want string
	}{
		"PostgreSQL of up":   {up, func(s *stack) { s.postgres.Kill() }, "PostgreSQL has ended unasked; its log "},
		"MinIO of up":        {up, func(s *stack) { s.minio.Kill() }, "MinIO has ended unasked; its log "},
		"PostgreSQL of demo": {demo, func(s *stack) { s.postgres.Kill() }, "PostgreSQL has ended unasked; its log "},
		"MinIO of demo":      {demo, func(s *stack) { s.minio.Kill() }, "MinIO has ended unasked; its log "},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, err := startStack(t.Context(), stackOptions{listen: "127.0.0.1:0", config: quietConfig(), progress: os.Stderr, logTo: os.Stderr})
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
			defer cancel()
			played := make(chan error, 1)
			go func() { played <- test.play(&app{ctx: ctx, stdout: io.Discard, stderr: io.Discard}, s) }()
			answersOn(t, s.url("/healthz"))
			killed := time.Now()
			test.kill(s)
			if err := <-played; err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error is %v, want one about %q", err, test.want)
			}
			if took := time.Since(killed); took > 20*time.Second {
				t.Errorf("it took %s", took)
			}
			if err := s.stop(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
}

// answersOn polls until the runner answers.
func answersOn(t *testing.T, url string) {
	t.Helper()
	poll := time.NewTicker(20 * time.Millisecond)
	defer poll.Stop()
	for range poll.C {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
		if err != nil {
			t.Fatal(err)
		}
		if res, err := http.DefaultClient.Do(req); err == nil {
			_ = res.Body.Close()
			return
		}
		if t.Context().Err() != nil {
			t.Fatal("the runner does not answer")
		}
	}
}
