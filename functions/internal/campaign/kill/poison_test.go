package kill

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"eventdrop/functions/internal/campaign"
	"eventdrop/functions/internal/campaign/world"
)

// I12, N19, K8: with 10 % poison among them, good objects keep their latency. One pair of measurements judges nothing, but where there
// are several, half of them must be within the bound. Every object must end as it must.
func TestPoisonDoesNotHoldGoodObjectsUp(t *testing.T) { //nolint:paralleltest // it measures
	d := campaign.New(t, "latency under poison", 1)
	for _, p := range poisons() {
		d.Expect(p.name)
	}
	objects := 70
	if d.N() > 1 {
		objects = 250
	}
	b := newPoisoned(t, d)
	b.arm(objects/7, true) // connections, statements and caches warm up
	var clean, poisoned, ratios []float64
	for i := range d.N() {
		pair := [2]float64{}
		for _, arm := range []int{i % 2, 1 - i%2} { // each arm comes first as often as second
			pair[arm] = percentile(b.arm(objects, arm == 1), 95)
		}
		clean, poisoned, ratios = append(clean, pair[0]), append(poisoned, pair[1]), append(ratios, pair[1]/pair[0])
	}
	d.Measure("p95 ms without poison", percentile(clean, 50))
	d.Measure("p95 ms with 10 % poison", percentile(poisoned, 50))
	ratio := percentile(ratios, 50)
	d.Measure("ratio", ratio)
	if d.N() >= enoughPairs && ratio > highestRatio {
		d.Failf(0, "with poison, p95 is %.2f times what it is without, at most %v are allowed", ratio, highestRatio)
	}
	d.Measure("ratio, lowest pair", slices.Min(ratios))
	d.Measure("ratio, highest pair", slices.Max(ratios))
	b.judge()
}

// enoughPairs and highestRatio are when the latencies are judged, and what they may be at most.
const (
	enoughPairs  = 5
	highestRatio = 2.0
)

// percentile is the nearest rank.
func percentile(values []float64, p float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[max(0, int(math.Ceil(p/100*float64(len(sorted))))-1)]
}

// poison is an object that must not be loaded as it is, or not yet.
type poison struct {
	name          string
	body          []byte
	state, reason string // of the ledger, while the poison works
}

// poisons are of all kinds that a loader meets.
func poisons() []poison {
	rows := func(user string, bad int) []byte {
		text := []byte(header)
		for row := range goodRows {
			text = append(text, event(1<<30, row, user, "poison")...)
		}
		return append(text, strings.Repeat("nonsense,,,,\n", bad)...)
	}
	return []poison{
		{"no known column", []byte("Dear colleagues,\nplease find the figures attached.\n"), "parked", "no_known_column"},
		{"binary", append([]byte("\x89PNG\r\n\x1a\n"), make([]byte, 2_000)...), "parked", "binary_content"},
		{"cut archive", []byte("\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\x4a\x4c"), "parked", "damaged_compression"},
		{"too many rejects", rows("sound", 100), "parked", "too_many_rejects"},
		{"huge record", append(rows("sound", 0), bytes.Repeat([]byte("x"), 3<<20)...), "loaded", ""},
		{"refused by the database", rows(refused, 0), "failed", ""},
		{"in conflict for a while", rows(conflicting, 0), "failed", ""},
	}
}

// Users whose rows the database does not take: it refuses the one's, and asks to try the other's again at once.
const (
	refused     = "refused"
	conflicting = "conflicting"
)

// poisoned is a world that tells when an object's receipt is visible.
type poisoned struct {
	t       *testing.T
	drill   *campaign.Drill
	world   *world.World
	bucket  bucket
	program *program
	settled chan settlement

	count   int // of objects so far
	dropped map[string]poison
}

func newPoisoned(t *testing.T, d *campaign.Drill) *poisoned {
	t.Helper()
	contract, err := os.ReadFile("../../contract/ecommerce_events.yaml")
	if err != nil {
		t.Fatal(err)
	}
	w := sharedAnnouncer(t).world(t, world.Options{Versioned: true, Contract: string(contract) + "\nmax_rejected_percent: 50\n"})
	w.Config.ReconcileEvery = time.Minute // as it is set unless one asks otherwise
	b := &poisoned{t: t, drill: d, world: w, bucket: openBucket(t, w), dropped: map[string]poison{}, settled: make(chan settlement, 10_000)}
	if _, err := w.DB.Pool.Exec(t.Context(), fmt.Sprintf(triggers, w.DB.Schema, refused, conflicting)); err != nil {
		t.Fatal(err)
	}
	b.program = startReconciled(t, w)
	b.listen()
	return b
}

// triggers announce receipts once they are visible, and make objects fail.
const triggers = `
	create function announce() returns trigger language plpgsql as $$ begin
		perform pg_notify('%[1]s', (select key from %[1]s.objects o where o.object_id = new.object_id));
		return new;
	end $$;
	create trigger announce after insert on receipts for each row execute function announce();
	create function fail() returns trigger language plpgsql as $$ begin
		raise exception 'poison' using errcode = case when new.user_id = '%[2]s' then 'P0001' else '40001' end;
	end $$;
	create trigger fail before insert on events for each row when (new.user_id in ('%[2]s', '%[3]s')) execute function fail();
	grant execute on all functions in schema %[1]s to eventdrop_loader`

// settlement is the moment at which an object's receipt was visible.
type settlement struct {
	key string
	at  time.Time
}

func (b *poisoned) listen() {
	b.t.Helper()
	ctx, cancel := context.WithCancel(b.t.Context())
	conn, err := b.world.DB.Pool.Acquire(ctx)
	if err != nil {
		b.t.Fatal(err)
	}
	if _, err := conn.Exec(ctx, "listen "+b.world.DB.Schema); err != nil {
		b.t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		defer conn.Release()
		for {
			notification, err := conn.Conn().WaitForNotification(ctx)
			if err != nil {
				return // the test has ended
			}
			b.settled <- settlement{notification.Payload, time.Now()}
		}
	}()
	b.t.Cleanup(func() {
		cancel()
		<-ended
	})
}
