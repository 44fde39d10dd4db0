package bench

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// usage is what a process took.
type usage struct {
	wall time.Duration
	cpu  time.Duration
	peak float64 // resident memory at its highest, in MiB; 0 where the system does not tell
}

// child is an eventdrop that runs.
type child struct {
	*exec.Cmd

	begun  time.Time
	stdout bytes.Buffer
	stderr bytes.Buffer
	ended  chan struct{}
	err    error // of its end
	peak   float64
	watch  sync.WaitGroup
}

// start starts eventdrop on the place with a command.
func (p *place) start(ctx context.Context, args ...string) (*child, error) {
	c := &child{Cmd: exec.CommandContext(ctx, p.Program, args...), ended: make(chan struct{})} //nolint:gosec // ourselves
	c.Env = p.environ()
	c.Stdout, c.Stderr = &c.stdout, &c.stderr
	c.Cancel = func() error { return c.Process.Signal(syscall.SIGTERM) }
	c.WaitDelay = 20 * time.Second
	c.begun = time.Now()
	if err := c.Start(); err != nil {
		return nil, fmt.Errorf("start eventdrop: %w", err)
	}
	c.watch.Go(c.watchMemory)
	go func() {
		c.err = c.Wait()
		close(c.ended)
	}()
	return c, nil
}

// environ is this process's environment with the place's settings and no others.
func (p *place) environ() []string {
	var environ []string
	for _, entry := range os.Environ() { //nolint:forbidigo // what a process gets
		if !strings.HasPrefix(entry, "EVENTDROP_") {
			environ = append(environ, entry)
		}
	}
	c := p.config
	return append(environ,
		"EVENTDROP_DATABASE_URL="+c.DatabaseURL, "EVENTDROP_DATABASE_SCHEMA="+c.DatabaseSchema, "EVENTDROP_S3_ENDPOINT="+c.S3Endpoint,
		"EVENTDROP_S3_REGION="+c.S3Region, "EVENTDROP_S3_ACCESS_KEY="+c.S3AccessKey, "EVENTDROP_S3_SECRET_KEY="+c.S3SecretKey,
		"EVENTDROP_S3_BUCKET="+c.S3Bucket, "EVENTDROP_WEBHOOK_TOKEN="+c.WebhookToken, "EVENTDROP_LISTEN="+c.Listen, "EVENTDROP_CONTRACT="+c.Contract,
		"EVENTDROP_WORKERS="+strconv.Itoa(c.Workers), "EVENTDROP_LOG_LEVEL=warn", "EVENTDROP_PROFILE="+c.Profile)
}

// end waits for the process's own end.
func (c *child) end() (usage, error) {
	<-c.ended
	wall := time.Since(c.begun)
	c.watch.Wait()
	if c.err != nil {
		return usage{}, fmt.Errorf("eventdrop %s: %w\n%s", strings.Join(c.Args[1:], " "), c.err, &c.stderr)
	}
	return usage{wall: wall, cpu: c.ProcessState.UserTime() + c.ProcessState.SystemTime(), peak: c.peak}, nil
}

// stop asks the process to end.
func (c *child) stop() error {
	if err := c.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("stop eventdrop: %w", err)
	}
	_, err := c.end()
	return err
}

// eventdrop runs a command to its end.
func (p *place) eventdrop(ctx context.Context, args ...string) (usage, error) {
	c, err := p.start(ctx, args...)
	if err != nil {
		return usage{}, err
	}
	return c.end()
}

// watchMemory looks every few milliseconds how high the memory was: the kernel keeps the peak, and tells nobody when the process has ended. (What
// getrusage tells in its place can be the peak of the parent, because a child begins as its copy.)
func (c *child) watchMemory() {
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		c.peak = max(c.peak, peakMemory(c.Process.Pid))
		select {
		case <-c.ended:
			return
		case <-tick.C:
		}
	}
}

// peakMemory is the highest resident memory of a process so far in MiB; 0 where nobody tells.
func peakMemory(pid int) float64 { return memoryOf(pid, "VmHWM:") }

func memoryOf(pid int, field string) float64 {
	text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/status")
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(text), field)
	kib, _, _ := strings.Cut(strings.TrimSpace(rest), " ")
	n, err := strconv.ParseFloat(kib, 64)
	if err != nil {
		return 0
	}
	return n / 1024
}
