package embedded

import (
	"context"
	"errors"
	"slices"
	"testing"
)

func TestATakenPortIsReplacedByAnother(t *testing.T) {
	t.Parallel()
	var ports []int
	err := launchSomewhere(t.Context(), 0, func(port int) error {
		ports = append(ports, port)
		if len(ports) < 3 {
			return &exitError{log: "bind: Address already in use"}
		}
		return nil
	})
	if err != nil || len(ports) != 3 || slices.Contains(ports, 0) {
		t.Errorf("tried %d, %v", ports, err)
	}
}

func TestOtherFailuresAreFinal(t *testing.T) {
	t.Parallel()
	tries := 0
	err := launchSomewhere(t.Context(), 0, func(int) error {
		tries++
		return &exitError{log: "FATAL: could not open file"}
	})
	if err == nil || tries != 1 {
		t.Errorf("tried %d times, %v", tries, err)
	}
}

// The servers' own words for a taken port are matched; these tests notice when they change.

func TestPostgresSaysThatItsPortIsTaken(t *testing.T) {
	t.Parallel()
	taken, p := startPostgres(t, PostgresOptions{}), startPostgres(t, PostgresOptions{})
	p.Kill()
	p.port = taken.port
	var exit *exitError
	var err error
	eventually(t, "the killed server's processes are gone", func() bool {
		exit = nil
		_, err = launch(t.Context(), p.command(), p.answers)
		return !errors.As(err, &exit) || !exit.predecessor()
	})
	if !errors.As(err, &exit) || !exit.portTaken() {
		t.Errorf("error is %v, want an exitError about the port", err)
	}
}

func TestMinIOSaysThatItsPortIsTaken(t *testing.T) {
	t.Parallel()
	taken, m := startPostgres(t, PostgresOptions{}), startMinIO(t, MinIOOptions{})
	m.Kill()
	m.port = taken.port
	_, err := launch(t.Context(), m.command(), func(context.Context) error { return errors.New("not yet") })
	var exit *exitError
	if !errors.As(err, &exit) || !exit.portTaken() {
		t.Errorf("error is %v, want an exitError about the port", err)
	}
}

func TestStopWorksAfterAFailedRestart(t *testing.T) {
	t.Parallel()
	p, m := startPostgres(t, PostgresOptions{}), startMinIO(t, MinIOOptions{}) // both are stopped at the end
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	p.Kill()
	m.Kill()
	if err := p.Restart(ended); err == nil {
		t.Error("PostgreSQL restarted although the context had ended")
	}
	if err := m.Restart(ended); err == nil {
		t.Error("MinIO restarted although the context had ended")
	}
}
