package network

import (
	"strings"
	"testing"

	"eventdrop/functions/internal/campaign"
	"eventdrop/functions/internal/campaign/world"
	"eventdrop/functions/internal/migrations"
	"eventdrop/functions/internal/pgtest"
)

// P8: a disk that is full fails objects, with an error that says so; it never parks them, and loses and
// doubles nothing. Once there is space they load by themselves.
func TestDiskFull(t *testing.T) {
	t.Parallel()
	d := campaign.New(t, "disk full", 1)
	disks := newSmallDisks(t)
	if _, err := migrations.Up(t.Context(), disks.server.URL(), "eventdrop"); err != nil {
		t.Fatal(err)
	}
	w := world.New(t, world.Options{Versioned: true, DB: pgtest.At(t, disks.server.URL(), "eventdrop")})
	b := &backlog{t: t, d: d, world: w, breaker: disks, watcher: &watcher{}}
	b.faults = []fault{
		{name: dataFull, shows: func(op operation) bool {
			return op.err != nil && strings.Contains(op.err.Error(), "No space left on device (SQLSTATE 53100)")
		}},
		{name: logFull, shows: failed},
	}
	p := w.Parts.Pipeline.Pipelines[0]
	p.Loader = watchedLoader{p.Loader, b.watcher}
	b.run()
}
