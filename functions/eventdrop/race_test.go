package main

import (
	"fmt"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/minio/minio-go/v7"

	"eventdrop/functions/internal/dropzone"
	"eventdrop/functions/internal/ingest"
	"eventdrop/functions/internal/reconcile"
)

// handle loads an object as its notice would.
func (w *world) handle(o dropzone.Object) {
	w.t.Helper()
	if _, err := w.parts.Pipeline.Handle(w.t.Context(), ingest.Order{Object: o}); err != nil && w.t.Context().Err() == nil {
		w.t.Logf("handle %s: %v", o, err)
	}
}

// N17: of several uploads of one key at once, one notice may be all that comes. What the key holds in the end wins.
func TestUploadsOfOneKeyAtOnceEndWithWhatItHolds(t *testing.T) {
	t.Parallel()
	const uploads, rounds = 8, 5
	for _, versioned := range []bool{true, false} {
		t.Run(fmt.Sprintf("versioned %v", versioned), func(t *testing.T) {
			t.Parallel()
			w := newWorldIn(t, versioned)
			for round := range rounds {
				var wg sync.WaitGroup
				instant := make(chan struct{})
				for i := range uploads {
					wg.Go(func() {
						<-instant
						w.overwrite("raced.csv", priced(fmt.Sprintf("%d.%02d", round+1, i)))
					})
				}
				close(instant)
				w.handle(dropzone.Object{Bucket: w.config.S3Bucket, Key: "raced.csv"}) // the one notice, which comes too early
				wg.Wait()
				w.reconcile()
				w.expect(w.held("raced.csv"), "select price from events")
				w.expect("1", "select count(*) from events")
			}
			w.expect("1", "select sum(inserted) from receipts")
			if versioned {
				// A version whose rank was listed before an older one of its millisecond was stored is replayed.
				w.expect(strconv.Itoa(uploads*rounds), "select count(*) from receipts where kind = 'load'")
			}
		})
	}
}

// held is the price that a key holds now.
func (w *world) held(key string) string {
	w.t.Helper()
	body, err := w.client().GetObject(w.t.Context(), w.config.S3Bucket, key, minio.GetObjectOptions{})
	if err != nil {
		w.t.Fatal(err)
	}
	defer body.Close()
	var all [4096]byte
	n, _ := body.Read(all[:]) // ends with io.EOF
	var price string
	if _, err := fmt.Sscanf(string(all[len(csvHead):n]), "11111111-1111-4111-8111-111111111111,view,2026-11-23T10:00:00Z,%s", &price); err != nil {
		w.t.Fatalf("%v: %q", err, all[:n])
	}
	return price
}

// R7: the wall clock of the runner decides when an object is looked at, and nothing else: however wrong it is, a
// scheduled reconcile takes every object within seconds.
func TestAReconcileTakesObjectsWhateverTheClockSays(t *testing.T) {
	t.Parallel()
	const settle = 10 * time.Second
	stored := time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)
	for _, test := range []struct {
		name  string
		wrong time.Duration // of the clock that looks
		want  bool
	}{
		{"right", 0, true},
		{"right, after the settle time", settle, false},
		{"a moment behind", -30 * time.Second, true},
		{"two minutes behind", -2 * time.Minute, false},
		{"ten years behind", -10 * 365 * 24 * time.Hour, false},
		{"ten years ahead", 10 * 365 * 24 * time.Hour, false},
	} {
		if got := reconcile.OnItsWay(dropzone.Object{LastModified: stored}, stored.Add(test.wrong), settle); got != test.want {
			t.Errorf("%s: left to its notice %t, want %t", test.name, got, test.want)
		}
	}
	if reconcile.OnItsWay(dropzone.Object{}, stored, settle) {
		t.Error("an object without a time is left to its notice")
	}
}
