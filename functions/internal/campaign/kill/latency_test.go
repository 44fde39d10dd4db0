package kill

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"golang.org/x/sync/errgroup"
)

const (
	goodEvery   = 20 * time.Millisecond // 50 good objects a second
	poisonEvery = 9                     // one poison object after so many good ones: 10 %
	goodRows    = 20
)

// arm drops good objects at a steady rate, with poison between them or without, and returns the milliseconds from each
// good upload's answer to its receipt.
func (b *poisoned) arm(objects int, withPoison bool) []float64 {
	b.t.Helper()
	answered := make(chan settlement, objects)
	var uploads errgroup.Group
	ticker := time.NewTicker(goodEvery)
	defer ticker.Stop()
	for i := range objects {
		<-ticker.C
		b.count++
		key, body := fmt.Sprintf("good/%06d.csv", b.count), b.good()
		uploads.Go(func() error {
			_, err := b.bucket.put(b.t.Context(), key, body)
			answered <- settlement{key, time.Now()}
			return err
		})
		if withPoison && i%poisonEvery == poisonEvery-1 {
			b.poison(&uploads)
		}
	}
	if err := uploads.Wait(); err != nil {
		b.t.Fatal(err)
	}
	close(answered)
	all := b.latencies(answered)
	b.quiesce()
	return all
}

// quiesce keeps the poison of one arm out of the next: it waits for all of it, and postpones what is to be tried again.
func (b *poisoned) quiesce() {
	b.t.Helper()
	b.world.Eventually(strconv.Itoa(len(b.dropped)), "select count(*) from objects where key like 'poison/%'")
	if _, err := b.world.DB.Pool.Exec(b.t.Context(), "update objects set next_attempt_at = clock_timestamp() + interval '15 minutes' where state = 'failed'"); err != nil {
		b.t.Fatal(err)
	}
}

func (b *poisoned) good() []byte {
	text := []byte(header)
	for row := range goodRows {
		text = append(text, event(b.count, row, "sound", "good")...)
	}
	return text
}

// poison drops the next kind of poison.
func (b *poisoned) poison(uploads *errgroup.Group) {
	all := poisons()
	p := all[len(b.dropped)%len(all)]
	key := fmt.Sprintf("poison/%06d.csv", len(b.dropped))
	b.dropped[key] = p
	uploads.Go(func() error {
		_, err := b.bucket.put(b.t.Context(), key, p.body)
		return err
	})
}

// latencies waits for the receipts of good objects.
func (b *poisoned) latencies(answered <-chan settlement) (all []float64) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.t.Context(), time.Minute)
	defer cancel()
	seen := map[string]time.Time{}
	for a := range answered {
		for seen[a.key].IsZero() {
			select {
			case s := <-b.settled:
				seen[s.key] = s.at
			case <-ctx.Done():
				b.t.Fatalf("%s has no receipt:\n%s", a.key, b.program.log.text())
			}
		}
		all = append(all, max(0, seen[a.key].Sub(a.at).Seconds()*1_000))
	}
	return all
}

// judge wants every poison object in its state, then takes the database's refusal back, and wants everything loaded or parked.
func (b *poisoned) judge() {
	b.t.Helper()
	for key, p := range b.dropped {
		b.world.Eventually(p.state+p.reason, "select state || coalesce(reason, '') from objects where key = $1", key)
		b.drill.Reached(p.name)
	}
	if late := b.world.Value("select count(*) from objects where key like 'good/%' and state <> 'loaded'"); late != "0" {
		b.t.Errorf("%s good objects are not loaded", late)
	}
	b.program.stop(b.t)
	if _, err := b.world.DB.Pool.Exec(b.t.Context(), "drop trigger fail on events"); err != nil {
		b.t.Fatal(err)
	}
	settle(b.t, b.drill, b.world)
	b.drill.Differ(0, b.world.CompareRebuild())
}
