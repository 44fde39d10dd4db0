package main

import (
	"bytes"
	"context"
	"log/slog"
	"os"
	"os/signal"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/uuid"

	"eventdrop/functions/internal/dropzone"
	"eventdrop/functions/internal/ingest"
	"eventdrop/functions/internal/pgtest"
	"eventdrop/functions/internal/wiring"
	"eventdrop/generator/storefront"
	"eventdrop/infra/embedded"
)

// asProgram makes the test binary behave as the program eventdrop, for tests that kill it.
const asProgram = "EVENTDROP_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" { //nolint:forbidigo // the switch between test and program
		os.Exit(asTheProgram())
	}
	code := pgtest.Main(m)
	if store, err := sharedMinIO(); err == nil {
		_ = store.Stop(context.Background()) // the watchdog would end it, too
	}
	os.Exit(code)
}

// asTheProgram is main, and notes the peak of memory where a test asks for it.
func asTheProgram() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	if path := os.Getenv(peakFile); path != "" { //nolint:forbidigo // the test's own
		if err := writePeak(path); err != nil {
			return exitFailed
		}
	}
	return code
}

//nolint:gochecknoglobals // one server for all tests of the package
var sharedMinIO = sync.OnceValues(func() (*embedded.MinIO, error) {
	return embedded.StartMinIO(context.Background(), embedded.MinIOOptions{
		Options: embedded.Options{Progress: os.Stderr}, Binary: os.Getenv("EVENTDROP_MINIO_BINARY"), //nolint:forbidigo // as the program does
	})
})

// world is a schema and a versioned bucket of a test's own, on real servers, without notices.
type world struct {
	t      *testing.T
	db     pgtest.DB
	minio  *embedded.MinIO
	config wiring.Config
	parts  *wiring.Parts
	truth  []storefront.Manifest
}

func newWorld(t *testing.T) *world {
	t.Helper()
	return newWorldIn(t, true)
}

// newWorldIn is newWorld with or without versions in its bucket.
func newWorldIn(t *testing.T, versioned bool) *world {
	t.Helper()
	return newWorldAt(t, pgtest.New(t), versioned)
}

// newWorldAt takes a schema that is there.
func newWorldAt(t *testing.T, db pgtest.DB, versioned bool) *world {
	t.Helper()
	store, err := sharedMinIO()
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, db: db, minio: store}
	w.config = wiring.Config{
		DatabaseURL: w.db.LoaderURL, DatabaseSchema: w.db.Schema, S3Endpoint: "http://" + store.Endpoint(), S3Region: store.Region(),
		S3AccessKey: store.AccessKey(), S3SecretKey: store.SecretKey(), S3Bucket: "test-" + uuid.NewString(),
		WebhookToken: "a token of the tests", Listen: "127.0.0.1:0", Workers: 4, QueueLength: 1000, ReconcileEvery: time.Second,
		LogLevel: "info", LogFormat: "text",
	}
	w.createBucket(versioned)
	if w.parts, err = wiring.Assemble(t.Context(), w.config, slog.New(slog.DiscardHandler)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.parts.Close)
	return w
}

func (w *world) createBucket(versioned bool) {
	w.t.Helper()
	if err := w.minio.CreateBucket(w.t.Context(), embedded.Bucket{Name: w.config.S3Bucket, Versioned: versioned}); err != nil {
		w.t.Fatal(err)
	}
}

// settings are the world's settings as environment variables.
func (w *world) settings() []string {
	c := w.config
	return []string{
		"EVENTDROP_DATABASE_URL=" + c.DatabaseURL, "EVENTDROP_DATABASE_SCHEMA=" + c.DatabaseSchema,
		"EVENTDROP_S3_ENDPOINT=" + c.S3Endpoint, "EVENTDROP_S3_REGION=" + c.S3Region, "EVENTDROP_S3_ACCESS_KEY=" + c.S3AccessKey,
		"EVENTDROP_S3_SECRET_KEY=" + c.S3SecretKey, "EVENTDROP_S3_BUCKET=" + c.S3Bucket,
		"EVENTDROP_WEBHOOK_TOKEN=" + c.WebhookToken, "EVENTDROP_LISTEN=" + c.Listen, "EVENTDROP_RECONCILE_EVERY=1s",
	}
}

// put stores an object.
func (w *world) put(key, body string) {
	w.t.Helper()
	if err := w.minio.Put(w.t.Context(), w.config.S3Bucket, key, []byte(body)); err != nil {
		w.t.Fatal(err)
	}
}

// drop stores n objects of a shop and keeps the truth about them.
func (w *world) drop(n int, options storefront.Options) {
	w.t.Helper()
	shop, err := storefront.New(options)
	if err != nil {
		w.t.Fatal(err)
	}
	for range n {
		object, err := shop.Next(time.Now())
		if err != nil {
			w.t.Fatal(err)
		}
		w.put(object.Key, string(object.Body))
		w.truth = append(w.truth, object.Truth)
	}
}

// reconcile loads what is in the bucket.
func (w *world) reconcile() {
	w.t.Helper()
	load := func(ctx context.Context, objects []dropzone.Object) []error {
		_, errs := w.parts.Pipeline.HandleTogether(ctx, ingest.Orders(objects, true))
		return errs
	}
	if _, err := w.parts.Reconciler(w.parts.Pipeline.Accepts, load).Run(w.t.Context(), false); err != nil {
		w.t.Fatal(err)
	}
}

// check compares the tables with the truth, row by row, and the books with the tables.
func (w *world) check() {
	w.t.Helper()
	c, err := compare(w.t.Context(), w.truth, w.parts.Warehouse)
	if err != nil {
		w.t.Fatal(err)
	}
	if c.wrong > 0 {
		w.t.Errorf("%d differences:\n%s", c.wrong, strings.Join(c.faults, "\n"))
	}
	w.expect("t", `select (select coalesce(sum(inserted), 0) from receipts) = (select count(*) from events)
		and (select count(*) from events) = (select count(distinct event_id) from events)
		and (select coalesce(sum(rejected), 0) from receipts where kind = 'load') = (select count(*) from rejected_rows)`)
}

func (w *world) value(sql string, args ...any) string {
	w.t.Helper()
	var s *string
	if err := w.db.Pool.QueryRow(w.t.Context(), "select ("+sql+")::text", args...).Scan(&s); err != nil {
		w.t.Fatalf("%s: %v", sql, err)
	}
	if s == nil {
		return "null"
	}
	return *s
}

func (w *world) expect(want, sql string, args ...any) {
	w.t.Helper()
	if want == "t" {
		want = "true"
	}
	if got := w.value(sql, args...); got != want {
		w.t.Errorf("%s\n got %s\nwant %s", sql, got, want)
	}
}

// eventually polls until the query answers as wanted.
func (w *world) eventually(want, sql string, args ...any) {
	w.t.Helper()
	poll := time.NewTicker(20 * time.Millisecond)
	defer poll.Stop()
	limit := time.NewTimer(60 * time.Second)
	defer limit.Stop()
	for got := ""; got != want; {
		select {
		case <-poll.C:
			got = w.value(sql, args...)
		case <-limit.C:
			w.t.Fatalf("%s\n still %s\nwant %s", sql, got, want)
		}
	}
}

// command runs a command of the program in this process, with the world's settings.
func (w *world) command(args ...string) (code int, stdout, stderr string) {
	w.t.Helper()
	for _, setting := range w.settings() {
		name, value, _ := strings.Cut(setting, "=")
		w.t.Setenv(name, value)
	}
	return command(w.t, args...)
}

func command(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	code = run(t.Context(), args, &out, &errs)
	return code, out.String(), errs.String()
}
