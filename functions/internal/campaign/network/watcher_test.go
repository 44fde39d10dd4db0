package network

import (
	"context"
	"errors"
	"io"
	"sync"
	"time"

	"eventdrop/functions/internal/dropzone"
	"eventdrop/functions/internal/ingest"
)

// operation is one thing that a loader did with a server.
type operation struct {
	bytes int64 // of the object
	took  time.Duration
	err   error
}

// watcher stands between the pipeline and a server, and tells when an operation shows the fault of the moment.
type watcher struct {
	mu    sync.Mutex
	shows func(operation) bool
	seen  chan struct{}
}

// watch begins to look for a fault; the channel closes when one operation has shown it.
func (w *watcher) watch(shows func(operation) bool) <-chan struct{} {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.shows, w.seen = shows, make(chan struct{})
	return w.seen
}

func (w *watcher) note(op operation) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.shows != nil && w.shows(op) {
		close(w.seen)
		w.shows = nil
	}
}

// watchedLoader watches PostgreSQL.
type watchedLoader struct {
	ingest.Loader
	*watcher
}

// Load implements ingest.Loader.
func (l watchedLoader) Load(ctx context.Context, run dropzone.Run) (dropzone.Receipt, error) {
	began := time.Now()
	receipt, err := l.Loader.Load(ctx, run)
	if !errors.Is(err, dropzone.ErrBusy) {
		l.note(operation{run.Object.Size, time.Since(began), err})
	}
	return receipt, err
}

// watchedSource watches MinIO.
type watchedSource struct {
	ingest.Source
	*watcher
}

// Open implements ingest.Source.
func (s watchedSource) Open(ctx context.Context, o dropzone.Object) (dropzone.Object, io.ReadCloser, error) {
	began := time.Now()
	opened, body, err := s.Source.Open(ctx, o)
	if err != nil {
		s.note(operation{o.Size, time.Since(began), err})
		return opened, body, err
	}
	return opened, &watchedBody{body, s.watcher, operation{bytes: opened.Size, took: time.Since(began)}}, nil
}

// watchedBody adds up the time that reading takes.
type watchedBody struct {
	io.ReadCloser
	*watcher

	operation operation
}

// Read implements io.Reader.
func (b *watchedBody) Read(p []byte) (int, error) {
	began := time.Now()
	n, err := b.ReadCloser.Read(p)
	b.operation.took += time.Since(began)
	if err != nil && err != io.EOF {
		b.operation.err = err
	}
	return n, err
}

// Close implements io.Closer.
func (b *watchedBody) Close() error {
	b.note(b.operation)
	return b.ReadCloser.Close()
}
