package bench

import (
	"context"
	"fmt"
)

// nextFault takes the faults in turn.
func (s *soaking) nextFault() (name string, strike func(context.Context) error) {
	all := []struct {
		name   string
		strike func(context.Context) error
	}{
		{"loader killed", s.killLoader},
		{"sessions ended", s.endSessions},
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

// killLoader kills the loader, as running out of memory would, and starts another one.
func (s *soaking) killLoader(ctx context.Context) error {
	if err := s.loader.Process.Kill(); err != nil {
		return fmt.Errorf("kill the loader: %w", err)
	}
	<-s.loader.ended
	return s.startLoader(ctx)
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
