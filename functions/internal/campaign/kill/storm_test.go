package kill

import (
	"bytes"
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
// memory, and when it is over, no more goroutines, files and connections than before. What nobody announced again is found by the
// reconcile.
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
	all lockedBuffer
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
	s.program = &program{exec.CommandContext(s.t.Context(), world.Program(s.t, ""), "serve"), newTail()}
	s.Env = append(s.world.Environ(), "EVENTDROP_QUEUE_LENGTH="+strconv.Itoa(stormQueue), "EVENTDROP_LOG_LEVEL=error")
	s.Stderr = io.MultiWriter(s.log, &s.all)
	if err := s.Start(); err != nil {
		s.t.Fatal(err)
	}
	for healthy := false; !healthy; {
		res, err := http.Get(strings.Replace(s.url, "/notices", "/healthz", 1))
		if healthy = err == nil && res.StatusCode == http.StatusOK; err == nil {
			_ = res.Body.Close() // nothing is read
		}
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
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = s.Wait() // killed, as asked
	}()
	select {
	case <-ended:
	case <-time.After(time.Minute):
		s.t.Fatal("SIGQUIT does not end it")
	}
	s.all.mu.Lock()
	defer s.all.mu.Unlock()
	n := bytes.Count(s.all.text.Bytes(), []byte("\ngoroutine "))
	if n < 5 {
		s.t.Errorf("only %d goroutines are listed:\n%s", n, s.log.text())
	}
	return n
}
