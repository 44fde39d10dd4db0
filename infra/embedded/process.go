package embedded

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"syscall"
	"time"
)

// gated is a shell script that waits for a line before it turns into the server. Should this
// process die before the watchdog stands, the pipe ends without a line and no server starts.
const gated = `read -r go && exec "$@" </dev/null`

// watchdog is a shell script that waits for a line, which dismisses it. The pipe ends without
// one when the process that holds its other end is gone, in whatever way; then it stops the
// server $1 with signal $2, insists after 10 seconds, and removes the folder $3, if any, its lock
// last: see [removeFolder].
//
// A parent-death signal of Linux would not do: it fires when the starting thread ends, and other
// systems have none.
const watchdog = `
read -r dismissed && exit 0
kill -s "$2" "$1" 2>/dev/null
turn=0
while kill -0 "$1" 2>/dev/null && [ "$turn" -lt 150 ]; do
	turn=$((turn + 1))
	[ "$turn" -eq 100 ] && kill -s KILL "$1" 2>/dev/null
	sleep 0.1 2>/dev/null || sleep 1
done
[ -n "$3" ] && cd -- "$3" || exit 0
find . ! -name . -prune ! -name ` + lockName + ` -exec rm -rf -- {} + && rm -rf -- "$3"
`

// command says how to start a server.
type command struct {
	path   string
	args   []string
	env    []string
	folder *folder
	stop   string // the name of the signal that asks the server to end in order: INT, TERM
}

// process is a running server. It does not outlive this process.
type process struct {
	cmd    *exec.Cmd
	exited chan struct{} // closed once the server has ended and was waited for
}

// startProcess starts a server that writes to log and keeps the folder's lock. The server lives
// on when ctx ends.
func startProcess(ctx context.Context, c command, log *os.File) (*process, error) {
	cmd := exec.CommandContext(context.WithoutCancel(ctx), "/bin/sh", append([]string{"-c", gated, "sh", c.path}, c.args...)...) //nolint:gosec // the servers are chosen by this package
	cmd.Dir = c.folder.path
	cmd.Env = c.env
	cmd.SysProcAttr = c.folder.owner.attributes()
	cmd.Stdout, cmd.Stderr = log, log
	cmd.ExtraFiles = []*os.File{c.folder.lock}
	gate, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s as %s: %w", c.path, c.folder.owner, err)
	}
	p := &process{cmd: cmd, exited: make(chan struct{})}
	dismiss, err := p.guard(ctx, c)
	if err != nil {
		return nil, fmt.Errorf("watch over %s: %w", c.path, errors.Join(err, gate.Close(), cmd.Wait()))
	}
	go p.wait(dismiss)
	_, _ = io.WriteString(gate, "go\n") // a server that has died already shows soon
	_ = gate.Close()
	return p, nil
}

// guard starts the watchdog over the process. The returned function ends it.
func (p *process) guard(ctx context.Context, c command) (dismiss func(), err error) {
	pid := strconv.Itoa(p.PID())
	dog := exec.CommandContext(context.WithoutCancel(ctx), "/bin/sh", "-c", watchdog, "sh", pid, c.stop, c.folder.litter()) //nolint:gosec // constant script, our own arguments
	dog.Dir = "/"
	// As the server's user it can signal nothing but that user's processes.
	dog.SysProcAttr = c.folder.owner.attributes()
	leash, err := dog.StdinPipe()
	if err != nil {
		return nil, err
	}
	if err := dog.Start(); err != nil {
		return nil, err
	}
	return func() {
		_, _ = io.WriteString(leash, "dismissed\n") // a watchdog that has died needs no dismissal
		_ = dog.Wait()
	}, nil
}

func (p *process) wait(dismiss func()) {
	_ = p.cmd.Wait() // a stopped server's exit status says nothing of interest
	dismiss()
	close(p.exited)
}

// PID returns the number of the server's process.
func (p *process) PID() int { return p.cmd.Process.Pid }

// gone reports whether the server has ended.
func (p *process) gone() bool {
	select {
	case <-p.exited:
		return true
	default:
		return false
	}
}

// plea is a signal, and how long to wait for its effect.
type plea struct {
	signal   syscall.Signal
	patience time.Duration
}

// stop asks the server to end, with one plea after the other, and at last kills it. It returns
// when the server has ended, with an error if it had to be killed. When ctx ends, each plea has
// had its time.
func (p *process) stop(ctx context.Context, pleas ...plea) error {
	for _, plea := range pleas {
		if p.gone() {
			return nil
		}
		_ = p.cmd.Process.Signal(plea.signal) // it fails only where the server has just ended
		p.await(ctx, plea.patience)
	}
	if p.gone() {
		return nil
	}
	p.kill()
	return fmt.Errorf("process %d did not end when asked and was killed", p.PID())
}

// await returns when the server has ended, when ctx has, or after patience.
func (p *process) await(ctx context.Context, patience time.Duration) {
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case <-p.exited:
	case <-ctx.Done():
	case <-timer.C:
	}
}

// kill ends the server at once, as a crash would, and returns when it has ended.
func (p *process) kill() {
	_ = p.cmd.Process.Kill() // it fails only where the server has ended
	<-p.exited
}
