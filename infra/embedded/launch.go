package embedded

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"
)

const (
	// startPatience is how long a server may take to answer, recovery after a crash included.
	startPatience = 2 * time.Minute
	// obstaclePatience is how long to try again while a port or a dead server's memory is in use.
	obstaclePatience = 15 * time.Second
)

// exitError says that a server ended instead of answering.
type exitError struct {
	program string
	log     string // the end of what it printed
}

func (e *exitError) Error() string {
	return fmt.Sprintf("%s ended before it answered; it printed:\n%s", e.program, e.log)
}

// portTaken reports whether the server found its port in use by another program.
func (e *exitError) portTaken() bool {
	log := strings.ToLower(e.log)
	return strings.Contains(log, "address already in use") || strings.Contains(log, "port is already in use")
}

// predecessor reports whether PostgreSQL still saw processes of a killed server, which are
// about to end.
func (e *exitError) predecessor() bool {
	return strings.Contains(e.log, "pre-existing shared memory block") || strings.Contains(e.log, `lock file "postmaster.pid" already exists`)
}

// launch starts a server and returns once answers returns nil. It stops the server again where it
// does not answer. The error is an [exitError] where the server ended by itself.
func launch(ctx context.Context, c command, answers func(context.Context) error) (*process, error) {
	log, begin, err := c.folder.openLog()
	if err != nil {
		return nil, fmt.Errorf("open the log of %s: %w", c.path, err)
	}
	defer log.Close()
	ctx, cancel := context.WithTimeout(ctx, startPatience)
	defer cancel()
	p, err := startProcess(ctx, c, log)
	if err != nil {
		return nil, err
	}
	if err = p.untilAnswer(ctx, answers); err == nil {
		return p, nil
	}
	if p.gone() {
		return nil, &exitError{program: c.path, log: c.folder.logFrom(begin)}
	}
	p.kill()
	return nil, fmt.Errorf("%s did not answer: %w; it printed:\n%s", c.path, err, c.folder.logFrom(begin))
}

func (p *process) untilAnswer(ctx context.Context, answers func(context.Context) error) error {
	const pause = 25 * time.Millisecond
	return retry(ctx, pause, func() (again bool, err error) {
		err = answers(ctx)
		return err != nil && !p.gone(), err
	})
}

// launchSomewhere calls start with a port until it does not fail for a reason that passes. A
// wish of 0 stands for any free port: another one each time, because a free port may be taken before
// the server binds it.
func launchSomewhere(ctx context.Context, wish int, start func(port int) error) error {
	const pause = 200 * time.Millisecond
	patient, cancel := context.WithTimeout(ctx, obstaclePatience)
	defer cancel()
	return retry(patient, pause, func() (again bool, err error) {
		port := wish
		if wish == 0 {
			if port, err = freePort(ctx); err != nil {
				return false, err
			}
		}
		err = start(port)
		var exit *exitError
		if !errors.As(err, &exit) {
			return false, err
		}
		return exit.predecessor() || exit.portTaken(), err
	})
}

// freePort returns a port of 127.0.0.1 that nobody listened on a moment ago.
func freePort(ctx context.Context) (int, error) {
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return 0, fmt.Errorf("find a free port: %w", err)
	}
	defer listener.Close()
	address, ok := listener.Addr().(*net.TCPAddr)
	if !ok {
		return 0, fmt.Errorf("find a free port: unexpected address %s", listener.Addr())
	}
	return address.Port, nil
}

// portFree returns an error where a program listens on the port already. Port 0 stands for any.
func portFree(ctx context.Context, port int) error {
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	if err != nil {
		return fmt.Errorf("port %d is in use, choose another one: %w", port, err)
	}
	return listener.Close()
}
