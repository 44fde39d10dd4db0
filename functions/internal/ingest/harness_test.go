package ingest

import (
	"bytes"
	"context"
	"crypto/md5"
	"encoding/hex"
	"io"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"eventdrop/functions/internal/clean"
	"eventdrop/functions/internal/contract"
	"eventdrop/functions/internal/dropzone"
	"eventdrop/functions/internal/pgtest"
	"eventdrop/functions/internal/warehouse"
)

// stored is one key of the fake store.
type stored struct {
	object dropzone.Object
	bytes  string
}

// store is an object store in memory. Its keys hold one version each.
type store struct {
	mu     sync.Mutex
	keys   map[string]stored
	faults []error // one is returned by each Open, until they are used up
	opened int
	body   func(io.Reader) io.Reader // wraps what is read
	stat   func()                    // called before each Stat
	rank   int32                     // of every version
	ranked []string                  // the keys whose rank was asked for
}

// put stores bytes under a key, with a version or, where it is empty, without.
func (s *store) put(key, version, text string, second int) dropzone.Object {
	s.mu.Lock()
	defer s.mu.Unlock()
	sum := md5.Sum([]byte(text))
	o := dropzone.Object{
		Bucket: "shop", Key: key, VersionID: version, ETag: hex.EncodeToString(sum[:]), Size: int64(len(text)),
		LastModified: time.Date(2026, 11, 23, 10, 0, second, 0, time.UTC),
	}
	s.keys[key] = stored{o, text}
	return noticed(o)
}

// noticed is what a notice tells of an object.
func noticed(o dropzone.Object) dropzone.Object {
	return dropzone.Object{Bucket: o.Bucket, Key: o.Key, VersionID: o.VersionID, ETag: o.ETag}
}

// Open does what package bucket's does: pinned, and with the raw key as a fallback.
func (s *store) Open(_ context.Context, o dropzone.Object) (dropzone.Object, io.ReadCloser, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.opened++
	if len(s.faults) > 0 {
		err := s.faults[0]
		s.faults = s.faults[1:]
		if err != nil {
			return o, nil, err
		}
	}
	held, found := s.keys[o.Key]
	if !found && o.RawKey != "" {
		held, found = s.keys[o.RawKey]
	}
	switch {
	case !found || o.VersionID != "" && o.VersionID != held.object.VersionID:
		return o, nil, dropzone.ErrGone
	case o.VersionID == "" && o.ETag != "" && o.ETag != held.object.ETag:
		return o, nil, dropzone.ErrSuperseded
	}
	var body io.Reader = strings.NewReader(held.bytes)
	if s.body != nil {
		body = s.body(body)
	}
	return held.object, io.NopCloser(body), nil
}

// Stat does not try the raw key.
func (s *store) Stat(_ context.Context, o dropzone.Object) (dropzone.Object, error) {
	if s.stat != nil {
		s.stat()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	held, found := s.keys[o.Key]
	if !found {
		return o, dropzone.ErrGone
	}
	return held.object, nil
}

func (s *store) VersionRank(_ context.Context, o dropzone.Object) (int32, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ranked = append(s.ranked, o.Key)
	return s.rank, nil
}

// harness is a pipeline between a store in memory and a real warehouse.
type harness struct {
	*Pipeline
	t     *testing.T
	db    pgtest.DB
	store *store
	log   *bytes.Buffer
}

// connections is how many a harness has.
const connections = 4

func newHarness(t *testing.T) *harness {
	t.Helper()
	return newHarnessOn(t, pgtest.New(t), &store{keys: map[string]stored{}}, nil)
}

// under is the same tables and the same store under a contract that was changed.
func (h *harness) under(change func(*contract.Contract)) *harness {
	h.t.Helper()
	return newHarnessOn(h.t, h.db, h.store, change)
}

func newHarnessOn(t *testing.T, db pgtest.DB, held *store, change func(*contract.Contract)) *harness {
	t.Helper()
	c, err := contract.Default()
	if err != nil {
		t.Fatal(err)
	}
	if change != nil {
		change(c)
	}
	cleaner, err := clean.Compile(c)
	if err != nil {
		t.Fatal(err)
	}
	w, err := warehouse.Open(t.Context(), warehouse.Config{URL: db.LoaderURL, Schema: db.Schema, MaxConns: connections, ApplicationName: db.Schema}, c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.Close)
	h := &harness{t: t, db: db, store: held, log: &bytes.Buffer{}}
	h.Pipeline = &Pipeline{
		Source: h.store, Loader: w, Ledger: w, Cleaner: cleaner, Scope: Scope{Bucket: "shop", Prefix: "in/"},
		Limits: Limits{RawBytes: 1 << 10}, Log: slog.New(slog.NewTextHandler(h.log, nil)),
		Jitter: func(d time.Duration) time.Duration { return d }, Apart: &Apart{},
	}
	return h
}

// handle runs an order and wants no error.
func (h *harness) handle(order Order) dropzone.Receipt {
	h.t.Helper()
	receipt, err := h.Handle(h.t.Context(), order)
	if err != nil {
		h.t.Fatalf("handle %s: %v", order.Object, err)
	}
	return receipt
}

func (h *harness) expect(want, sql string, args ...any) {
	h.t.Helper()
	var s *string
	if err := h.db.Pool.QueryRow(context.WithoutCancel(h.t.Context()), "select ("+sql+")::text", args...).Scan(&s); err != nil {
		h.t.Fatalf("%s: %v", sql, err)
	}
	if s == nil || *s != want {
		h.t.Errorf("%s\n got %v\nwant %s", sql, s, want)
	}
}

// books checks what must hold after whatever happened.
func (h *harness) books() {
	h.t.Helper()
	h.expect("true", "(select coalesce(sum(inserted), 0) from receipts) = (select count(*) from events)")
	h.expect("0", "select count(*) from pg_stat_activity where application_name = $1 and state like 'idle in transaction%'", h.db.Schema)
}

const (
	header = "event_id,event_type,event_time,user_id\n"
	sound  = header + "11111111-1111-4111-8111-111111111111,view,2026-11-23T09:00:00Z,u1\n"
)
