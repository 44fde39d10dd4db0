package network

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"testing"
	"time"

	"eventdrop/functions/internal/campaign/world"
	"eventdrop/functions/internal/dropzone"
	"eventdrop/functions/internal/ingest"
	"eventdrop/functions/internal/wiring"
)

// route is a worker's own way to the database: pipelines whose COMMITs it can cut.
type route struct {
	*cutter

	world *world.World
	// strict loads; relaxed is the same under a contract that refuses less.
	strict, relaxed *ingest.Pipeline
}

func newRoute(t *testing.T, w *world.World) *route {
	t.Helper()
	r := &route{world: w}
	cfg := w.Config
	r.cutter, cfg.DatabaseURL = newCutter(t, w.DB.LoaderURL)
	r.relaxed = assemble(t, cfg).Pipeline.Pipelines[0]
	cfg.Contract = ""
	r.strict = assemble(t, cfg).Pipeline.Pipelines[0]
	r.strict.Source = moody{r.strict.Source, map[string]bool{}}
	return r
}

// assemble puts a pipeline together whose failed objects are due again at once.
func assemble(t *testing.T, cfg wiring.Config) *wiring.Parts {
	t.Helper()
	parts, err := wiring.Assemble(t.Context(), cfg, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(parts.Close)
	parts.Pipeline.Pipelines[0].Jitter = func(time.Duration) time.Duration { return 0 }
	return parts
}

// put stores a body and returns what a notice would tell of it.
func (r *route) put(ctx context.Context, key, body string) (dropzone.Object, error) {
	bucket := r.world.Config.S3Bucket
	if err := r.world.MinIO.Put(ctx, bucket, key, []byte(body)); err != nil {
		return dropzone.Object{}, err
	}
	o, err := r.world.Parts.Store.Stat(ctx, dropzone.Object{Bucket: bucket, Key: key})
	return dropzone.Object{Bucket: bucket, Key: key, VersionID: o.VersionID, ETag: o.ETag}, err
}

// moody refuses some keys once, with an error that is not worth another try at once.
type moody struct {
	ingest.Source

	refused map[string]bool
}

const moodyKey = "moody"

// Open implements ingest.Source.
func (m moody) Open(ctx context.Context, o dropzone.Object) (dropzone.Object, io.ReadCloser, error) {
	if strings.HasPrefix(o.Key, moodyKey) && !m.refused[o.Key] {
		m.refused[o.Key] = true
		return o, nil, fmt.Errorf("%s: the store is in a bad mood", o)
	}
	return m.Source.Open(ctx, o)
}
