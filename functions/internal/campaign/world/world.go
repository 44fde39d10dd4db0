// Package world gives a drill a schema, a bucket and a pipeline between them on real servers, and judges what
// became of them: the books, what is missing, and whether the table is the one that a rebuild from the
// bucket gives.
//
// A package that uses it must have a TestMain that ends with [Main].
package world

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"eventdrop/functions/internal/pgtest"
	"eventdrop/functions/internal/wiring"
	"eventdrop/infra/embedded"
)

// Options say what is not as usual.
type Options struct {
	// Versioned keeps every version of a key in the bucket.
	Versioned bool
	// Contract is the text of a contract; empty: the default one.
	Contract string
	// DB is a schema that exists; its zero value: a fresh one on the package's server.
	DB pgtest.DB
	// MinIO is a server that the drill looks after; nil: the package's.
	MinIO *embedded.MinIO
	// DatabaseURL and S3Endpoint lead the pipeline by another way, as through a proxy; empty: directly.
	DatabaseURL, S3Endpoint string
	// Notify names the webhooks of MinIO that get notices.
	Notify []string
	// Log receives the pipeline's log; nil: nothing does.
	Log *slog.Logger
}

// World is what a drill works on.
type World struct {
	DB     pgtest.DB
	MinIO  *embedded.MinIO
	Config wiring.Config
	Parts  *wiring.Parts

	t         testing.TB
	versioned bool
}

// New prepares a world, which goes when the test ends.
func New(tb testing.TB, o Options) *World {
	tb.Helper()
	w := &World{t: tb, versioned: o.Versioned, DB: o.DB, MinIO: o.MinIO}
	if w.DB.Schema == "" {
		w.DB = pgtest.New(tb)
	}
	if w.MinIO == nil {
		w.MinIO = SharedMinIO(tb)
	}
	w.Config = wiring.Config{
		DatabaseURL: or(o.DatabaseURL, w.DB.LoaderURL), DatabaseSchema: w.DB.Schema,
		S3Endpoint: or(o.S3Endpoint, "http://"+w.MinIO.Endpoint()), S3Region: w.MinIO.Region(),
		S3AccessKey: w.MinIO.AccessKey(), S3SecretKey: w.MinIO.SecretKey(), S3Bucket: "campaign-" + uuid.NewString(),
		WebhookToken: "a token of the tests", Listen: "127.0.0.1:0", Workers: 4, QueueLength: 100_000,
		ReconcileEvery: time.Second, LogLevel: "info", LogFormat: "text", Contract: contractFile(tb, o.Contract),
	}
	bucket := embedded.Bucket{Name: w.Config.S3Bucket, Versioned: o.Versioned, Notify: o.Notify}
	if err := w.MinIO.CreateBucket(tb.Context(), bucket); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { discard(tb.Context(), w.MinIO, bucket.Name) })
	w.Parts = assemble(tb, w.Config, o.Log)
	return w
}

// discard removes a bucket, because many of them make a server slow. One that is away, or changed its password, keeps it.
func discard(ctx context.Context, server *embedded.MinIO, bucket string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	_ = server.DiscardBucket(ctx, bucket)
}

func or(given, otherwise string) string {
	if given != "" {
		return given
	}
	return otherwise
}

func contractFile(tb testing.TB, text string) string {
	tb.Helper()
	if text == "" {
		return ""
	}
	name := tb.TempDir() + "/contract.yaml"
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil { //nolint:gosec // processes of other users read it, too
		tb.Fatal(err)
	}
	return name
}

// assemble puts a pipeline together whose failed objects are due again at once.
func assemble(tb testing.TB, cfg wiring.Config, log *slog.Logger) *wiring.Parts {
	tb.Helper()
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	parts, err := wiring.Assemble(tb.Context(), cfg, log)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(parts.Close)
	parts.Pipeline.Pipelines[0].Jitter = func(time.Duration) time.Duration { return 0 }
	return parts
}

// Put stores an object.
func (w *World) Put(key, body string) {
	w.t.Helper()
	if err := w.MinIO.Put(w.t.Context(), w.Config.S3Bucket, key, []byte(body)); err != nil {
		w.t.Fatal(err)
	}
}

// Value returns what a query answers, as text.
func (w *World) Value(sql string, args ...any) string {
	w.t.Helper()
	var s *string
	if err := w.DB.Pool.QueryRow(context.WithoutCancel(w.t.Context()), "select ("+sql+")::text", args...).Scan(&s); err != nil {
		w.t.Fatalf("%s: %v", sql, err)
	}
	if s == nil {
		return "null"
	}
	return *s
}

// Eventually polls until the query answers as wanted.
func (w *World) Eventually(want, sql string, args ...any) {
	w.t.Helper()
	w.poll(10*time.Millisecond, func() string {
		if got := w.Value(sql, args...); got != want {
			return fmt.Sprintf("%s\n still %s\nwant %s", sql, got, want)
		}
		return ""
	})
}

// poll asks what is wrong, until nothing is.
func (w *World) poll(every time.Duration, wrong func() string) {
	w.t.Helper()
	poll := time.NewTicker(every)
	defer poll.Stop()
	limit := time.NewTimer(2 * time.Minute)
	defer limit.Stop()
	for complaint := wrong(); complaint != ""; complaint = wrong() {
		select {
		case <-poll.C:
		case <-limit.C:
			w.t.Fatal(complaint)
		}
	}
}

//nolint:gochecknoglobals // one server for all tests of a process
var minio struct {
	sync.Once
	server *embedded.MinIO
	err    error
}

// SharedMinIO is the package's server, started at first use.
func SharedMinIO(tb testing.TB) *embedded.MinIO {
	tb.Helper()
	minio.Do(func() {
		minio.server, minio.err = embedded.StartMinIO(context.Background(), embedded.MinIOOptions{
			Options: embedded.Options{Progress: os.Stderr}, Binary: os.Getenv("EVENTDROP_MINIO_BINARY"), //nolint:forbidigo // as the program does
		})
	})
	if minio.err != nil {
		tb.Fatal(minio.err)
	}
	return minio.server
}

// Main runs a package's tests and stops the servers that they started. Use it as
// `func TestMain(m *testing.M) { os.Exit(world.Main(m)) }`.
func Main(m *testing.M) int {
	code := pgtest.Main(m)
	if minio.server != nil {
		if err := minio.server.Stop(context.Background()); err != nil {
			fmt.Fprintln(os.Stderr, "stop MinIO:", err)
			code = max(code, 1)
		}
	}
	removePrograms()
	return code
}

// Reassemble puts the pipeline together again from Config, as a program does that starts.
func (w *World) Reassemble() {
	w.t.Helper()
	w.Parts = assemble(w.t, w.Config, nil)
}
