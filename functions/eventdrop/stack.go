package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/url"
	"os"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"eventdrop/functions/internal/dropzone"
	"eventdrop/functions/internal/migrations"
	"eventdrop/functions/internal/wiring"
	"eventdrop/infra/embedded"
)

// stack is a whole pipeline: PostgreSQL, an S3 server, a bucket that announces its objects, and the
// parts of the runner, which is not started yet. Servers that the settings name are used; others are
// started here.
type stack struct {
	options  stackOptions
	postgres *embedded.Postgres // nil where it was given
	minio    *embedded.MinIO    // nil where it was given
	store    *embedded.Store
	listener net.Listener
	owner    string // the URL that may do everything
	parts    *wiring.Parts
	log      *slog.Logger
	// undo removes what a passing stack has made on given servers, also where the start ends half-way.
	undo []func(ctx context.Context) error
}

// stackOptions say what kind of stack.
type stackOptions struct {
	dir          string // keeps the data; empty: they vanish with the stack
	durable      bool
	postgresPort int // 0: any free one
	minioPort    int
	listen       string
	config       wiring.Config
	// passing makes a schema and a bucket of its own on given servers, and removes them at the stop.
	passing  bool
	progress io.Writer
	logTo    io.Writer
}

// Two receivers get every notice: one within milliseconds that is lost when the runner is away, and
// one from a queue on disk that survives it.
const (
	fastTarget  = "FAST"
	queueTarget = "QUEUE"
)

// noNotices says how objects are found in a given store.
const noNotices = "no notices are set on a given S3 server: its bucket is listed every second"

// startStack starts everything in the order in which it depends on each other.
func startStack(ctx context.Context, o stackOptions) (*stack, error) {
	s := &stack{options: o, log: o.config.Logger(o.logTo)}
	if err := s.start(ctx); err != nil {
		return nil, errors.Join(err, s.stop(ctx))
	}
	return s, nil
}

func (s *stack) start(ctx context.Context) (err error) {
	o := &s.options
	if s.listener, err = (&net.ListenConfig{}).Listen(ctx, "tcp", o.listen); err != nil {
		return fmt.Errorf("listen for notices: %w", err)
	}
	cfg := o.config
	cfg.WebhookToken, cfg.S3Bucket = rand.Text(), cmp.Or(cfg.S3Bucket, "eventdrop")
	given := strings.ToLower(rand.Text())[:8]
	if cfg.DatabaseURL == "" {
		err = s.startPostgres(ctx, &cfg)
	} else {
		s.owner = cfg.DatabaseURL
		if o.passing {
			cfg.DatabaseSchema = "eventdrop_demo_" + given
		}
	}
	if err != nil {
		return err
	}
	if cfg.S3Endpoint == "" {
		err = s.startMinIO(ctx, &cfg)
	} else {
		err = s.useStore(&cfg, given)
	}
	if err != nil {
		return err
	}
	return s.connect(ctx, cfg)
}

func (s *stack) startPostgres(ctx context.Context, cfg *wiring.Config) (err error) {
	o := &s.options
	if s.postgres, err = embedded.StartPostgres(ctx, embedded.PostgresOptions{
		Options: embedded.Options{Dir: o.dir, Port: o.postgresPort, Progress: o.progress}, Durable: o.durable,
	}); err != nil {
		return err
	}
	s.owner = s.postgres.URL()
	cfg.DatabaseURL = s.owner + "&role=eventdrop_loader" // the runner gets a loader's rights only
	return nil
}

func (s *stack) startMinIO(ctx context.Context, cfg *wiring.Config) (err error) {
	o := &s.options
	endpoint := s.url("/notices")
	if s.minio, err = embedded.StartMinIO(ctx, embedded.MinIOOptions{
		Options: embedded.Options{Dir: o.dir, Port: o.minioPort, Progress: o.progress},
		Binary:  os.Getenv("EVENTDROP_MINIO_BINARY"), //nolint:forbidigo // it concerns the embedded server only
		Webhooks: []embedded.Webhook{
			{ID: fastTarget, Endpoint: endpoint, Token: cfg.WebhookToken},
			{ID: queueTarget, Endpoint: endpoint, Token: cfg.WebhookToken, Queue: true},
		},
	}); err != nil {
		return err
	}
	s.store = &s.minio.Store
	cfg.S3Endpoint, cfg.S3Region = "http://"+s.minio.Endpoint(), s.minio.Region()
	cfg.S3AccessKey, cfg.S3SecretKey = s.minio.AccessKey(), s.minio.SecretKey()
	return nil
}

// useStore works on a given S3 server. It cannot be told here to send notices, so the bucket is
// looked at every second instead.
func (s *stack) useStore(cfg *wiring.Config, given string) (err error) {
	if cfg.S3Region == "" {
		cfg.S3Region = "us-east-1"
	}
	if s.options.passing {
		cfg.S3Bucket = "eventdrop-demo-" + given
	}
	cfg.ReconcileEvery, cfg.ReconcileAge = time.Second, 0 // no notice is on its way
	s.store, err = embedded.GivenStore(cfg.S3Endpoint, cfg.S3Region, cfg.S3AccessKey, cfg.S3SecretKey)
	return err
}

// connect makes tables and bucket, and the parts that work on them.
func (s *stack) connect(ctx context.Context, cfg wiring.Config) error {
	if err := s.makeTables(ctx, cfg.DatabaseSchema); err != nil {
		return err
	}
	if err := s.makeBucket(ctx, cfg); err != nil {
		return err
	}
	var err error
	s.parts, err = wiring.Assemble(ctx, cfg, s.log)
	return err
}

func (s *stack) makeTables(ctx context.Context, schema string) error {
	if s.options.passing && s.postgres == nil {
		s.undo = append(s.undo, func(ctx context.Context) error { return migrations.Drop(ctx, s.owner, schema) })
	}
	_, err := migrations.Up(ctx, s.owner, schema)
	return err
}

// makeBucket leaves a given bucket as it is: its notices and its versioning are its owner's.
func (s *stack) makeBucket(ctx context.Context, cfg wiring.Config) error {
	bucket := embedded.Bucket{Name: cfg.S3Bucket, Versioned: true}
	if s.minio != nil {
		bucket.Notify, bucket.Prefix = []string{fastTarget, queueTarget}, cfg.S3Prefix
		return s.store.CreateBucket(ctx, bucket)
	}
	exists, err := s.store.HasBucket(ctx, bucket.Name)
	if exists || err != nil {
		return err
	}
	if s.options.passing {
		s.undo = append(s.undo, func(ctx context.Context) error { return s.store.RemoveBucket(ctx, bucket.Name) })
	}
	return s.store.CreateBucket(ctx, bucket)
}

// serve runs the runner until ctx ends; observe gets every receipt.
func (s *stack) serve(ctx context.Context, observe func(dropzone.Receipt)) error {
	return newRunner(s.parts, s.log, observe).Run(ctx, s.listener)
}

// run is serve that ends with an error, too, once a server that was started here has ended unasked: nothing would start it again.
func (s *stack) run(ctx context.Context, observe func(dropzone.Receipt)) error {
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return s.serve(ctx, observe) })
	group.Go(func() error { return s.watch(ctx) })
	return group.Wait()
}

// watch waits until a server has ended, or ctx has.
func (s *stack) watch(ctx context.Context) error {
	var postgres, minio <-chan struct{} // nothing comes from those of given servers
	if s.postgres != nil {
		postgres = s.postgres.Exited()
	}
	if s.minio != nil {
		minio = s.minio.Exited()
	}
	select {
	case <-postgres:
		return s.postgres.EndedUnasked()
	case <-minio:
		return s.minio.EndedUnasked()
	case <-ctx.Done():
		return nil
	}
}

// stop ends everything in reverse order, whatever was started, also when ctx has ended.
func (s *stack) stop(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 40*time.Second)
	defer cancel()
	var errs []error
	if s.parts != nil {
		s.parts.Close()
	}
	for _, undo := range s.undo {
		errs = append(errs, undo(ctx))
	}
	if s.listener != nil {
		_ = s.listener.Close() // the runner may have closed it
	}
	if s.minio != nil {
		errs = append(errs, s.minio.Stop(ctx))
	}
	if s.postgres != nil {
		errs = append(errs, s.postgres.Stop(ctx))
	}
	return errors.Join(errs...)
}

// url is where the runner answers.
func (s *stack) url(path string) string { return "http://" + s.listener.Addr().String() + path }

// psql is the command that opens the tables for a person.
func (s *stack) psql() string {
	separator := "?"
	if strings.Contains(s.owner, "?") {
		separator = "&"
	}
	return "psql '" + s.owner + separator + "options=" + url.QueryEscape("-csearch_path="+s.parts.Config.DatabaseSchema) + "'"
}

// servers names the servers for a person.
func (s *stack) servers() string {
	cfg := s.parts.Config
	postgres, store := "PostgreSQL of EVENTDROP_DATABASE_URL, schema "+cfg.DatabaseSchema, "S3 at "+cfg.S3Endpoint+", bucket "+cfg.S3Bucket+" ("+noNotices+")"
	if s.postgres != nil {
		postgres = s.postgres.Version()
	}
	if s.minio != nil {
		store = "MinIO at " + cfg.S3Endpoint + ", user " + cfg.S3AccessKey + ", password " + cfg.S3SecretKey
	}
	return postgres + "\n" + store
}
