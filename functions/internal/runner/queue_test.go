package runner

import (
	"testing"

	"eventdrop/functions/internal/dropzone"
)

func versioned(key string) dropzone.Object {
	return dropzone.Object{Bucket: "b", Key: key, VersionID: "v1", ETag: "e"}
}

func replaceable(key string) dropzone.Object {
	return dropzone.Object{Bucket: "b", Key: key, ETag: "e"}
}

func TestQueueHoldsEachWaitingObjectOnce(t *testing.T) {
	t.Parallel()
	q := newQueue(10)
	for _, o := range []dropzone.Object{versioned("a"), versioned("a"), versioned("b"), replaceable("a"), replaceable("a")} {
		if !q.offer(o) {
			t.Errorf("%v was refused", o)
		}
	}
	var taken []string
	for range 3 {
		o, ok := q.take()
		if !ok {
			t.Fatal("the queue ended")
		}
		taken = append(taken, o.Key+o.VersionID)
	}
	if got := taken[0] + " " + taken[1] + " " + taken[2]; got != "av1 bv1 a" {
		t.Errorf("took %s: want each once, first come first served", got)
	}
	if left := q.close(); left != 0 {
		t.Errorf("%d objects left", left)
	}
}

// A version that is being loaded needs no second load. Bytes that can be replaced may have been
// replaced since the load began.
func TestQueueAndObjectsBeingLoaded(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		object dropzone.Object
		again  int
	}{
		{"a version is not queued again", versioned("a"), 0},
		{"replaceable bytes are queued again", replaceable("a"), 1},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			q := newQueue(10)
			q.offer(test.object)
			o, _ := q.take()
			if !q.offer(test.object) {
				t.Error("refused")
			}
			if q.begin(o) {
				t.Error("a retry began beside the load")
			}
			q.done(o)
			if left := q.close(); left != test.again {
				t.Errorf("%d wait, want %d", left, test.again)
			}
		})
	}
}

func TestQueueIsForgottenWhenDone(t *testing.T) {
	t.Parallel()
	q := newQueue(10)
	q.offer(versioned("a"))
	o, _ := q.take()
	q.done(o)
	if !q.offer(o) || q.close() != 1 {
		t.Error("an object that was loaded can not be queued again: a replay of its notice must reach the ledger")
	}
	if len(q.working) != 0 {
		t.Errorf("still working on %v", q.working)
	}
}

func TestQueueRefusesWhenFullOrClosed(t *testing.T) {
	t.Parallel()
	q := newQueue(1)
	if !q.offer(versioned("a")) || q.offer(versioned("b")) || !q.offer(versioned("a")) {
		t.Error("want a taken, b refused, and a known")
	}
	q.close()
	if q.offer(versioned("c")) {
		t.Error("a closed queue took an object")
	}
	if _, ok := q.take(); ok {
		t.Error("a closed queue gave an object")
	}
}
