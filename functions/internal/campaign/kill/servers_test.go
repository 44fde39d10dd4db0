package kill

import (
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

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
	cut := s.traffic.storeKills.cut.Load()
	s.outage(random, s.awaitUpload, s.killMinIO)
	if s.traffic.storeKills.cut.Load() > cut {
		s.drill.Reached("MinIO during an upload")
	} else {
		s.drill.Reached("MinIO between uploads")
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

// killPostgres counts what was seen a moment before: the transaction may have ended since.
func (s *servers) killPostgres(atWork bool) error {
	if told(s.postgres.Exited()) {
		return s.postgres.EndedUnasked()
	}
	if atWork {
		s.drill.Reached("PostgreSQL inside a transaction")
	} else {
		s.drill.Reached("PostgreSQL between transactions")
	}
	s.postgres.Kill()
	err := s.postgres.Restart(s.t.Context())
	s.world.DB.Pool.Reset()
	return err
}

func (s *servers) killMinIO(bool) error {
	if told(s.store.Exited()) {
		return s.store.EndedUnasked()
	}
	s.traffic.storeKills.next()
	s.store.Kill()
	return s.store.Restart(s.t.Context())
}

// storeKills counts the uploads that a kill of their store has cut.
type storeKills struct {
	last atomic.Pointer[time.Time]
	cut  atomic.Int64
}

// next says that the store is killed right after.
func (k *storeKills) next() {
	now := time.Now()
	k.last.Store(&now)
}

// failed notes that an attempt to upload got no answer. One that began after the kill found the store away, as did one that was
// refused: no upload was cut there.
func (k *storeKills) failed(began time.Time, err error) {
	if kill := k.last.Load(); kill != nil && began.Before(*kill) && !errors.Is(err, syscall.ECONNREFUSED) {
		k.cut.Add(1)
	}
}

func TestAnUploadThatFindsMinIOAwayWasNotCut(t *testing.T) {
	t.Parallel()
	store := startMinIO(t, embedded.MinIOOptions{Options: embedded.Options{Progress: os.Stderr}})
	b := openBucket(t, world.New(t, world.Options{MinIO: store}))
	var kills storeKills
	kills.next()
	store.Kill()
	failed := make(chan struct{})
	var once sync.Once
	var upload errgroup.Group
	upload.Go(func() error {
		_, err := b.putUntilStored(t.Context(), "a.csv", overlapping(0), func(began time.Time, err error) {
			kills.failed(began, err)
			once.Do(func() { close(failed) })
		})
		return err
	})
	<-failed
	if err := errors.Join(store.Restart(t.Context()), upload.Wait()); err != nil {
		t.Fatal(err)
	}
	if cut := kills.cut.Load(); cut != 0 {
		t.Errorf("%d uploads count as cut", cut)
	}
}

// judge lets the runner load all that is left, by itself, ends it and compares.
func (s *servers) judge() {
	s.t.Helper()
	s.world.LetTimePass()
	s.world.AwaitComplete()
	s.program.stop(s.t)
	settle(s.t, s.drill, s.world)
	s.traffic.judge(s.t, s.drill, s.index, s.world)
}
