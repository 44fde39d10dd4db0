package runner

import (
	"sync"

	"eventdrop/functions/internal/dropzone"
)

// identity is what makes two notices the same.
type identity struct{ bucket, key, version, etag string }

func identityOf(o dropzone.Object) identity { return identity{o.Bucket, o.Key, o.VersionID, o.ETag} }

// queue holds objects that wait for a worker, first come first served, each once: two webhook
// targets announce everything twice. It is safe for concurrent use.
type queue struct {
	mu      sync.Mutex
	ready   *sync.Cond
	waiting []dropzone.Object
	known   map[identity]bool // waiting
	working map[identity]int  // being loaded
	length  int
	closed  bool
}

func newQueue(length int) *queue {
	q := &queue{length: length, known: map[identity]bool{}, working: map[identity]int{}}
	q.ready = sync.NewCond(&q.mu)
	return q
}

// offer adds an object; false when the queue is full or closed. An object that waits already is
// not added again, nor is a version that is being loaded. Where bytes can be replaced, an object that
// is being loaded is added: the notice may be about newer bytes.
func (q *queue) offer(o dropzone.Object) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	id := identityOf(o)
	switch {
	case q.closed:
		return false
	case q.known[id], o.Versioned() && q.working[id] > 0:
		return true
	case len(q.waiting) >= q.length:
		return false
	}
	q.known[id] = true
	q.waiting = append(q.waiting, o)
	q.ready.Signal()
	return true
}

// take waits for an object and marks it as being loaded; false after close.
func (q *queue) take() (dropzone.Object, bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for len(q.waiting) == 0 && !q.closed {
		q.ready.Wait()
	}
	if q.closed {
		return dropzone.Object{}, false
	}
	o := q.waiting[0]
	q.waiting[0] = dropzone.Object{}
	q.waiting = q.waiting[1:]
	delete(q.known, identityOf(o))
	q.working[identityOf(o)]++
	return o, true
}

// begin marks an object that did not wait as being loaded; false when it is being loaded already. Where bytes can
// be replaced, newer ones may have the same ETag: a later listing shows them again.
func (q *queue) begin(o dropzone.Object) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	id := identityOf(o)
	if q.working[id] > 0 {
		return false
	}
	q.working[id]++
	return true
}

// done ends what take or begin has begun.
func (q *queue) done(o dropzone.Object) {
	q.mu.Lock()
	defer q.mu.Unlock()
	id := identityOf(o)
	if q.working[id]--; q.working[id] == 0 {
		delete(q.working, id)
	}
}

// count returns how many objects wait, and how many are being loaded.
func (q *queue) count() (waiting, loading int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.waiting), len(q.working)
}

// close wakes all takers and returns how many objects still waited.
func (q *queue) close() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
	q.ready.Broadcast()
	return len(q.waiting)
}
