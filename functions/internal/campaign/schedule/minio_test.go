package schedule

import (
	"context"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"eventdrop/functions/internal/bucket"
	"eventdrop/functions/internal/campaign/model"
	"eventdrop/functions/internal/campaign/world"
	"eventdrop/functions/internal/dropzone"
	"eventdrop/infra/embedded"
)

// remote is a store on a real MinIO: the pipeline reads it as it always does, the schedule writes to it. The
// seconds and the order of its objects are MinIO's, and the life learns them.
type remote struct {
	*remoteServer

	mu      sync.Mutex // of the life, while loaders run
	life    *model.Life
	prefix  string
	failing bool
	drops   []dropzone.Object // as they were stored
}

// remoteServer is what stores share: a bucket that keeps versions, and one whose bytes are replaced.
type remoteServer struct {
	t          *testing.T
	server     *bucket.Store
	client     *minio.Client
	versioned  string
	replaced   string
	beganUnder time.Time
}

func newRemotes(t *testing.T, n int) []store {
	t.Helper()
	m := world.SharedMinIO(t)
	s := &remoteServer{t: t, versioned: "versioned-" + uuid.NewString(), replaced: "replaced-" + uuid.NewString(), beganUnder: time.Now().Truncate(time.Second)}
	var err error
	if s.server, err = bucket.New(bucket.Config{Endpoint: "http://" + m.Endpoint(), Region: m.Region(), AccessKey: m.AccessKey(), SecretKey: m.SecretKey()}); err != nil {
		t.Fatal(err)
	}
	s.client, err = minio.New(m.Endpoint(), &minio.Options{Creds: credentials.NewStaticV4(m.AccessKey(), m.SecretKey(), ""), Region: m.Region()})
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range []embedded.Bucket{{Name: s.versioned, Versioned: true}, {Name: s.replaced}} {
		if err := m.CreateBucket(t.Context(), b); err != nil {
			t.Fatal(err)
		}
	}
	stores := make([]store, n)
	for i := range stores {
		stores[i] = &remote{remoteServer: s}
	}
	return stores
}

func (r *remote) begin(l *model.Life, prefix string) {
	r.life, r.prefix, r.failing, r.drops = l, prefix, false, r.drops[:0]
}

func (r *remote) bucket() string {
	if r.life.Versioned {
		return r.versioned
	}
	return r.replaced
}

func (r *remote) base() time.Time { return r.beganUnder }

func (r *remote) second(t time.Time) int32 { return int32(t.Sub(r.beganUnder) / time.Second) }

func (r *remote) key(key uint8) string { return r.prefix + model.KeyName(int(key)) }

// put stores the newest drop, and asks what the store made of it.
func (r *remote) put(drop int) {
	d := &r.life.Drops[drop]
	o := dropzone.Object{Bucket: r.bucket(), Key: r.key(d.Key)}
	body := csv(r.life.Bodies[d.Body])
	info, err := r.client.PutObject(r.t.Context(), o.Bucket, o.Key, strings.NewReader(body), int64(len(body)), minio.PutObjectOptions{DisableMultipart: true})
	if err == nil {
		o.VersionID = info.VersionID
		o, err = r.server.Stat(r.t.Context(), o)
	}
	if err != nil {
		r.t.Errorf("put drop %d: %v", drop, err)
	}
	d.Second = r.second(o.LastModified)
	r.drops = append(r.drops, o)
}

func (r *remote) remove(key uint8) { r.delete(r.key(key), "") }
func (r *remote) purge(drop int)   { r.delete(r.drops[drop].Key, r.drops[drop].VersionID) }

func (r *remote) delete(key, version string) {
	err := r.client.RemoveObject(r.t.Context(), r.bucket(), key, minio.RemoveObjectOptions{VersionID: version})
	if err != nil {
		r.t.Errorf("delete %s: %v", key, err)
	}
}

// tick waits for another second of MinIO's clock, which is this machine's.
func (r *remote) tick() {
	next := time.NewTimer(time.Until(time.Now().Truncate(time.Second).Add(time.Second)))
	defer next.Stop()
	select {
	case <-next.C:
	case <-r.t.Context().Done():
	}
}

func (r *remote) fail() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.failing = true
}

func (r *remote) failed() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	failed := !r.failing
	r.failing = false
	return failed
}

// notice tells the second that the store confirms, and no more: only a listing tells the order of its versions.
func (r *remote) notice(drop int) dropzone.Object {
	o := r.drops[drop]
	return dropzone.Object{Bucket: o.Bucket, Key: o.Key, VersionID: o.VersionID, ETag: o.ETag, PreciseModified: o.LastModified}
}

func (r *remote) identify(version, etag string) (drop int, body uint8) {
	for i, o := range r.drops {
		if o.ETag == etag && o.VersionID == version {
			return i, r.life.Drops[i].Body
		}
	}
	panic(fmt.Sprintf("nobody put version %q with ETag %q", version, etag)) // the ledger has a name that nobody gave
}

// Open implements ingest.Source. The bytes are on their way when the life hears of it.
func (r *remote) Open(ctx context.Context, o dropzone.Object) (dropzone.Object, io.ReadCloser, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.failing {
		r.failing = false
		return o, nil, errStore
	}
	if o.ETag == "" && o.VersionID == "" {
		r.life.Opening(o.Key[len(r.prefix)] - 'a')
	}
	body, err := r.server.Open(ctx, o)
	if err != nil {
		return o, nil, err
	}
	r.life.Opened(r.opened(body.Object))
	return body.Object, body, nil
}

// opened is the drop that was opened. Where bytes are replaced it is the newest that looks like it.
func (r *remote) opened(o dropzone.Object) int {
	for drop, d := range slices.Backward(r.drops) {
		if d.Key == o.Key && d.VersionID == o.VersionID && d.ETag == o.ETag && d.LastModified.Equal(o.LastModified) {
			return drop
		}
	}
	panic(fmt.Sprintf("nobody put %+v", o))
}

// Stat implements ingest.Source.
func (r *remote) Stat(ctx context.Context, o dropzone.Object) (dropzone.Object, error) {
	return r.server.Stat(ctx, o)
}

// VersionRank implements ingest.Source.
func (r *remote) VersionRank(ctx context.Context, o dropzone.Object) (int32, error) {
	return r.server.VersionRank(ctx, o)
}

// List implements reconcile.Bucket.
func (r *remote) List(ctx context.Context, after string) iter.Seq2[dropzone.Object, error] {
	return r.server.List(ctx, r.bucket(), r.prefix, bucket.ListOptions{After: after})
}

func (r *remote) place(o dropzone.Object) (int, error) {
	rank, err := r.server.VersionRank(r.t.Context(), o)
	return int(rank), err
}

// finish has the life take the places of its drops from the listing, a key's newest version first, and wants the
// bucket to hold what the life says, and ranks to fall from each version to the next older one of its second.
func (r *remote) finish() {
	r.life.Ranked = true
	listed, newer := map[int]bool{}, -1
	for o, err := range r.List(r.t.Context(), "") {
		if err != nil {
			r.t.Errorf("list the bucket of a schedule: %v", err)
			return
		}
		drop := r.opened(o)
		d := &r.life.Drops[drop]
		if d.Place, err = r.place(o); err != nil {
			r.t.Errorf("rank of drop %d: %v", drop, err)
		}
		if newer >= 0 && r.life.Versioned && d.Key == r.life.Drops[newer].Key && d.Second == r.life.Drops[newer].Second && d.Place >= r.life.Drops[newer].Place {
			r.t.Errorf("drop %d is older than %d, and has rank %d, not less than %d", drop, newer, d.Place, r.life.Drops[newer].Place)
		}
		newer, listed[drop] = drop, true
	}
	for drop := range r.life.Drops {
		if listed[drop] != r.life.Listed(drop) {
			r.t.Errorf("drop %d is listed: %t, want the other in the life of:\n%s", drop, listed[drop], r.life.Schedule)
		}
	}
}
