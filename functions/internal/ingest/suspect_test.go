package ingest

import (
	"context"
	"testing"
	"time"

	"eventdrop/functions/internal/dropzone"
)

// watched tells when loads begin, and holds the suspect's until it is let go.
type watched struct {
	Loader

	suspect string
	began   chan string
	letGo   chan struct{}
}

// Load implements Loader.
func (w *watched) Load(ctx context.Context, run dropzone.Run) (dropzone.Receipt, error) {
	w.began <- run.Object.Key
	if run.Object.Key == w.suspect {
		<-w.letGo
	}
	return w.Loader.Load(ctx, run)
}

// Whoever is at work when a loader dies shares the blame; an object that shared it twice is loaded
// alone, so that only the killer's count grows.
func TestAnObjectWhoseLoadersDiedTwiceIsLoadedAlone(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	suspect := h.store.put("in/suspect.csv", "v", sound, 1)
	other := h.store.put("in/other.csv", "v", header, 1)
	for range suspectFrom {
		if _, err := h.Ledger.NoteAttempt(t.Context(), h.store.keys[suspect.Key].object); err != nil {
			t.Fatal(err)
		}
	}
	w := &watched{Loader: h.Loader, suspect: suspect.Key, began: make(chan string, 2), letGo: make(chan struct{})}
	h.Loader = w
	ended := make(chan error, 2)
	handle := func(o dropzone.Object) {
		_, err := h.Handle(t.Context(), Order{Object: o, Again: true})
		ended <- err
	}
	go handle(suspect)
	if key := <-w.began; key != suspect.Key {
		t.Fatalf("%s began first", key)
	}
	go handle(other)
	select {
	case key := <-w.began:
		t.Errorf("%s was loaded beside the suspect", key)
	case <-time.After(2 * time.Second): // nothing may happen: there is no signal to wait for
	}
	close(w.letGo)
	for range 2 {
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
	h.expect("0", "select sum(open_attempts) from objects")
	h.expect("loaded,loaded", "select string_agg(state, ',') from objects")
}
