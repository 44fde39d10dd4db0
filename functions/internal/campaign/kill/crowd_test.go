package kill

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"testing"

	"eventdrop/functions/internal/campaign"
	"eventdrop/functions/internal/campaign/world"
	"eventdrop/functions/internal/dropzone"
	"eventdrop/functions/internal/reconcile"
)

// K3, K4, K7: two reconciles, a runner under live traffic and the replay of everything get in each other's way.
func TestReconcilesReplaysAndLiveTrafficAtOnce(t *testing.T) { //nolint:paralleltest // its process needs the notices' address
	d := campaign.New(t, "two reconciles, live traffic and replays at once", 1)
	d.Expect("missed by both reconciles", "loaded meanwhile", "replayed meanwhile")
	const longest = 5 // rounds in one world
	for first := 0; first < d.N(); first += longest {
		t.Run("world", func(t *testing.T) {
			w := sharedAnnouncer(t).world(t, world.Options{Versioned: true})
			c := &crowd{t, d, w, newTraffic(t, w, d.Rand(-1-first), true)}
			c.drop()
			w.Reconcile() // so that there is something to replay
			for range min(longest, d.N()-first) {
				c.round()
			}
			settle(t, d, w)
			c.traffic.judge(t, d, first, w)
		})
		if t.Failed() {
			return
		}
	}
}

// crowd is a world in which everybody works at once.
type crowd struct {
	t       *testing.T
	drill   *campaign.Drill
	world   *world.World
	traffic *traffic
}

const (
	missedObjects = 60 // dropped while nobody serves, for the reconciles to find
	liveObjects   = 60 // dropped while everybody works
)

func (c *crowd) drop() {
	c.t.Helper()
	p := c.traffic.produce(c.t.Context())
	p.order(missedObjects)
	p.end(c.t)
}

func (c *crowd) round() {
	c.t.Helper()
	c.drop()
	release := c.hold()
	loaded := c.loaded()
	live := c.traffic.produce(c.t.Context())
	stopPace := live.pace(liveObjects)
	reconciles := []*reconciling{startReconcile(c.t, c.world), startReconcile(c.t, c.world)}
	serving := start(c.t, c.world, "serve")
	replay(c.t, c.world, func(dropzone.Object) { c.drill.Reached("replayed meanwhile") }, "state = 'loaded'")
	both := true
	for _, r := range reconciles {
		both = r.wait(c.t).Missing > 0 && both
	}
	release()
	serving.await(c.t, serving.log.reconciled)
	stopPace()
	live.end(c.t)
	if both {
		c.drill.Reached("missed by both reconciles")
	}
	if c.loaded() > loaded+missedObjects {
		c.drill.Reached("loaded meanwhile")
	}
	serving.stop(c.t)
}

// hold keeps one object from being noted: whoever lists it meanwhile misses it, and hands it back as busy. Else one of the
// reconciles may have noted all of them before the other one looks.
func (c *crowd) hold() (release func()) {
	c.t.Helper()
	ctx, b, key := c.t.Context(), c.traffic.bucket, fmt.Sprintf("held/%d.csv", c.loaded())
	info, err := b.put(ctx, key, overlapping(0))
	if err != nil {
		c.t.Fatal(err)
	}
	tx, err := c.world.DB.Pool.Begin(ctx)
	if err != nil {
		c.t.Fatal(err)
	}
	const sql = "insert into objects (bucket, key, version_id, etag, drop_number, state) values ($1, $2, $3, $4, 1, 'failed')"
	if _, err := tx.Exec(ctx, sql, b.name, key, info.VersionID, info.ETag); err != nil {
		c.t.Fatal(err)
	}
	return func() { _ = tx.Rollback(context.WithoutCancel(ctx)) } // the row was never there
}

func (c *crowd) loaded() int64 {
	return number(c.world.Value("select count(*) from receipts where kind = 'load'"))
}

// reconciling is a reconcile as a process of its own.
type reconciling struct {
	*program
	out *bytes.Buffer
}

func startReconcile(t *testing.T, w *world.World) *reconciling {
	t.Helper()
	out := new(bytes.Buffer)
	return &reconciling{startTo(t, w, out, "reconcile", "--output", "json"), out}
}

// wait returns the report. Objects that the others held too long count as failed there, and are left to the next reconcile.
func (r *reconciling) wait(t *testing.T) (report reconcile.Report) {
	t.Helper()
	failed := r.Wait()
	if err := json.Unmarshal(r.out.Bytes(), &report); err != nil || failed != nil && report.Failed == 0 {
		t.Errorf("reconcile: %v, %v\n%s", failed, err, r.log.text())
	}
	return report
}

// reconcileTwice runs two reconciles at once.
func reconcileTwice(t *testing.T, w *world.World) {
	t.Helper()
	for _, r := range []*reconciling{startReconcile(t, w), startReconcile(t, w)} {
		r.wait(t)
	}
}
