package kill

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"eventdrop/functions/internal/campaign"
	"eventdrop/functions/internal/campaign/world"
	"eventdrop/infra/embedded"
)

// The bounds of what a storm may cost the runner.
const (
	stormQueue      = 500       // notices that may wait
	stormMemory     = 160 << 10 // KiB of memory at the most
	stormGoroutines = 200       // after it
	stormFiles      = 60        // open after it: a pool of 24 connections, and those to the store
)

// N20, S16, R9: notices come faster than anybody can load. The runner tells their senders to come back, needs no more
// memory, and when it is over, no more files and connections than before, and few goroutines. What nobody announced again is found by
// the reconcile.
func TestAStormOfNoticesEndsWhereItBegan(t *testing.T) { //nolint:paralleltest // it wants the machine to itself
	d := campaign.New(t, "a storm of notices", 200)
	d.Expect("accepted", "told to come back")
	w := world.New(t, world.Options{Versioned: true, MinIO: sharedAnnouncer(t).store})
	address, err := embedded.FreeAddress(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	w.Config.Listen, w.Config.WebhookToken = address, token
	s := &storm{t: t, drill: d, world: w, bucket: openBucket(t, w), url: "http://" + address + "/notices"}
	s.serve()
	s.strike(0)
	filesBefore := s.files()
	s.strike(1)
	if files := s.files(); files > filesBefore+10 || files > stormFiles {
		t.Errorf("%d files are open after the second storm, %d after the first", files, filesBefore)
	}
	peak := s.peak()
	goroutines := s.goroutines()
	d.Measure("most memory, MiB", float64(peak)/1024)
	d.Measure("goroutines afterwards", float64(goroutines))
	if peak > stormMemory || goroutines > stormGoroutines {
		t.Errorf("%d KiB of memory, and %d goroutines afterwards", peak, goroutines)
	}
	w.CheckBooks()
	w.CheckComplete()
	d.Differ(0, w.CompareRebuild())
}

// storm is a runner with a short queue.
type storm struct {
	t      *testing.T
	drill  *campaign.Drill
	world  *world.World
	bucket bucket
	url    string

	*program
	ended chan struct{} // closed once the program has ended
	all   lockedBuffer
}

// lockedBuffer is all that a process tells.
type lockedBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write implements io.Writer.
func (b *lockedBuffer) Write(text []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(text)
}

func (s *storm) serve() {
	s.t.Helper()
	cmd := exec.CommandContext(s.t.Context(), world.Program(s.t, ""), "serve")
	cmd.Env = append(s.world.Environ(), "EVENTDROP_QUEUE_LENGTH="+strconv.Itoa(stormQueue), "EVENTDROP_LOG_LEVEL=error")
	if err := s.begin(cmd); err != nil {
		s.t.Fatal(err)
	}
}

// begin starts a runner, and returns when it is healthy.
func (s *storm) begin(cmd *exec.Cmd) error {
	s.program, s.ended = &program{cmd, newTail()}, make(chan struct{})
	s.Stderr = io.MultiWriter(s.log, &s.all)
	if err := s.Start(); err != nil {
		return err
	}
	go func() {
		defer close(s.ended)
		_ = s.Wait() // what it printed tells more
	}()
	poll := time.NewTicker(10 * time.Millisecond)
	defer poll.Stop()
	limit := time.NewTimer(2 * time.Minute)
	defer limit.Stop()
	client := &http.Client{Timeout: 10 * time.Second}
	for {
		res, err := client.Get(strings.Replace(s.url, "/notices", "/healthz", 1))
		if err == nil {
			_ = res.Body.Close() // nothing is read
			if res.StatusCode == http.StatusOK {
				return nil
			}
		}
		select {
		case <-poll.C:
		case <-s.ended:
			return fmt.Errorf("the runner ended by itself:\n%s", s.log.text())
		case <-limit.C:
			return fmt.Errorf("the runner is not healthy: %w\n%s", cmp.Or(err, errNone), s.log.text())
		}
	}
}

func TestAStormDoesNotWaitForARunnerThatHasEnded(t *testing.T) {
	t.Parallel()
	s := &storm{t: t, url: "http://127.0.0.1:1/notices"}
	err := s.begin(exec.CommandContext(t.Context(), "sh", "-c", "echo oh >&2; exit 2"))
	if err == nil || !strings.Contains(err.Error(), "ended by itself:\noh") {
		t.Errorf("error %v", err)
	}
}

// nothings is how many notices of objects that are not there come with each of one that is.
const nothings = 19

// strike stores half of the objects, then sends notices as fast as it can: of them, and of many that are not there.
func (s *storm) strike(which int) {
	s.t.Helper()
	there := s.store(which)
	var accepted, refused atomic.Int64
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 4 * senders}}
	group, ctx := errgroup.WithContext(s.t.Context())
	group.SetLimit(4 * senders)
	for i := range len(there) * (nothings + 1) {
		o := &drop{bucket: s.bucket.name, key: fmt.Sprintf("nothing/%d/%06d.csv", which, i), version: "00000000-0000-4000-8000-000000000000", etag: "e", number: i}
		if i%(nothings+1) == 0 {
			o = there[i/(nothings+1)]
		}
		group.Go(func() error { return s.send(ctx, client, o, &accepted, &refused) })
	}
	if err := group.Wait(); err != nil {
		s.t.Fatal(err)
	}
	client.CloseIdleConnections()
	for fault, n := range map[string]int64{"accepted": accepted.Load(), "told to come back": refused.Load()} {
		for range n {
			s.drill.Reached(fault)
		}
	}
	s.world.Eventually("true", "select count(*) filter (where state = 'loaded') >= $1 and count(*) filter (where state = 'gone') >= $2 from objects",
		(which+1)*len(there), accepted.Load()/2)
	s.await()
}

// store stores half of the drill's objects.
func (s *storm) store(which int) []*drop {
	s.t.Helper()
	there := make([]*drop, s.drill.N()/2)
	group, ctx := errgroup.WithContext(s.t.Context())
	group.SetLimit(uploads)
	for i := range there {
		number := which*len(there) + i
		o := &drop{bucket: s.bucket.name, key: fmt.Sprintf("storm/%d/%06d.csv", which, i), number: number}
		there[i] = o
		group.Go(func() error {
			info, err := s.bucket.put(ctx, o.key, overlapping(number))
			o.version, o.etag = info.VersionID, info.ETag
			return err
		})
	}
	if err := group.Wait(); err != nil {
		s.t.Fatal(err)
	}
	return there
}

// send sends one notice once.
func (s *storm) send(ctx context.Context, client *http.Client, o *drop, accepted, refused *atomic.Int64) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.url, strings.NewReader(o.notice()))
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+token)
	res, err := client.Do(req)
	if err != nil {
		return fmt.Errorf("send a notice: %w", err)
	}
	_, err = io.Copy(io.Discard, res.Body)
	err = errors.Join(err, res.Body.Close())
	switch {
	case res.StatusCode == http.StatusOK:
		accepted.Add(1)
	case res.StatusCode == http.StatusServiceUnavailable && res.Header.Get("Retry-After") != "":
		refused.Add(1)
	default:
		s.t.Errorf("answer %s", res.Status)
	}
	return err
}

// await returns when the ledger has not changed for a second.
func (s *storm) await() {
	s.t.Helper()
	s.world.Eventually("true", "select max(updated_at) < clock_timestamp() - interval '1 second' from objects")
}

// files is how many the runner has open, connections included.
func (s *storm) files() int {
	s.t.Helper()
	entries, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", s.Process.Pid))
	if err != nil {
		s.t.Fatal(err)
	}
	return len(entries)
}

// peak is the most memory that the runner ever had, in KiB.
func (s *storm) peak() int64 {
	s.t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.Process.Pid))
	if err != nil {
		s.t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), "VmHWM:")
	return number(strings.Fields(rest)[0])
}

// goroutines ends the runner, which lists them.
func (s *storm) goroutines() int {
	s.t.Helper()
	if err := s.Process.Signal(syscall.SIGQUIT); err != nil {
		s.t.Fatal(err)
	}
	select {
	case <-s.ended:
	case <-time.After(time.Minute):
		s.t.Fatal("SIGQUIT does not end it")
	}
	s.all.mu.Lock()
	defer s.all.mu.Unlock()
	n := bytes.Count(s.all.text.Bytes(), []byte("\ngoroutine "))
	if n < 5 || !bytes.Contains(s.all.text.Bytes(), []byte("SIGQUIT: quit")) {
		s.t.Errorf("SIGQUIT did not end it, or only %d goroutines are listed:\n%s", n, s.log.text())
	}
	return n
}
