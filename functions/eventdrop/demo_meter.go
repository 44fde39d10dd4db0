package main

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"eventdrop/functions/internal/dropzone"
)

// meter follows every object from its drop to its outcome. It is safe for concurrent use.
type meter struct {
	mu      sync.Mutex
	began   time.Time
	flights map[string]*flight // by key
	open    int                // flights without an outcome
	latency []time.Duration    // from the answer of the PUT until the rows were visible

	objects int
	books   dropzone.Books
	parked  int
	rejects map[dropzone.ReasonCount]int64 // Count is 0 in the keys
}

// flight is one object on its way. Its rows can be visible before the store has answered the
// uploader: the notice overtakes the answer.
type flight struct {
	answered, loaded time.Time
}

func newMeter() *meter {
	return &meter{began: time.Now(), flights: map[string]*flight{}, rejects: map[dropzone.ReasonCount]int64{}}
}

// dropping notes that an upload begins.
func (m *meter) dropping(key string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.flights[key] = &flight{}
	m.open++
}

// dropped notes that the store has answered the upload.
func (m *meter) dropped(key string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	f := m.flights[key]
	f.answered = time.Now()
	m.land(f)
}

// observe notes a receipt.
func (m *meter) observe(r dropzone.Receipt) {
	m.mu.Lock()
	defer m.mu.Unlock()
	f := m.flights[r.Object.Key]
	if f == nil || r.Already || r.State == dropzone.Failed || !f.loaded.IsZero() {
		return
	}
	f.loaded = time.Now()
	m.land(f)
	m.objects++
	m.books = m.books.Add(r.Books)
	if r.State == dropzone.Parked {
		m.parked++
	}
	for _, reject := range r.Rejects {
		m.rejects[dropzone.ReasonCount{Reason: reject.Reason, Column: reject.Column}] += reject.Count
	}
}

// land ends a flight of which both ends are known.
func (m *meter) land(f *flight) {
	if f.answered.IsZero() || f.loaded.IsZero() {
		return
	}
	m.open--
	m.latency = append(m.latency, max(0, f.loaded.Sub(f.answered)))
}

// drain waits until every object has its outcome; false if that takes longer than limit, or ctx ends before.
func (m *meter) drain(ctx context.Context, limit time.Duration) bool {
	deadline := time.NewTimer(limit)
	defer deadline.Stop()
	poll := time.NewTicker(20 * time.Millisecond)
	defer poll.Stop()
	for {
		m.mu.Lock()
		open := m.open
		m.mu.Unlock()
		if open == 0 {
			return true
		}
		select {
		case <-poll.C:
		case <-deadline.C:
			return false
		case <-ctx.Done():
			return false
		}
	}
}

// reading is what the meter shows at one moment.
type reading struct {
	elapsed  time.Duration
	objects  int
	parked   int
	backlog  int
	books    dropzone.Books
	p50, p99 time.Duration
	rejects  []dropzone.ReasonCount // most frequent first
}

func (m *meter) read() reading {
	m.mu.Lock()
	defer m.mu.Unlock()
	r := reading{elapsed: time.Since(m.began), objects: m.objects, parked: m.parked, backlog: m.open, books: m.books}
	sorted := slices.Sorted(slices.Values(m.latency))
	r.p50, r.p99 = quantile(sorted, 0.5), quantile(sorted, 0.99)
	for key := range maps.Keys(m.rejects) {
		r.rejects = append(r.rejects, dropzone.ReasonCount{Reason: key.Reason, Column: key.Column, Count: m.rejects[key]})
	}
	slices.SortFunc(r.rejects, byCount)
	return r
}

// quantile takes the nearest rank of sorted samples; 0 where there are none.
func quantile(sorted []time.Duration, q float64) time.Duration {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[min(len(sorted)-1, int(q*float64(len(sorted))))]
}
