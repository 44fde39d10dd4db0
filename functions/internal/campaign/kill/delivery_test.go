package kill

import (
	"context"
	"math/rand/v2"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"eventdrop/functions/internal/campaign"
	"eventdrop/functions/internal/campaign/world"
	"eventdrop/functions/internal/dropzone"
	"eventdrop/functions/internal/ingest"
	"eventdrop/infra/embedded"
)

// N6 to N11, K4 and S15: whatever happens to notices, one reconcile brings everything, and says how many were missed.
func TestNoticesAreLostDoubledAndReordered(t *testing.T) {
	t.Parallel()
	d := campaign.New(t, "notices lost, doubled, reordered", 1_000)
	d.Expect("lost", "doubled", "twins at one instant", "reordered", "after an overwrite", "after a delete", "all delivered again")
	const longest = 2_500 // objects in one world
	section := min(longest, max(1, d.N()/2))
	for first := 0; first < d.N(); first += section {
		versioned := first/section%2 == 0
		t.Run(bytesKept(versioned), func(t *testing.T) { // one world after the other, so that memory stays bounded
			v := newDelivery(t, d, first, versioned)
			v.run(first, min(first+section, d.N()))
			v.judge()
		})
		if t.Failed() {
			return
		}
	}
}

// delivery is a world without notices of its own: the drill sends them.
type delivery struct {
	t         *testing.T
	drill     *campaign.Drill
	world     *world.World
	bucket    bucket
	shelf     *shelf
	post      *post
	program   *program
	versioned bool
	index     int

	drops []*drop // all that were stored

	// Versions that exist: with a notice, and without. Versions that are gone: with a notice.
	announced, lost, gone atomic.Int64
}

func newDelivery(t *testing.T, d *campaign.Drill, index int, versioned bool) *delivery {
	t.Helper()
	w := world.New(t, world.Options{Versioned: versioned, MinIO: sharedAnnouncer(t).store})
	address, err := embedded.FreeAddress(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	w.Config.Listen, w.Config.WebhookToken, w.Config.ReconcileEvery = address, token, time.Hour
	return &delivery{
		t: t, drill: d, world: w, bucket: openBucket(t, w), shelf: newShelf(100), post: newPost(address, d),
		program: startReconciled(t, w), versioned: versioned, index: index,
	}
}

// batch is how many objects are stored before their notices go out, in any order.
const batch = 250

// run stores the objects of a range, a batch at a time. The notices of one batch are sent while the next is stored; some are
// kept back until that is done.
func (v *delivery) run(first, end int) {
	v.t.Helper()
	var sending errgroup.Group
	var late []*drop
	for ; first < end; first += batch {
		drops, err := v.store(v.t.Context(), first, min(first+batch, end))
		if err != nil {
			v.t.Fatal(err)
		}
		if err := sending.Wait(); err != nil {
			v.t.Fatal(err)
		}
		v.drops = append(v.drops, drops...)
		now := late
		late = nil
		for _, o := range drops {
			if o.late {
				late = append(late, o.envelopes()...)
			} else {
				now = append(now, o.envelopes()...)
			}
		}
		shuffle(v.drill.Rand(first), now)
		sending.Go(func() error { return v.post.deliver(v.t.Context(), now) })
	}
	if err := sending.Wait(); err != nil {
		v.t.Fatal(err)
	}
	if err := v.post.deliver(v.t.Context(), late); err != nil {
		v.t.Fatal(err)
	}
}

func shuffle(random *rand.Rand, drops []*drop) {
	random.Shuffle(len(drops), func(i, j int) { drops[i], drops[j] = drops[j], drops[i] })
}

// envelopes is the drop once for each delivery of its notice.
func (o *drop) envelopes() (all []*drop) {
	n := o.copies
	if o.atOnce {
		n = 1
	}
	for range n {
		all = append(all, o)
	}
	return all
}

func (v *delivery) store(ctx context.Context, first, end int) ([]*drop, error) {
	drops := make([]*drop, end-first)
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(2 * uploads)
	for i := range drops {
		group.Go(func() (err error) {
			drops[i], err = v.storeOne(ctx, first+i)
			return err
		})
	}
	return drops, group.Wait()
}

// judge waits for what was announced, wants a reconcile to miss exactly the others, and compares.
func (v *delivery) judge() {
	v.t.Helper()
	lost := v.lost.Load()
	if v.versioned {
		v.world.Eventually(strconv.FormatInt(v.announced.Load(), 10), "select count(*) from objects where state in ('loaded', 'parked')")
		v.world.Eventually(strconv.FormatInt(v.gone.Load(), 10), "select count(*) from objects where state = 'gone'")
	} else {
		lost = v.shelf.awaitAnnounced(v.world)
	}
	report, err := v.world.Parts.Reconciler(v.world.Parts.Pipeline.Accepts, nil).Run(v.t.Context(), true)
	if err != nil || report.Missing != lost {
		v.drill.Failf(v.index, "a reconcile misses %d notices, want %d: %v", report.Missing, lost, err)
	}
	reconcileTwice(v.t, v.world)
	v.program.stop(v.t)
	settle(v.t, v.drill, v.world)
	v.deliverAllAgain()
	v.drill.Differ(v.index, v.shelf.compare(v.t, v.world))
	v.drill.Differ(v.index, v.world.CompareRebuild())
}

// written tells whether anything was written to the events, even in vain, and how often anything was loaded.
const written = `select md5(string_agg(concat(ctid, xmin, xmax), ' ' order by event_id)) || (select count(*) from receipts) from events`

// deliverAllAgain delivers the notice of every object from the beginning on once more. Nothing may be written to the events.
func (v *delivery) deliverAllAgain() {
	v.t.Helper()
	before := v.world.Value(written)
	group, ctx := errgroup.WithContext(v.t.Context())
	group.SetLimit(senders)
	for _, o := range v.drops {
		group.Go(func() error {
			_, err := v.world.Parts.Pipeline.Handle(ctx, ingest.Order{Object: dropzone.Object{
				Bucket: o.bucket, Key: o.key, VersionID: o.version, ETag: o.etag,
			}})
			return err
		})
	}
	if err := group.Wait(); err != nil {
		v.t.Error(err)
	}
	if v.world.Value(written) != before {
		v.drill.Failf(v.index, "notices that were delivered again wrote to the events")
	}
	v.drill.Reached("all delivered again")
}
