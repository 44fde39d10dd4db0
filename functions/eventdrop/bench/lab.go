package bench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"eventdrop/functions/internal/migrations"
	"eventdrop/functions/internal/wiring"
	"eventdrop/infra/embedded"
)

// lab is where benchmarks are carried out: servers that the settings name, or that are started here.
type lab struct {
	Options

	postgres *embedded.Postgres // nil where it was given
	minio    *embedded.MinIO    // nil where it was given
	store    *embedded.Store
	owner    string // the URL that may do everything
	notices  string // the address to which MinIO sends notices
	begun    time.Time
}

// webhook is the receiver of MinIO's notices.
const webhook = "BENCH"

// token is what notices carry; the settings want at least 16 characters. The servers listen on this machine only.
const token = "a-token-of-the-benchmarks"

func newLab(ctx context.Context, o Options) (*lab, error) {
	l := &lab{Options: o, begun: time.Now()}
	if err := l.start(ctx); err != nil {
		return nil, errors.Join(err, l.close(ctx))
	}
	return l, nil
}

func (l *lab) start(ctx context.Context) (err error) {
	if l.notices, err = embedded.FreeAddress(ctx); err != nil {
		return err
	}
	l.owner = l.Config.DatabaseURL
	if l.owner == "" {
		if l.postgres, err = embedded.StartPostgres(ctx, embedded.PostgresOptions{
			Options: embedded.Options{Progress: l.Progress}, Durable: true,
		}); err != nil {
			return err
		}
		l.owner = l.postgres.URL()
	}
	if l.Config.S3Endpoint == "" {
		if err := l.startMinIO(ctx); err != nil {
			return err
		}
	}
	c := &l.Config
	// A client with a producer's patience, which repeats requests: the started server's own does not.
	l.store, err = embedded.GivenStore(c.S3Endpoint, c.S3Region, c.S3AccessKey, c.S3SecretKey)
	return err
}

func (l *lab) startMinIO(ctx context.Context) (err error) {
	l.minio, err = embedded.StartMinIO(ctx, embedded.MinIOOptions{
		Options: embedded.Options{Progress: l.Progress}, Binary: os.Getenv("EVENTDROP_MINIO_BINARY"), //nolint:forbidigo // it concerns the embedded server only
		Webhooks: []embedded.Webhook{{ID: webhook, Endpoint: "http://" + l.notices + "/notices", Token: token}},
	})
	if err != nil {
		return err
	}
	c := &l.Config
	c.S3Endpoint, c.S3Region = "http://"+l.minio.Endpoint(), l.minio.Region()
	c.S3AccessKey, c.S3SecretKey = l.minio.AccessKey(), l.minio.SecretKey()
	return nil
}

// close stops what was started.
func (l *lab) close(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 40*time.Second)
	defer cancel()
	var errs []error
	if l.minio != nil {
		errs = append(errs, l.minio.Stop(ctx))
	}
	if l.postgres != nil {
		errs = append(errs, l.postgres.Stop(ctx))
	}
	return errors.Join(errs...)
}

// tell reports progress.
func (l *lab) tell(format string, args ...any) {
	if l.Progress != nil {
		fmt.Fprintf(l.Progress, "%6s  "+format+"\n", append([]any{time.Since(l.begun).Round(time.Second)}, args...)...)
	}
}

// place is a schema with empty tables and a bucket, for one measurement or several.
type place struct {
	*lab

	config wiring.Config // of a loader that works on it
	db     *pgx.Conn     // the owner's
	full   bool          // the bucket holds too much to be emptied, and goes with its server
}

// newPlace makes a place, which the returned function removes.
func (l *lab) newPlace(ctx context.Context) (p *place, remove func(), err error) {
	name := "bench-" + strings.ReplaceAll(uuid.NewString(), "-", "")[:12]
	p = &place{lab: l, config: l.Config}
	p.config.DatabaseSchema, p.config.S3Bucket = strings.ReplaceAll(name, "-", "_"), name
	p.config.DatabaseURL = l.owner
	p.config.Listen, p.config.WebhookToken = l.notices, token
	p.config.Contract = "" // the built-in one, whatever the settings name
	remove = func() { p.remove(ctx) }
	if err = p.fill(ctx); err != nil {
		p.remove(ctx)
	}
	return p, remove, err
}

func (p *place) fill(ctx context.Context) (err error) {
	bucket := embedded.Bucket{Name: p.config.S3Bucket, Versioned: true}
	if p.minio != nil {
		bucket.Notify = []string{webhook}
	}
	if err := p.store.CreateBucket(ctx, bucket); err != nil {
		return err
	}
	if p.db, err = p.connect(ctx); err != nil {
		return err
	}
	return p.migrate(ctx)
}

// connect opens another of the owner's connections.
func (p *place) connect(ctx context.Context) (*pgx.Conn, error) {
	config, err := pgx.ParseConfig(p.owner)
	if err != nil {
		return nil, errors.New("the database URL cannot be read") // pgx's own message may quote parts of it
	}
	config.RuntimeParams["search_path"] = p.config.DatabaseSchema
	db, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("connect to PostgreSQL: %w", err)
	}
	return db, nil
}

// hush keeps the store from telling anybody of what is put from now on.
func (p *place) hush(ctx context.Context) error {
	return p.store.CreateBucket(ctx, embedded.Bucket{Name: p.config.S3Bucket, Versioned: true})
}

func (p *place) migrate(ctx context.Context) error {
	_, err := migrations.Up(ctx, p.owner, p.config.DatabaseSchema)
	return err
}

// renew gives the place empty tables again, none of whose pages is in use, and the server a calm moment: what the measurements before
// left to be written is written.
func (p *place) renew(ctx context.Context) error {
	if err := migrations.Drop(ctx, p.owner, p.config.DatabaseSchema); err != nil {
		return err
	}
	if err := p.migrate(ctx); err != nil {
		return err
	}
	return p.exec(ctx, "checkpoint")
}

// remove takes all away again; what stays after an error goes with the servers, or is named in the error of the next step.
func (p *place) remove(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Minute)
	defer cancel()
	if p.db != nil {
		_ = p.db.Close(ctx) // nothing is written any more
	}
	err := migrations.Drop(ctx, p.owner, p.config.DatabaseSchema)
	if !p.full {
		err = errors.Join(err, p.store.RemoveBucket(ctx, p.config.S3Bucket))
	}
	if err != nil {
		p.tell("clean up: %v", err)
	}
}

func (p *place) exec(ctx context.Context, sql string, args ...any) error {
	if _, err := p.db.Exec(ctx, sql, args...); err != nil {
		return fmt.Errorf("%.60s: %w", sql, err)
	}
	return nil
}

// value is the one number that a query answers.
func (p *place) value(ctx context.Context, sql string) (n int64, err error) {
	if err = p.db.QueryRow(ctx, sql).Scan(&n); err != nil {
		err = fmt.Errorf("%.60s: %w", sql, err)
	}
	return n, err
}
