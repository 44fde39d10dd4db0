package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/url"
	"os"
	"time"

	"eventdrop/functions/internal/dropzone"
	"eventdrop/functions/internal/migrations"
	"eventdrop/functions/internal/wiring"
	"eventdrop/infra/embedded"
)

// stack is a whole pipeline on this machine: PostgreSQL, MinIO, a bucket that announces its objects,
// and the parts of the runner, which is not started yet.
type stack struct {
	postgres *embedded.Postgres
	minio    *embedded.MinIO
	listener net.Listener
	parts    *wiring.Parts
	log      *slog.Logger
}

// stackOptions say what kind of stack.
type stackOptions struct {
	dir          string // keeps the data; empty: they vanish with the stack
	durable      bool
	postgresPort int // 0: any free one
	minioPort    int
	listen       string
	config       wiring.Config
	progress     io.Writer
	logTo        io.Writer
}

// Two receivers get every notice: one within milliseconds that is lost when the runner is away, and
// one from a queue on disk that survives it.
const (
	fastTarget  = "FAST"
	queueTarget = "QUEUE"
)

// stackBucket is the bucket of a stack, where the settings name none.
const stackBucket = "eventdrop"

// startStack starts everything in the order in which it depends on each other.
func startStack(ctx context.Context, o stackOptions) (*stack, error) {
	s := &stack{log: o.config.Logger(o.logTo)}
	if err := s.start(ctx, o); err != nil {
		return nil, errors.Join(err, s.stop(ctx))
	}
	return s, nil
}

func (s *stack) start(ctx context.Context, o stackOptions) (err error) {
	if s.listener, err = (&net.ListenConfig{}).Listen(ctx, "tcp", o.listen); err != nil {
		return fmt.Errorf("listen for notices: %w", err)
	}
	cfg := o.config
	cfg.WebhookToken = rand.Text()
	if s.postgres, err = embedded.StartPostgres(ctx, embedded.PostgresOptions{
		Options: embedded.Options{Dir: o.dir, Port: o.postgresPort, Progress: o.progress}, Durable: o.durable,
	}); err != nil {
		return err
	}
	if s.minio, err = embedded.StartMinIO(ctx, embedded.MinIOOptions{
		Options:  embedded.Options{Dir: o.dir, Port: o.minioPort, Progress: o.progress},
		Binary:   os.Getenv("EVENTDROP_MINIO_BINARY"), //nolint:forbidigo // a program may; it concerns the embedded server only
		Webhooks: webhooks(s.listener.Addr(), cfg.WebhookToken),
	}); err != nil {
		return err
	}
	return s.connect(ctx, cfg)
}

func webhooks(address net.Addr, token string) []embedded.Webhook {
	endpoint := "http://" + address.String() + "/notices"
	return []embedded.Webhook{
		{ID: fastTarget, Endpoint: endpoint, Token: token},
		{ID: queueTarget, Endpoint: endpoint, Token: token, Queue: true},
	}
}

// connect makes tables and bucket, and the parts that work on them with a loader's rights.
func (s *stack) connect(ctx context.Context, cfg wiring.Config) error {
	if _, err := migrations.Up(ctx, s.postgres.URL(), cfg.DatabaseSchema); err != nil {
		return err
	}
	if cfg.S3Bucket == "" {
		cfg.S3Bucket = stackBucket
	}
	if err := s.minio.CreateBucket(ctx, embedded.Bucket{
		Name: cfg.S3Bucket, Versioned: true, Notify: []string{fastTarget, queueTarget}, Prefix: cfg.S3Prefix,
	}); err != nil {
		return err
	}
	cfg.DatabaseURL = s.postgres.URL() + "&role=eventdrop_loader"
	cfg.S3Endpoint, cfg.S3Region = "http://"+s.minio.Endpoint(), s.minio.Region()
	cfg.S3AccessKey, cfg.S3SecretKey = s.minio.AccessKey(), s.minio.SecretKey()
	var err error
	s.parts, err = wiring.Assemble(ctx, cfg, s.log)
	return err
}

// serve runs the runner until ctx ends; observe gets every receipt.
func (s *stack) serve(ctx context.Context, observe func(dropzone.Receipt)) error {
	return newRunner(s.parts, s.log, observe).Run(ctx, s.listener)
}

// stop ends everything in reverse order, whatever was started, also when ctx has ended.
func (s *stack) stop(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 40*time.Second)
	defer cancel()
	var errs []error
	if s.parts != nil {
		s.parts.Close()
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

// psql is the command that opens the tables for a person.
func (s *stack) psql() string {
	address := s.postgres.URL() + "&options=" + url.QueryEscape("-csearch_path="+s.parts.Config.DatabaseSchema)
	return "psql '" + address + "'"
}
