package kill

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"eventdrop/functions/internal/campaign/world"
	"eventdrop/functions/internal/ingest"
	"eventdrop/functions/internal/notice"
	"eventdrop/infra/embedded"
)

func portOf(t *testing.T, address string) int {
	t.Helper()
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		t.Fatal(err)
	}
	n, err := strconv.Atoi(port)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// queued is a MinIO that keeps its notices on disk, and a receiver that is away until it is asked to listen.
type queued struct {
	t      *testing.T
	folder string
	store  *embedded.MinIO
	listen string
	world  *world.World

	mu   sync.Mutex
	keys map[string]bool // of the notices that came
}

// newQueued starts it with these settings of MinIO on top.
func newQueued(t *testing.T, environment ...string) *queued {
	t.Helper()
	q := &queued{t: t, folder: enterable(t), keys: map[string]bool{}}
	var err error
	if q.listen, err = embedded.FreeAddress(t.Context()); err != nil {
		t.Fatal(err)
	}
	q.store = startMinIO(t, embedded.MinIOOptions{
		Options:     embedded.Options{Dir: q.folder, Progress: os.Stderr},
		Webhooks:    []embedded.Webhook{{ID: queueTarget, Endpoint: "http://" + q.listen + "/notices", Token: token, Queue: true}},
		Environment: environment,
	})
	q.world = world.New(t, world.Options{Versioned: true, MinIO: q.store, Notify: []string{queueTarget}})
	return q
}

// put stores n objects of one event each.
func (q *queued) put(n int) {
	q.t.Helper()
	for i := range n {
		q.world.Put(fmt.Sprintf("%03d.csv", i), header+event(i, 0, "u", "s"))
	}
}

// files are the notices that wait. One that MinIO has created and not yet written does not count: killed there,
// MinIO would lose it.
func (q *queued) files() (all []string) {
	q.t.Helper()
	err := filepath.WalkDir(filepath.Join(q.folder, "minio", "queue"), func(path string, entry fs.DirEntry, err error) error {
		var info fs.FileInfo
		if err == nil {
			info, err = entry.Info()
		}
		if err == nil && !entry.IsDir() && info.Size() > 0 {
			all = append(all, path)
		}
		if errors.Is(err, fs.ErrNotExist) {
			return nil // it was sent meanwhile
		}
		return err
	})
	if err != nil {
		q.t.Fatal(err)
	}
	return all
}

// await polls until so many notices wait.
func (q *queued) await(n int) {
	q.t.Helper()
	poll := time.NewTicker(20 * time.Millisecond)
	defer poll.Stop()
	limit := time.NewTimer(time.Minute)
	defer limit.Stop()
	for len(q.files()) != n {
		select {
		case <-poll.C:
		case <-limit.C:
			q.t.Fatalf("%d notices wait, want %d", len(q.files()), n)
		}
	}
}

// listenAndLoad receives notices and loads their objects until the test ends.
func (q *queued) listenAndLoad() {
	q.t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(q.t.Context(), "tcp", q.listen)
	if err != nil {
		q.t.Fatal(err)
	}
	server := &http.Server{ReadHeaderTimeout: time.Minute, Handler: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if err := q.load(r.Context(), r.Body); err != nil {
			q.t.Error(err)
		}
	})}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = server.Serve(listener) // ends with Close
	}()
	q.t.Cleanup(func() {
		_ = server.Close() // the test is over
		<-ended
	})
}

func (q *queued) load(ctx context.Context, body io.Reader) error {
	text, err := io.ReadAll(body)
	if err != nil || len(text) == 0 { // MinIO looks whether anybody listens
		return err
	}
	notices, err := notice.Parse(text)
	if err != nil {
		return err
	}
	for o := range notices.Objects() {
		q.mu.Lock()
		q.keys[o.Key] = true
		q.mu.Unlock()
		if _, err := q.world.Parts.Pipeline.Handle(ctx, ingest.Order{Object: o}); err != nil {
			return err
		}
	}
	return nil
}

// judge wants a reconcile to miss exactly the objects whose notices were lost.
func (q *queued) judge(objects, lost int) {
	q.t.Helper()
	q.mu.Lock()
	came := len(q.keys)
	q.mu.Unlock()
	if got := objects - came; got != lost || lost == 0 {
		q.t.Errorf("%d notices were lost, want %d", got, lost)
	}
	if report := q.world.Reconcile(); report.Missing != int64(lost) {
		q.t.Errorf("the reconcile: %+v, want %d missing", report, lost)
	}
	q.world.CheckBooks()
	q.world.CheckComplete()
	if got := number(q.world.Value("select count(*) from events")); got != int64(objects) {
		q.t.Errorf("%d events, want %d", got, objects)
	}
}

// N3: MinIO's queue is full while the runner is away, and discards further notices.
func TestNoticesThatMinIOsFullQueueDiscardsAreMissed(t *testing.T) {
	t.Parallel()
	const limit, objects = 10, 60
	q := newQueued(t, "MINIO_NOTIFY_WEBHOOK_QUEUE_LIMIT_"+queueTarget+"="+strconv.Itoa(limit))
	q.put(objects)
	q.await(limit)
	q.listenAndLoad()
	q.await(0)
	q.judge(objects, objects-limit)
}

// N2, N4: the receiver is away, and MinIO queues. After a power failure a file of the queue, which MinIO writes
// without fsync, is empty; MinIO passes it over.
func TestANoticeThatAPowerFailureEmptiedIsMissed(t *testing.T) {
	t.Parallel()
	const objects = 12
	q := newQueued(t)
	q.put(objects)
	q.await(objects)
	q.store.Kill()
	<-q.store.Exited()
	if err := os.Truncate(q.files()[objects/2], 0); err != nil {
		t.Fatal(err)
	}
	if err := q.store.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	q.listenAndLoad()
	q.world.Eventually(strconv.Itoa(objects-1), "select count(*) from objects where state = 'loaded'")
	q.judge(objects, 1)
}
