package wiring

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"log/slog"
	"math/rand/v2"
	"os"
	"strings"
	"time"

	"eventdrop/functions/internal/bucket"
	"eventdrop/functions/internal/clean"
	"eventdrop/functions/internal/contract"
	"eventdrop/functions/internal/dropzone"
	"eventdrop/functions/internal/ingest"
	"eventdrop/functions/internal/reconcile"
	"eventdrop/functions/internal/warehouse"
)

// keptRaw is how much of a rejected record the quarantine keeps, in bytes.
const keptRaw = 8 << 10

// connectionsPerWorker lets a runner load notices, what a reconcile found and retries side by side, each with its
// spare places for slow objects, without one waiting for another's connection. They are opened when needed.
const connectionsPerWorker = 6

// Parts is a pipeline that is put together. Close it after use.
type Parts struct {
	Config    Config
	Pipeline  *ingest.Pipeline
	Warehouse *warehouse.Warehouse
	// Store is nil where the settings name no bucket.
	Store *bucket.Store
}

// Close gives connections up.
func (p *Parts) Close() { p.Warehouse.Close() }

// Assemble puts the pipeline together. It opens no connection yet.
func Assemble(ctx context.Context, cfg Config, log *slog.Logger) (*Parts, error) {
	cleaner, err := cfg.cleaner()
	if err != nil {
		return nil, err
	}
	store, err := cfg.store()
	if err != nil {
		return nil, err
	}
	connections := cfg.DatabaseConnections
	if connections == 0 {
		connections = connectionsPerWorker * int32(cfg.Workers) //nolint:gosec // at most 256
	}
	w, err := warehouse.Open(ctx, warehouse.Config{
		URL: cfg.DatabaseURL, Schema: cfg.DatabaseSchema, MaxConns: connections, ApplicationName: "eventdrop", Log: log,
	}, cleaner.Contract())
	if err != nil {
		return nil, err
	}
	pipeline := &ingest.Pipeline{
		Source: source{store}, Loader: w, Ledger: w, Cleaner: cleaner,
		Scope:  ingest.Scope{Bucket: cfg.S3Bucket, Prefix: cfg.S3Prefix},
		Limits: ingest.Limits{ObjectBytes: cfg.MaxObjectBytes, RawBytes: keptRaw},
		Log:    log, Jitter: jitter,
	}
	return &Parts{Config: cfg, Pipeline: pipeline, Warehouse: w, Store: store}, nil
}

// jitter returns a random duration below limit.
func jitter(limit time.Duration) time.Duration {
	return time.Duration(rand.Int64N(int64(max(limit, 1)))) //nolint:gosec // jitter needs no secrecy
}

func (c *Config) cleaner() (*clean.Cleaner, error) {
	rules, err := c.contract()
	if err != nil {
		return nil, err
	}
	return clean.Compile(rules)
}

func (c *Config) contract() (*contract.Contract, error) {
	if c.Contract == "" {
		return contract.Default()
	}
	return Contract(c.Contract)
}

// Contract reads a contract: one that is built in, by its name, or a file.
func Contract(nameOrPath string) (*contract.Contract, error) {
	built, err := contract.Embedded(nameOrPath)
	if !errors.Is(err, contract.ErrNotEmbedded) {
		return built, err
	}
	text, err := os.ReadFile(nameOrPath) //nolint:gosec // the user names the file
	if err != nil {
		return nil, fmt.Errorf("read the contract: %w (the built-in ones are %s)", err, strings.Join(contract.EmbeddedNames(), " and "))
	}
	return contract.Parse(nameOrPath, text)
}

// store is nil where no bucket is named: then only local files can be loaded.
func (c *Config) store() (*bucket.Store, error) {
	if c.S3Bucket == "" && c.S3Endpoint == "" {
		return nil, nil
	}
	return bucket.New(bucket.Config{
		Endpoint: c.S3Endpoint, Region: c.S3Region, AccessKey: c.S3AccessKey, SecretKey: c.S3SecretKey,
	})
}

// Reconciler compares the bucket with the ledger and loads with the pipeline.
func (p *Parts) Reconciler(accepts func(dropzone.Object) bool, load reconcile.Load) *reconcile.Reconciler {
	return &reconcile.Reconciler{
		Bucket: listing{p.Store, p.Config.S3Bucket, p.Config.S3Prefix}, Ledger: ledger{p.Warehouse, p.Config.S3Bucket, p.Config.S3Prefix},
		Accepts: accepts, Load: load, Workers: p.Config.Workers,
	}
}

// source opens objects of the store and files of this machine.
type source struct{ store *bucket.Store }

var errNoStore = errors.New("no object store is set: set EVENTDROP_S3_BUCKET and EVENTDROP_S3_ENDPOINT")

func (s source) Open(ctx context.Context, o dropzone.Object) (dropzone.Object, io.ReadCloser, error) {
	var body *bucket.Body
	var err error
	switch {
	case o.Local():
		body, err = bucket.OpenFile(o.Key)
	case s.store == nil:
		err = errNoStore
	default:
		body, err = s.store.Open(ctx, o)
	}
	if err != nil {
		return o, nil, err
	}
	return body.Object, body, nil
}

func (s source) Stat(ctx context.Context, o dropzone.Object) (dropzone.Object, error) {
	if s.store == nil {
		return o, errNoStore
	}
	return s.store.Stat(ctx, o)
}

func (s source) VersionRank(ctx context.Context, o dropzone.Object) (int32, error) {
	return s.store.VersionRank(ctx, o)
}

// listing is the part of the bucket that the settings name.
type listing struct {
	store          *bucket.Store
	bucket, prefix string
}

func (l listing) List(ctx context.Context, after string) iter.Seq2[dropzone.Object, error] {
	return l.store.List(ctx, l.bucket, l.prefix, bucket.ListOptions{After: after})
}

// ledger is what the ledger knows of that part.
type ledger struct {
	*warehouse.Warehouse

	bucket, prefix string
}

func (l ledger) Due(ctx context.Context, limit int) ([]dropzone.Object, error) {
	return l.Warehouse.Due(ctx, l.bucket, l.prefix, limit)
}
