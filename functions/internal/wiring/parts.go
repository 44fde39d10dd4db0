package wiring

import (
	"cmp"
	"context"
	"errors"
	"io"
	"iter"
	"log/slog"
	"math/rand/v2"
	"slices"
	"time"

	"eventdrop/functions/internal/bucket"
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
	Config   Config
	Pipeline *ingest.Router
	// Warehouse is for what is the same under every contract: the ledger, the quarantine, the books.
	Warehouse *warehouse.Warehouse
	// Warehouses has one for each contract, in the order of the settings. All share the connections of Warehouse.
	Warehouses []*warehouse.Warehouse
	// Store is nil where the settings name no bucket.
	Store *bucket.Store
}

// Close gives connections up.
func (p *Parts) Close() { p.Warehouse.Close() }

// Assemble puts the pipeline together. It opens no connection yet, but to read a contract from the object store and to fetch the
// secret of the database.
func Assemble(ctx context.Context, cfg Config, log *slog.Logger) (*Parts, error) {
	cleaners, err := cfg.ReadContracts(ctx)
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
	w, err := cfg.OpenWarehouse(ctx, cleaners[0].Contract(), connections, log)
	if err != nil {
		return nil, err
	}
	parts := &Parts{Config: cfg, Pipeline: &ingest.Router{}, Warehouse: w, Store: store}
	apart := &ingest.Apart{}
	for _, cleaner := range cleaners {
		own := w.Under(cleaner.Contract())
		parts.Warehouses = append(parts.Warehouses, own)
		parts.Pipeline.Pipelines = append(parts.Pipeline.Pipelines, &ingest.Pipeline{
			Source: source{store}, Loader: own, Ledger: own, Cleaner: cleaner,
			Scope:  ingest.Scope{Bucket: cfg.S3Bucket, Prefix: cfg.S3Prefix},
			Limits: ingest.Limits{ObjectBytes: cfg.MaxObjectBytes, RawBytes: keptRaw},
			Log:    log, Jitter: jitter, Apart: apart,
		})
	}
	return parts, nil
}

// Quarantined returns the loaded objects, whichever of the contracts they were loaded under, that have unresolved rows in
// quarantine which the filter selects.
func (p *Parts) Quarantined(ctx context.Context, f dropzone.Filter) ([]warehouse.QuarantinedObject, error) {
	var all []warehouse.QuarantinedObject
	for _, w := range p.Warehouses {
		objects, err := w.Quarantined(ctx, f)
		if err != nil {
			return nil, err
		}
		all = append(all, objects...)
	}
	slices.SortFunc(all, func(a, b warehouse.QuarantinedObject) int { return cmp.Compare(a.ID, b.ID) })
	return all, nil
}

// jitter returns a random duration below limit.
func jitter(limit time.Duration) time.Duration {
	return time.Duration(rand.Int64N(int64(max(limit, 1)))) //nolint:gosec // jitter needs no secrecy
}

// store is nil where no bucket is named: then only local files can be loaded.
func (c *Config) store() (*bucket.Store, error) {
	if c.S3Bucket == "" && c.S3Endpoint == "" {
		return nil, nil
	}
	return c.newStore()
}

func (c *Config) newStore() (*bucket.Store, error) {
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

func (l ledger) Due(ctx context.Context, from dropzone.DueMark, limit int) ([]dropzone.Object, dropzone.DueMark, error) {
	return l.Warehouse.Due(ctx, l.bucket, l.prefix, from, limit)
}
