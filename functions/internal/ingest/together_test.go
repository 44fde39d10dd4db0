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

// found is an object as a listing shows it.
func (h *harness) found(key, version, text string) dropzone.Object {
	h.store.put(key, version, text, 1)
	return h.store.keys[key].object
}

func another(i int) string {
	return fmt.Sprintf("%s%08d-1111-4111-8111-111111111111,view,2026-11-23T09:00:00Z,u1\n", header, i)
}

func (h *harness) together(objects ...dropzone.Object) string {
	h.t.Helper()
	receipts, errs := h.HandleTogether(h.t.Context(), Orders(objects, true))
	states := make([]string, len(receipts))
	for i, r := range receipts {
		if states[i] = string(r.State); errs[i] != nil {
			states[i] = "error"
		}
	}
	return strings.Join(states, " ")
}

// Whatever one of them is like, each object has the outcome that it would have alone, and the sound ones are loaded together.
func TestObjectsThatAreHandledTogetherHaveTheirOwnOutcomes(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	settled := h.found("in/settled.csv", "v", another(1))
	objects := []dropzone.Object{
		h.found("in/a.csv", "v", another(2)),
		h.found("in/unreadable.csv", "v", "no,known,column\n1,2,3\n"),
		h.found("in/b.csv", "v", another(3)),
		h.found("in/unversioned.csv", "", another(4)),
		h.found("in/gone.csv", "v", another(5)),
		h.found("in/c.csv", "v", header),
	}
	delete(h.store.keys, "in/gone.csv")
	if got := h.together(objects...); got != "loaded parked loaded loaded gone loaded" {
		t.Errorf("got %s", got)
	}
	h.expect("1", "select count(distinct r.xmin::text) from receipts r join objects using (object_id) where key in ('in/a.csv', 'in/b.csv', 'in/c.csv')")
	h.expect("3", "select count(distinct r.xmin::text) from receipts r")
	h.expect("0", "select count(*) from objects where open_attempts > 0 or state = 'failed'")
	h.handle(Order{Object: settled})
	h.store.opened = 0
	again := []dropzone.Object{objects[0], settled, h.found("in/d.csv", "v", another(6))}
	if got := h.together(again...); got != "loaded loaded loaded" || h.store.opened != 1 {
		t.Errorf("once more: %s, %d objects opened", got, h.store.opened)
	}
	h.books()
}

func TestAPauseHoldsObjectsBackThatAreHandledTogether(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	objects := []dropzone.Object{h.found("in/a.csv", "v", another(1)), h.found("in/b.csv", "v", another(2))}
	h.pause()
	_, errs := h.HandleTogether(t.Context(), Orders(objects, true))
	for _, err := range errs {
		if !errors.Is(err, dropzone.ErrPaused) {
			t.Errorf("got %v", err)
		}
	}
	h.expect("0", "select count(*) from objects")
	if h.store.opened != 0 {
		t.Errorf("%d objects were opened", h.store.opened)
	}
}

// What several loaders died of is not loaded beside others, and is parked in the end.
func TestASuspectIsNotLoadedTogetherWithOthers(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	objects := []dropzone.Object{
		h.found("in/a.csv", "v", another(1)), h.found("in/suspect.csv", "v", another(2)),
		h.found("in/b.csv", "v", another(3)), h.found("in/deadly.csv", "v", another(4)),
	}
	h.killed("in/suspect.csv", suspectFrom)
	h.killed("in/deadly.csv", diedTooOften)
	h.Loader = uncertain{h.Loader} // those that were to be loaded together are not done when the suspect's turn comes
	begin := time.Now()
	if got, waited := h.together(objects...), time.Since(begin); got != "loaded loaded loaded parked" || waited > aloneTime {
		t.Errorf("after %s: %s", waited, got)
	}
	h.expect("3", "select count(distinct xmin::text) from receipts") // a and b, the suspect, the deadly one
	h.expect("loader_died", "select reason from receipts where state = 'parked'")
}

// slowOnce does not get on with a key, the first time.
type slowOnce struct {
	Source

	key  string
	once sync.Once
}

// Open implements Source.
func (s *slowOnce) Open(ctx context.Context, o dropzone.Object) (object dropzone.Object, body io.ReadCloser, err error) {
	if o.Key == s.key {
		s.once.Do(func() {
			<-ctx.Done()
			err = ctx.Err()
		})
	}
	if err != nil {
		return o, nil, err
	}
	return s.Source.Open(ctx, o)
}

func TestASlowObjectDoesNotHoldUpThoseThatAreHandledWithIt(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	objects := []dropzone.Object{h.found("in/a.csv", "v", another(1)), h.found("in/slow.csv", "v", another(2)), h.found("in/b.csv", "v", another(3))}
	h.Source = &slowOnce{Source: h.Source, key: "in/slow.csv"}
	if got := h.together(objects...); got != "loaded loaded loaded" {
		t.Errorf("got %s", got)
	}
	h.expect("in/slow.csv", "select key from receipts join objects using (object_id) order by finished_at desc limit 1")
}

// panicking dies of several objects at once.
type panicking struct{ Loader }

// LoadTogether implements Loader.
func (panicking) LoadTogether(context.Context, []dropzone.Run) ([]dropzone.Receipt, []error) {
	panic("too much")
}

func TestAPanicOverObjectsThatAreHandledTogetherIsNotTheirEnd(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.Loader = panicking{h.Loader}
	if got := h.together(h.found("in/a.csv", "v", another(1)), h.found("in/b.csv", "v", another(2))); got != "loaded loaded" {
		t.Errorf("got %s", got)
	}
}

// uncertain loads objects together, and does not hear of it.
type uncertain struct{ Loader }

// LoadTogether implements Loader.
func (u uncertain) LoadTogether(ctx context.Context, runs []dropzone.Run) ([]dropzone.Receipt, []error) {
	receipts, _ := u.Loader.LoadTogether(ctx, runs)
	return receipts, slices.Repeat([]error{dropzone.ErrCommitUnknown}, len(runs))
}

// After a COMMIT with an unknown outcome each object finds its own receipt, with its books.
func TestObjectsWhoseCommonCommitIsUnknownFindTheirReceipts(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.Loader = uncertain{h.Loader}
	objects := []dropzone.Object{h.found("in/a.csv", "v", another(1)), h.found("in/b.csv", "v", another(2))}
	receipts, errs := h.HandleTogether(t.Context(), Orders(objects, true))
	for i, r := range receipts {
		if errs[i] != nil || r.State != dropzone.Loaded || r.Already || r.Inserted != 1 {
			t.Errorf("receipt %+v, error %v", r, errs[i])
		}
	}
	h.expect("2", "select count(*) from receipts")
	h.books()
}
