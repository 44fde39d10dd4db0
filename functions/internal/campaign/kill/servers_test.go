package kill

import (
	"context"
	"math/rand/v2"
	"os"
	"runtime"
	"testing"
	"time"

	"eventdrop/functions/internal/campaign"
	"eventdrop/functions/internal/campaign/world"
	"eventdrop/functions/internal/migrations"
	"eventdrop/functions/internal/pgtest"
	"eventdrop/infra/embedded"
)

// P1, P2, N1: PostgreSQL and MinIO are killed in turn while objects are dropped and loaded. Every upload that was answered
// is loaded in the end.
func TestTheServersAreKilledUnderLoad(t *testing.T) {
	t.Parallel()
	d := campaign.New(t, "SIGKILLs of PostgreSQL and of MinIO", 2)
	d.Expect("PostgreSQL inside a transaction", "MinIO during an upload")
	const longest = 20 // rounds in one world
	for first := 0; first < d.N(); first += longest {
		t.Run("world", func(t *testing.T) {
			s := newServers(t, d, first)
			for i := first; i < min(first+longest, d.N()); i++ {
				s.round(i)
			}
			s.judge()
		})
		if t.Failed() {
			return
		}
	}
}

// servers is a world with servers of its own, and a runner that lives through their deaths.
type servers struct {
	t        *testing.T
	drill    *campaign.Drill
	index    int
	postgres *embedded.Postgres
	store    *embedded.MinIO
	world    *world.World
	traffic  *traffic
	program  *program
}

func newServers(t *testing.T, d *campaign.Drill, index int) *servers {
	t.Helper()
	s := &servers{t: t, drill: d, index: index}
	announcing, err := startAnnouncing(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	s.store = announcing.store
	t.Cleanup(func() { s.end(s.store.Stop) })
	s.postgres, err = embedded.StartPostgres(t.Context(), embedded.PostgresOptions{Options: embedded.Options{Progress: os.Stderr}, Durable: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.end(s.postgres.Stop) })
	const schema = "eventdrop"
	if _, err := migrations.Up(t.Context(), s.postgres.URL(), schema); err != nil {
		t.Fatal(err)
	}
	s.world = announcing.world(t, world.Options{Versioned: true, DB: pgtest.At(t, s.postgres.URL(), schema)})
	s.traffic = newTraffic(t, s.world, d.Rand(-1-index), true)
	s.program = startReconciled(t, s.world)
	return s
}

func (s *servers) end(stop func(context.Context) error) {
	if err := stop(context.WithoutCancel(s.t.Context())); err != nil {
		s.t.Error(err)
	}
}

// round kills one server and then the other.
func (s *servers) round(i int) {
	s.t.Helper()
	random := s.drill.Rand(i)
	s.outage(random, func() bool { return awaitWriting(s.world) }, s.killPostgres)
	broken := s.traffic.broken.Load()
	s.outage(random, s.awaitUpload, s.killMinIO)
	if s.traffic.broken.Load() > broken {
		s.drill.Reached("MinIO during an upload")
	}
}

const (
	paced = 100 // objects that are dropped in an outage, before and after the kill
	burst = 20  // objects that are dropped just before the kill, on top
)

// outage drops objects, and has a server killed at a random moment at which it is at work, and started again.
func (s *servers) outage(random *rand.Rand, await func() bool, kill func(atWork bool) error) {
	s.t.Helper()
	p := s.traffic.produce(s.t.Context())
	stopPace := p.pace(paced)
	<-time.After(time.Duration(random.Int64N(int64(300 * time.Millisecond))))
	p.order(burst)
	err := kill(await())
	stopPace()
	if err != nil {
		s.t.Fatal(err)
	}
	p.end(s.t)
}

// awaitWriting waits for a transaction at work, but not for ever: the runner may have nothing to do.
func awaitWriting(w *world.World) bool { return await(func() bool { return writing(w) > 0 }) }

func (s *servers) awaitUpload() bool {
	return await(func() bool { return s.traffic.uploading.Load() > 0 })
}

func await(holds func() bool) bool {
	const patience = 10 * time.Second
	for begin := time.Now(); time.Since(begin) < patience; runtime.Gosched() {
		if holds() {
			return true
		}
	}
	return false
}

func (s *servers) killPostgres(atWork bool) error {
	if atWork {
		s.drill.Reached("PostgreSQL inside a transaction")
	} else {
		s.drill.Reached("PostgreSQL between transactions")
	}
	s.postgres.Kill()
	err := s.postgres.Restart(s.t.Context())
	s.world.DB.Pool.Reset()
	return err
	if told(s.postgres.Exited()) {
		return s.postgres.EndedUnasked()
	}
}

func (s *servers) killMinIO(bool) error {
	s.store.Kill()
	return s.store.Restart(s.t.Context())
}

// judge ends the runner and compares.
func (s *servers) judge() {
	s.t.Helper()
	s.program.stop(s.t)
	settle(s.t, s.drill, s.world)
	s.traffic.judge(s.t, s.drill, s.index, s.world)
}
	s.world.LetTimePass()
	s.world.AwaitComplete()
