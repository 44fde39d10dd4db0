package network

import (
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net/url"
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"eventdrop/functions/internal/campaign"
	"eventdrop/functions/internal/campaign/world"
	"eventdrop/functions/internal/dropzone"
)

// P2, P19, R5
func TestToxiproxyBeforePostgreSQL(t *testing.T) {
	t.Parallel()
	b := behindToxiproxy(t)
	b.d = campaign.New(t, "Toxiproxy between loader and PostgreSQL", 1)
	b.run()
}

// behindToxiproxy is a backlog whose way to PostgreSQL breaks.
func behindToxiproxy(t *testing.T) *backlog {
	t.Helper()
	w := world.New(t, world.Options{Versioned: true})
	cfg := w.Config
	address, err := url.Parse(cfg.DatabaseURL)
	if err != nil {
		t.Fatal(err)
	}
	proxy := newToxicProxy(t, address.Host)
	address.Host = proxy.Listen
	cfg.DatabaseURL = address.String()
	w.Parts = assemble(t, cfg)
	b := &backlog{
		t: t, world: w, wire: wireToPostgreSQL(t, cfg.DatabaseURL), faults: toxicFaults(), breaker: proxy, watcher: &watcher{},
	}
	p := w.Parts.Pipeline.Pipelines[0]
	p.Loader = watchedLoader{p.Loader, b.watcher}
	return b
}

func wireToPostgreSQL(t *testing.T, address string) func(context.Context) error {
	t.Helper()
	cfg, err := pgxpool.ParseConfig(address)
	if err != nil {
		t.Fatal(err)
	}
	cfg.MaxConns = 1
	pool, err := pgxpool.NewWithConfig(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	return func(ctx context.Context) error {
		const sql = "select repeat('x', $1)"
		_, err := pool.Exec(ctx, sql, wireBytes)
		if err != nil { // an earlier fault has cut the connection
			_, err = pool.Exec(ctx, sql, wireBytes)
		}
		return err
	}
}

// O1, O2, O3: a body that was cut never gives a row with another value, and never parks its object.
func TestToxiproxyBeforeMinIO(t *testing.T) {
	t.Parallel()
	d := campaign.New(t, "Toxiproxy between loader and MinIO", 1)
	w := world.New(t, world.Options{Versioned: true})
	cfg := w.Config
	proxy := newToxicProxy(t, w.MinIO.Endpoint())
	cfg.S3Endpoint = "http://" + proxy.Listen
	w.Parts = assemble(t, cfg)
	b := &backlog{t: t, d: d, world: w, wire: wireToMinIO(w), faults: toxicFaults(), breaker: proxy, watcher: &watcher{}}
	p := w.Parts.Pipeline.Pipelines[0]
	p.Source = watchedSource{p.Source, b.watcher}
	b.run()
}

func wireToMinIO(w *world.World) func(context.Context) error {
	o := dropzone.Object{Bucket: w.Config.S3Bucket, Key: "wire.csv"}
	w.Put(o.Key, large(0))
	return func(ctx context.Context) error {
		body, err := w.Parts.Store.Open(ctx, o)
		if err != nil {
			return err
		}
		n, err := io.Copy(io.Discard, body)
		if err == nil && n < wireBytes {
			err = errors.New("too few bytes")
		}
		return errors.Join(err, body.Close())
	}
}

// idle is a breaker that breaks nothing.
type idle struct{}

func (idle) begin(fault, *rand.Rand) error    { return nil }
func (idle) end(context.Context, fault) error { return nil }

// A fault that did not happen must not be counted: not where loads are slow because somebody holds a row that they share, and not
// where an earlier fault has cut the connections.
func TestAFaultThatDidNotHappenIsNotCounted(t *testing.T) {
	t.Parallel()
	b := behindToxiproxy(t)
	proxy, _ := b.breaker.(toxicProxy)
	b.breaker = idle{}
	r := rand.New(rand.NewPCG(1, 1))
	b.handle(t.Context(), b.drop(20)) // so that there are shared rows
	release := b.holdSharedRows(100 * time.Millisecond)
	for _, f := range toxicFaults()[:2] {
		if b.load(b.drop(20), f, r) {
			t.Errorf("%s counts, and did not happen", f.name)
		}
	}
	release()
	keys := b.drop(40)
	b.handle(t.Context(), keys[:20])
	proxy.Stop()
	if err := proxy.Start(); err != nil {
		t.Fatal(err)
	}
	if b.load(keys[20:], fault{name: "down", shows: failed}, r) {
		t.Error("connections that were cut before count")
	}
	b.settle()
	b.world.CheckBooks()
}

// holdSharedRows locks the rows that objects share, again and again for so long.
func (b *backlog) holdSharedRows(long time.Duration) (release func()) {
	b.t.Helper()
	var shared []string
	for i := range 7 {
		shared = append(shared, id(-1-i, 0).String())
	}
	slices.Sort(shared) // as loads do
	ctx, cancel := context.WithCancel(b.t.Context())
	ended := make(chan error, 1)
	go func() {
		var err error
		for err == nil && ctx.Err() == nil {
			err = pgx.BeginFunc(context.WithoutCancel(ctx), b.world.DB.Pool, func(tx pgx.Tx) error {
				_, err := tx.Exec(context.WithoutCancel(ctx), "select from events where event_id = any($1) order by event_id for update", shared)
				wait(ctx, long, nil)
				return err
			})
		}
		ended <- err
	}()
	return func() {
		cancel()
		if err := <-ended; err != nil {
			b.t.Error(err)
		}
	}
}
