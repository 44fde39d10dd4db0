package bench

import (
	"context"
	"fmt"
)

// nextFault takes the faults in turn. None ends the loader, so that what it leaks in an hour adds up: killing it is the campaign's.
func (s *soaking) nextFault() (name string, strike func(context.Context) error) {
	all := []struct {
		name   string
		strike func(context.Context) error
	}{
		{"sessions ended", s.endSessions},
		{"unreadable objects", s.dropUnreadable},
		{"database restarted", s.restartDatabase},
	}
	met := 0
	for _, n := range s.faults {
		met += n
	}
	next := all[met%len(all)]
	if next.name == "database restarted" && s.postgres == nil { // it is somebody else's
		next = all[0]
	}
	s.faults[next.name]++
	return next.name, next.strike
}

// dropUnreadable stores an object of each kind that cannot be read, beside the others.
func (s *soaking) dropUnreadable(ctx context.Context) error {
	for _, kind := range poisons([]byte("event_id\n")) {
		if kind.rows > 0 { // it can be read
			continue
		}
		s.unreadable++
		err := s.upload(ctx, &drop{key: fmt.Sprintf("poison/%06d.csv", s.unreadable), body: kind.body, poison: true}, nil)
		if err != nil {
			return err
		}
	}
	return nil
}

// endSessions ends all sessions of the loader in the middle of what they do.
func (s *soaking) endSessions(ctx context.Context) error {
	db, err := s.connect(ctx)
	if err != nil {
		return err
	}
	defer db.Close(context.WithoutCancel(ctx))
	_, err = db.Exec(ctx, "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'eventdrop'")
	if err != nil {
		return fmt.Errorf("end the sessions: %w", err)
	}
	return nil
}

// restartDatabase restarts PostgreSQL, and connects again.
func (s *soaking) restartDatabase(ctx context.Context) (err error) {
	if err := s.postgres.Restart(ctx); err != nil {
		return err
	}
	_ = s.db.Close(ctx) // the server has closed it
	s.db, err = s.connect(ctx)
	return err
}
