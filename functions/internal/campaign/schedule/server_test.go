package schedule

import (
	"context"
	"sync"

	"github.com/jackc/pgx/v5/pgxpool"

	"eventdrop/infra/embedded"
)

// server is the PostgreSQL that subjects share. It is restarted between their schedules, but for that of the subject
// that asks for it: the others would take it for a fault of theirs.
type server struct {
	postgres *embedded.Postgres // nil: it was given, and cannot be restarted
	pools    []*pgxpool.Pool    // of the tests, which cannot know that their connections are dead

	living sync.RWMutex
	mu     sync.Mutex
	asked  int
}

// serverRestarts: every 50th restart is one of the whole server, which takes long.
const serverRestarts = 50

// enter begins a schedule, and leave ends it.
func (s *server) enter() { s.living.RLock() }
func (s *server) leave() { s.living.RUnlock() }

// restart reports whether it was time to restart the server. It must be called in the middle of a schedule.
func (s *server) restart(ctx context.Context) (restarted bool, err error) {
	if s.postgres == nil || !s.isTime() {
		return false, nil
	}
	s.leave()
	defer s.enter()
	s.living.Lock()
	defer s.living.Unlock()
	if err := s.postgres.Restart(ctx); err != nil {
		return false, err //nolint:wrapcheck // it says what it did
	}
	for _, pool := range s.pools {
		pool.Reset()
	}
	return true, nil
}

func (s *server) isTime() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked++
	return s.asked%serverRestarts == 1
}
