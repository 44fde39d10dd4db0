package lambdahost_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"testing"

	"eventdrop/functions/internal/campaign/world"
)

// moodyStore stands between a function and MinIO. It refuses what has "moody" in its key, and sends what has "slow" in
// its key up to a point only, both until it is told otherwise.
type moodyStore struct {
	*httptest.Server

	mu      sync.Mutex
	healed  bool
	stalled chan struct{} // gets a value when a body has come to the point
	release chan struct{} // closed: bodies go on
}

// stallAfter is more than a function reads before it opens a transaction.
const stallAfter = 12 << 20

func newMoodyStore(t *testing.T, w *world.World) *moodyStore {
	t.Helper()
	s := &moodyStore{stalled: make(chan struct{}, 100), release: make(chan struct{})}
	proxy := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(&url.URL{Scheme: "http", Host: w.MinIO.Endpoint()})
		r.Out.Host = r.In.Host // it is signed
	}, ModifyResponse: s.slow}
	s.Server = httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.URL.Path, "moody") && !s.isHealed() {
			rw.Header().Set("Content-Type", "application/xml")
			rw.WriteHeader(http.StatusForbidden)
			_, _ = io.WriteString(rw, "<Error><Code>AccessDenied</Code><Message>not now</Message></Error>")
			return
		}
		proxy.ServeHTTP(rw, r)
	}))
	t.Cleanup(s.Close)
	t.Cleanup(s.heal)
	return s
}

func (s *moodyStore) isHealed() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.healed
}

// heal lets everything through from now on.
func (s *moodyStore) heal() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.healed {
		s.healed = true
		close(s.release)
	}
}

func (s *moodyStore) slow(r *http.Response) error {
	if r.Request.Method == http.MethodGet && strings.Contains(r.Request.URL.Path, "slow") && !s.isHealed() {
		r.Body = &slowBody{ReadCloser: r.Body, store: s, gone: r.Request.Context().Done()}
	}
	return nil
}

// slowBody stops after a while.
type slowBody struct {
	io.ReadCloser

	store *moodyStore
	gone  <-chan struct{}
	read  int
}

// Read implements io.Reader.
func (b *slowBody) Read(p []byte) (int, error) {
	if b.read >= stallAfter {
		select {
		case b.store.stalled <- struct{}{}:
		default:
		}
		select {
		case <-b.store.release:
		case <-b.gone:
		}
	}
	n, err := b.ReadCloser.Read(p)
	b.read += n
	return n, err
}
