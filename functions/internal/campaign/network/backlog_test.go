package network

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"eventdrop/functions/internal/campaign"
	"eventdrop/functions/internal/campaign/world"
	"eventdrop/functions/internal/dropzone"
	"eventdrop/functions/internal/ingest"
)

// breaker makes faults happen.
type breaker interface {
	begin(f fault, r *rand.Rand) error
	// end makes everything well again.
	end(ctx context.Context, f fault) error
}

// backlog is loaded while connections break.
type backlog struct {
	*watcher

	t       *testing.T
	d       *campaign.Drill
	world   *world.World
	wire    func(context.Context) error // carries wireBytes or more from the server; nil where no fault makes that slow
	faults  []fault
	breaker breaker
	put     int // objects so far
}

// run goes through all faults, in every round anew, and then compares the table with a rebuild.
func (b *backlog) run() {
	b.t.Helper()
	for _, f := range b.faults {
		b.d.Expect(f.name)
	}
	for i := 0; i < b.d.N() && !b.t.Failed(); i++ {
		r := b.d.Rand(i)
		for _, f := range b.faults {
			b.endure(i, f, r)
		}
		if parked := b.world.Value("select count(*) from objects where state = 'parked'"); parked != "0" {
			b.d.Failf(i, "%s objects were parked", parked)
		}
	}
	b.world.CheckBooks()
	b.world.CheckComplete()
	b.d.Differ(b.d.N(), b.world.CompareRebuild())
}

// endure loads a backlog while a fault comes and goes. A backlog that was loaded before it could suffer proves
// nothing, and is followed by another one.
func (b *backlog) endure(i int, f fault, r *rand.Rand) {
	b.t.Helper()
	const most = 5
	for range most {
		keys := b.drop(warmUp + 20)
		reached := b.load(keys, f, r)
		b.settle()
		b.replay(keys[0])
		if reached {
			b.d.Reached(f.name)
			return
		}
	}
	b.t.Logf("%d backlogs did not suffer from %s\n%s", most, f.name, b.d.Again(i))
}

// warmUp is how many objects are loaded before a fault. They meet the connections that the fault before has cut, and leave good ones,
// so that loads are under way when this one begins.
const warmUp = 4

// load has objects loaded, and reports whether that suffered from the fault.
func (b *backlog) load(keys []string, f fault, r *rand.Rand) (reached bool) {
	b.t.Helper()
	b.handle(b.t.Context(), keys[:warmUp])
	keys = keys[warmUp:]
	usual := b.wireTakes(f)
	ctx, loaded := b.t.Context(), make(chan struct{})
	go func() {
		defer close(loaded)
		b.handle(ctx, keys)
	}()
	wait(ctx, time.Duration(r.Int64N(int64(50*time.Millisecond))), nil)
	seen := b.watch(f.shows)
	if err := b.breaker.begin(f, r); err != nil {
		b.t.Fatal(err)
	}
	slows := true
	if f.slows > 0 {
		seen = b.watch(f.shows) // what was slow before had another cause
		slows = b.wireTakes(f) >= f.slows && usual < f.slows
	}
	select {
	case <-seen:
	case <-loaded:
	}
	wait(ctx, time.Duration(r.Int64N(int64(150*time.Millisecond))), loaded)
	if err := b.breaker.end(ctx, f); err != nil {
		b.t.Fatal(err)
	}
	<-loaded
	return slows && told(seen)
}

func told(seen <-chan struct{}) bool {
	select {
	case <-seen:
		return true
	default:
		return false
	}
}

// wireTakes measures the way to the server, without what loads wait for there: the locks of others. It is the shortest of a few times,
// because a machine at work makes any one of them long.
func (b *backlog) wireTakes(f fault) time.Duration {
	b.t.Helper()
	if f.slows == 0 {
		return 0
	}
	shortest := time.Duration(math.MaxInt64)
	for range 3 {
		began := time.Now()
		if err := b.wire(b.t.Context()); err != nil {
			b.t.Fatal(err)
		}
		shortest = min(shortest, time.Since(began))
	}
	return shortest
}

// wait returns after some time, or when done closes.
func wait(ctx context.Context, d time.Duration, done <-chan struct{}) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-done:
	case <-ctx.Done():
	}
}

// handle is what a runner's workers do with notices, of which each comes twice. Errors are for settle.
func (b *backlog) handle(ctx context.Context, keys []string) {
	waiting := make(chan string)
	var workers sync.WaitGroup
	for range b.world.Config.Workers {
		workers.Go(func() {
			for key := range waiting {
				o := dropzone.Object{Bucket: b.world.Config.S3Bucket, Key: key}
				_, _ = b.world.Parts.Pipeline.Handle(ctx, ingest.Order{Object: o})
			}
		})
	}
	for _, key := range keys {
		waiting <- key
		waiting <- key
	}
	close(waiting)
	workers.Wait()
}

func (b *backlog) reconcile(ctx context.Context) (left int64, err error) {
	load := func(ctx context.Context, objects []dropzone.Object) []error {
		_, errs := b.world.Parts.Pipeline.HandleTogether(ctx, ingest.Orders(objects, true))
		return errs
	}
	report, err := b.world.Parts.Reconciler(b.world.Parts.Pipeline.Accepts, load).Run(ctx, false)
	return report.Missing + report.Due, err
}

// settle reconciles until nothing is left. Connections that broke while they were idle may make the first one fail.
func (b *backlog) settle() {
	b.t.Helper()
	b.world.DB.Pool.Reset() // its connections may have ended with the server
	const most = 10
	var err error
	for range most {
		b.world.LetTimePass()
		var left int64
		if left, err = b.reconcile(b.t.Context()); err == nil && left == 0 {
			return
		}
	}
	b.t.Fatalf("%d reconciles did not load everything: %v", most, err)
}

// replay loads an object again on purpose.
func (b *backlog) replay(key string) {
	b.t.Helper()
	o := dropzone.Object{Bucket: b.world.Config.S3Bucket, Key: key}
	receipt, err := b.world.Parts.Pipeline.Handle(b.t.Context(), ingest.Order{Object: o, Kind: dropzone.Replay})
	if err != nil || receipt.Inserted+receipt.Updated > 0 {
		b.t.Errorf("replay of %s changed something or failed: %+v, %v", key, receipt, err)
	}
}

// drop stores n objects, small, large and compressed ones, and returns their keys.
func (b *backlog) drop(n int) []string {
	b.t.Helper()
	keys := make([]string, n)
	for k := range keys {
		i := b.put
		b.put++
		key, body := fmt.Sprintf("%09d.csv", i), small(i)
		switch i % 10 {
		case 0:
			body = large(i)
		case 1, 2:
			key, body = key+".gz", compressed(header+rows(i, 200))
		case 3, 4, 5:
			body = header + rows(i, 50)
		}
		b.world.Put(key, body)
		keys[k] = key
	}
	return keys
}

func compressed(text string) string {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, _ = z.Write([]byte(text)) // a buffer takes everything
	_ = z.Close()
	return b.String()
}
