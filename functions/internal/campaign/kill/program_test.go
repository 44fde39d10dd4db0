package kill

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"eventdrop/functions/internal/campaign/world"
)

// program is `eventdrop` as a process of its own.
type program struct {
	*exec.Cmd
	log *tail
}

func start(t *testing.T, w *world.World, args ...string) *program {
	t.Helper()
	return startTo(t, w, nil, args...)
}

// startTo is start with a writer for what the program prints.
func startTo(t *testing.T, w *world.World, stdout io.Writer, args ...string) *program {
	t.Helper()
	p := &program{exec.CommandContext(t.Context(), world.Program(t, ""), args...), newTail()}
	p.Env, p.Stdout, p.Stderr = w.Environ(), stdout, p.log
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	return p
}

// startReconciled serves, and returns when the reconcile at start is over.
func startReconciled(t *testing.T, w *world.World) *program {
	t.Helper()
	p := start(t, w, "serve")
	p.await(t, p.log.reconciled)
	return p
}

// await waits for a line of the log.
func (p *program) await(t *testing.T, line <-chan struct{}) {
	t.Helper()
	select {
	case <-line:
	case <-time.After(2 * time.Minute):
		t.Fatalf("the program does not get on:\n%s", p.log.text())
	}
}

// stop asks the program to end, and wants it to do so in order and in time.
func (p *program) stop(t *testing.T) {
	t.Helper()
	asked := time.Now()
	if err := p.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := p.Wait(); err != nil || time.Since(asked) > 10*time.Second {
		t.Errorf("after SIGTERM: %v in %s\n%s", err, time.Since(asked), p.log.text())
	}
}

// kill ends the program at once. An error tells that it had ended by itself before: a crash, which the next start would repair.
func (p *program) kill() error {
	_ = p.Process.Kill() // where it fails, the program has ended
	if err := p.Wait(); !world.Killed(err) {
		return fmt.Errorf("it was not killed, it had ended by itself: %w\n%s", cmp.Or(err, errNone), p.log.text())
	}
	return nil
}

var errNone = errors.New("no error")

func TestAProgramThatEndedByItselfWasNotKilled(t *testing.T) {
	t.Parallel()
	for script, want := range map[string]string{"read -r forever": "", "echo oh >&2; exit 2": "exit status 2\noh", "exit 0": "no error"} {
		p := &program{exec.CommandContext(t.Context(), "sh", "-c", script), newTail()}
		p.Stderr = p.log
		if _, err := p.StdinPipe(); err != nil { // it stays open
			t.Fatal(err)
		}
		stdout, err := p.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := p.Start(); err != nil {
			t.Fatal(err)
		}
		if want != "" {
			_, _ = io.Copy(io.Discard, stdout) // until it has closed it
		}
		if err := p.kill(); (err != nil) != (want != "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", script, err, want)
		}
	}
}

// tail is the end of a log, and tells when certain lines came.
type tail struct {
	serving, reconciled chan struct{}

	mu   sync.Mutex
	kept []byte
}

const keptLog = 8 << 10

func newTail() *tail { return &tail{serving: make(chan struct{}), reconciled: make(chan struct{})} }

// Write implements io.Writer.
func (l *tail) Write(text []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.kept = append(l.kept, text...)
	tell(l.serving, l.kept, "msg=serving")
	tell(l.reconciled, l.kept, "msg=reconciled")
	if surplus := len(l.kept) - keptLog; surplus > 0 {
		l.kept = append(l.kept[:0], l.kept[surplus:]...)
	}
	return len(text), nil
}

func tell(seen chan struct{}, log []byte, message string) {
	if !told(seen) && bytes.Contains(log, []byte(message)) {
		close(seen)
	}
}

func told(seen <-chan struct{}) bool {
	select {
	case <-seen:
		return true
	default:
		return false
	}
}

func (l *tail) text() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.TrimSpace(string(l.kept))
}

// freeze stops the program where it is, and returns when it has stopped.
func freeze(t *testing.T, p *program) {
	t.Helper()
	if err := p.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
}
