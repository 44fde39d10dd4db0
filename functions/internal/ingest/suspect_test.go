package ingest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
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

// LoadTogether implements Loader.
func (w *watched) LoadTogether(ctx context.Context, runs []dropzone.Run) ([]dropzone.Receipt, []error) {
	w.began <- runs[0].Object.Key
	return w.Loader.LoadTogether(ctx, runs)
}

// killed leaves behind what loaders that died of an object do.
func (h *harness) killed(key string, loaders int) {
	h.t.Helper()
	for range loaders {
		if err := h.Ledger.NoteAttempt(h.t.Context(), h.store.keys[key].object); err != nil {
			h.t.Fatal(err)
		}
	}
}

// R6: whoever is at work when a loader dies shares the blame; an object that shared it twice is loaded alone, so that only the
// killer's count grows: whoever waits meanwhile, another suspect and small objects of a listing too, is not at work yet.
func TestAnObjectWhoseLoadersDiedTwiceIsLoadedAlone(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	suspect, second := h.found("in/suspect.csv", "v", sound), h.found("in/second.csv", "v", header)
	h.killed(suspect.Key, suspectFrom)
	h.killed(second.Key, suspectFrom)
	waiting := [][]dropzone.Object{{second}, {h.found("in/a.csv", "v", header), h.found("in/b.csv", "v", header)}}
	for i := range connections {
		waiting = append(waiting, []dropzone.Object{h.found(fmt.Sprintf("in/other-%d.csv", i), "v", header)})
	}
	w := &watched{Loader: h.Loader, suspect: suspect.Key, began: make(chan string, len(h.store.keys)), letGo: make(chan struct{})}
	h.Loader = w
	ended := make(chan error, 1+len(waiting))
	handle := func(objects []dropzone.Object) {
		_, errs := h.HandleTogether(t.Context(), Orders(objects, true))
		ended <- errors.Join(errs...)
	}
	go handle([]dropzone.Object{suspect})
	if key := <-w.began; key != suspect.Key {
		t.Fatalf("%s began first", key)
	}
	for _, objects := range waiting {
		go handle(objects)
	}
	select {
	case key := <-w.began:
		t.Errorf("%s was loaded beside the suspect", key)
	case <-time.After(2 * time.Second): // nothing may happen: there is no signal to wait for
	}
	h.expect("in/second.csv 2, in/suspect.csv 3", "select string_agg(key || ' ' || open_attempts, ', ' order by key) from objects")
	ctx, cancel := context.WithTimeout(t.Context(), aloneTime/2)
	defer cancel()
	if _, err := h.Ledger.Look(ctx, suspect); err != nil {
		t.Errorf("those who wait hold the connections: %v", err)
	}
	close(w.letGo)
	for range 1 + len(waiting) {
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
	h.expect("0", "select sum(open_attempts) from objects")
	h.expect("loaded", "select string_agg(distinct state, ',') from objects")
	h.books()
}

// R6: the attempt of a loader that is at work is one without any outcome so far. An object that it holds keeps nobody waiting here.
func TestAnObjectThatAnotherLoaderHoldsIsHandedBackBeforeTheDoor(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	for died, key := range map[int]string{suspectFrom: "in/a.csv", diedTooOften: "in/b.csv"} {
		o := h.found(key, "v", sound)
		h.killed(key, died)
		tx, err := h.db.Pool.Begin(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := tx.Exec(t.Context(), "update objects set state = 'loaded' where key = $1", key); err != nil { // as a claim does
			t.Fatal(err)
		}
		leave, err := h.Apart.enter(t.Context(), false) // a suspect waits for it
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), aloneTime/2)
		if _, err := h.Handle(ctx, Order{Object: o, Again: true}); !errors.Is(err, dropzone.ErrBusy) {
			t.Errorf("after %d attempts: %v", died, err)
		}
		cancel()
		leave()
		if err := tx.Rollback(t.Context()); err != nil {
			t.Fatal(err)
		}
		h.expect(fmt.Sprint("failed ", died), "select state || ' ' || open_attempts from objects where key = $1", key)
	}
}

// door sees whether a suspect could enter while an object is opened, loaded, and has its outcome recorded.
type door struct {
	Source
	Loader
	Ledger

	apart *Apart
	mu    sync.Mutex
	open  []string
}

func (d *door) look(when string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.apart.places.TryAcquire(everyone) {
		d.apart.places.Release(everyone)
		d.open = append(d.open, when)
	}
}

// Open looks at the door.
func (d *door) Open(ctx context.Context, o dropzone.Object) (dropzone.Object, io.ReadCloser, error) {
	d.look("open " + o.Key)
	return d.Source.Open(ctx, o)
}

// Load looks at the door, and ends with a passing fault.
func (d *door) Load(context.Context, dropzone.Run) (dropzone.Receipt, error) {
	d.look("load")
	return dropzone.Receipt{}, dropzone.ErrCommitUnknown
}

// LoadTogether does so, too.
func (d *door) LoadTogether(_ context.Context, runs []dropzone.Run) ([]dropzone.Receipt, []error) {
	d.look("load together")
	return make([]dropzone.Receipt, len(runs)), slices.Repeat([]error{dropzone.ErrCommitUnknown}, len(runs))
}

// Record looks at the door.
func (d *door) Record(ctx context.Context, run dropzone.Run, out dropzone.Outcome) (int64, error) {
	d.look("record")
	return d.Ledger.Record(ctx, run, out)
}

// Whose attempt is noted can be blamed until its outcome is recorded. Between two tries, too, a suspect must not be at work.
func TestNoSuspectIsAtWorkBesideAnObjectThatCanBeBlamed(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	leave, err := h.Apart.enter(t.Context(), false)
	if err != nil {
		t.Fatal(err)
	}
	leave()
	d := &door{Source: h.Source, Loader: h.Loader, Ledger: h.Ledger, apart: h.Apart}
	h.Source, h.Loader, h.Ledger = d, d, d
	if got := h.together(h.found("in/alone.csv", "v", another(1))); got != "error" {
		t.Errorf("alone: %s", got)
	}
	if got := h.together(h.found("in/a.csv", "v", another(2)), h.found("in/b.csv", "v", another(3))); got != "error error" {
		t.Errorf("together: %s", got)
	}
	if got := strings.Join(d.open, ", "); got != "open in/alone.csv" { // its attempt is noted when its size is known
		t.Errorf("the door was open for a suspect: %s", got)
	}
	h.expect("0", "select sum(open_attempts) from objects")
}
