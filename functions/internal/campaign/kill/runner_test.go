package kill

import (
	"testing"
	"time"

	"eventdrop/functions/internal/campaign"
	"eventdrop/functions/internal/campaign/world"
)

// R1: no instruction is a bad moment for the runner to be killed at, with and without versions.
func TestTheRunnerIsKilledUnderLoad(t *testing.T) { //nolint:paralleltest // its process needs the notices' address
	d := campaign.New(t, "SIGKILLs of the runner", 20)
	d.Expect("while loading", "inside a transaction", "before it served")
	const longest = 200 // kills in one world, so that what is compared at its end stays small
	section := min(longest, max(1, d.N()/2))
	for first := 0; first < d.N(); first += section {
		versioned := first/section%2 == 0
		t.Run(bytesKept(versioned), func(t *testing.T) {
			k := newKills(t, d, first, versioned)
			for i := first; i < min(first+section, d.N()); i++ {
				k.kill(i)
			}
			k.judge()
		})
		if t.Failed() {
			return
		}
	}
}

// bytesKept names the kind of bucket.
func bytesKept(versioned bool) string {
	if versioned {
		return "versioned"
	}
	return "replaceable bytes"
}

// kills is a world under load whose runner dies again and again.
type kills struct {
	t         *testing.T
	drill     *campaign.Drill
	world     *world.World
	traffic   *traffic
	producers *producers
	index     int
	receipts  int64
}

func newKills(t *testing.T, d *campaign.Drill, index int, versioned bool) *kills {
	t.Helper()
	w := sharedAnnouncer(t).world(t, world.Options{Versioned: versioned})
	tr := newTraffic(t, w, d.Rand(-1-index), versioned)
	return &kills{t: t, drill: d, world: w, traffic: tr, producers: tr.produce(t.Context()), index: index}
}

const (
	perLife    = 15  // objects dropped between two kills
	maxBacklog = 150 // unsettled objects, above which the producers pause
	early      = 50 * time.Millisecond
	longLife   = 200 * time.Millisecond
	moment     = 10 * time.Millisecond
)

// kill lets one process live for a random time, and kills it: one in eight while it starts, the others at work. Half of these have
// begun a transaction: a slow machine loads nothing within longLife.
func (k *kills) kill(i int) {
	k.t.Helper()
	random := k.drill.Rand(i)
	p := start(k.t, k.world, "serve")
	if k.traffic.backlog(k.world) < maxBacklog {
		k.producers.order(perLife)
	}
	life := early
	if random.IntN(8) > 0 {
		p.await(k.t, p.log.serving)
		if life = longLife; random.IntN(2) == 0 && awaitWriting(k.world) {
			life = moment
		}
	}
	<-time.After(time.Duration(random.Int64N(int64(life))))
	k.observe(p)
	if err := p.kill(); err != nil {
		k.t.Fatalf("%v\n%s", err, k.drill.Again(i))
	}
}

// observe stops the process and looks at what it was doing. To its peers a process that was stopped and then killed
// looks as one that was killed: what they had begun for it they finish, and get no answer to it.
func (k *kills) observe(p *program) {
	k.t.Helper()
	if !told(p.log.serving) {
		k.drill.Reached("before it served")
		return
	}
	freeze(k.t, p)
	receipts := number(k.world.Value("select count(*) from receipts"))
	moved := receipts > k.receipts
	k.receipts = receipts
	switch {
	case writing(k.world) > 0:
		k.drill.Reached("inside a transaction")
		k.drill.Reached("while loading")
	case moved && k.traffic.backlog(k.world) > 0:
		k.drill.Reached("between transactions")
		k.drill.Reached("while loading")
	case moved:
		k.drill.Reached("when everything was loaded")
	default:
		k.drill.Reached("before its first load")
	}
}

// judge lets a last process load all that is left, by itself, and come to an end in order. Then it compares.
func (k *kills) judge() {
	k.t.Helper()
	k.producers.end(k.t)
	p := startReconciled(k.t, k.world)
	k.world.LetTimePass()
	k.world.AwaitComplete()
	p.stop(k.t)
	settle(k.t, k.drill, k.world)
	k.traffic.judge(k.t, k.drill, k.index, k.world)
}
