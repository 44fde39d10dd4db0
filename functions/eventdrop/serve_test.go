package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"eventdrop/functions/internal/dropzone"
	"eventdrop/functions/internal/pgtest"
	"eventdrop/functions/internal/wiring"
	"eventdrop/infra/embedded"
)

// program is `eventdrop` as a process of its own.
type program struct {
	*exec.Cmd
	stderr *bufio.Reader
	peak   string // the file that has its peak of memory when it ended in order
}

func (w *world) start(args ...string) *program {
	w.t.Helper()
	cmd := exec.CommandContext(w.t.Context(), os.Args[0], args...)
	peak := filepath.Join(w.t.TempDir(), "peak")
	cmd.Env = append(append(os.Environ(), asProgram+"=1", peakFile+"="+peak), w.settings()...) //nolint:forbidigo // what a process gets
	stderr, err := cmd.StderrPipe()
	if err != nil {
		w.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		w.t.Fatal(err)
	}
	return &program{cmd, bufio.NewReader(stderr), peak}
}

// await reads the log up to a line that matches, and returns the match.
func (p *program) await(t *testing.T, pattern string) []string {
	t.Helper()
	re := regexp.MustCompile(pattern)
	var log strings.Builder
	for {
		line, err := p.stderr.ReadString('\n')
		log.WriteString(line)
		if match := re.FindStringSubmatch(line); match != nil {
			return match
		}
		if err != nil {
			t.Fatalf("no line matches %s in the log:\n%s", pattern, log.String())
		}
	}
}

// discard takes the rest of the log: a full pipe would hold the program up.
func (p *program) discard() {
	go func() { _, _ = io.Copy(io.Discard, p.stderr) }()
}

// R1: no instruction is a bad moment to be killed at.
func TestServeKilledInABacklogLosesAndDoublesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	// Four workers commit up to 32 objects each at nearly the same time: a kill may come after 128.
	const objects, most = 200, 20
	w.drop(objects, dirty(3))
	random := rand.New(rand.NewPCG(3, 3))
	settled, kills := 0, 0
	for ; kills < 5 && settled+most < objects; kills++ {
		p := w.start("serve")
		p.discard()
		target := settled + 1 + random.IntN(most)
		w.eventually("true", "select count(*) >= $1 from objects where state in ('loaded', 'parked')", target)
		if err := p.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = p.Wait() // killed, as asked
		settled, _ = strconv.Atoi(w.value("select count(*) from objects where state in ('loaded', 'parked')"))
	}
	if kills < 2 {
		t.Fatal("the backlog was done by the first kill: little was proved")
	}
	p := w.start("serve")
	p.await(t, "msg=serving") // it hears SIGTERM from now on, also where nothing is left to do
	p.discard()
	w.eventually(strconv.Itoa(objects), "select count(*) from objects where state in ('loaded', 'parked')")
	if err := p.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := p.Wait(); err != nil {
		t.Errorf("serve after SIGTERM: %v", err)
	}
	w.check()
	// Backends of killed loaders may take a moment to notice.
	w.eventually("0", "select count(*) from pg_stat_activity where state like 'idle in transaction%' and application_name = 'eventdrop' and query like $1", "%"+w.db.Schema+"%")
}

// R2: SIGTERM under load ends within the time that init systems give.
func TestServeStopsInOrderOnSIGTERM(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.drop(60, dirty(4))
	p := w.start("serve")
	w.eventually("true", "select count(*) > 0 from objects")
	if err := p.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := p.Wait(); err != nil {
		t.Errorf("exit: %v", err)
	}
	w.reconcile()
	w.check()
}

// R2, P19: a server that is frozen, or lost with its host, answers nothing. Neither the answer about health nor the stop waits for it.
func TestServeStopsInTimeWhilePostgreSQLIsFrozen(t *testing.T) {
	t.Parallel()
	db := pgtest.Own(t)
	w := newWorldAt(t, db, true)
	w.drop(40, dirty(4))
	lock, err := w.db.Pool.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := lock.Exec(t.Context(), "lock table events in share mode"); err != nil {
		t.Fatal(err)
	}
	p := w.start("serve")
	url := p.await(t, `notices=(\S+)/notices`)[1]
	p.discard()
	w.eventually("true", "select count(*) > 0 from pg_stat_activity where application_name = 'eventdrop' and wait_event_type = 'Lock'")
	thaw := w.freeze(db.Server)
	if status, took := health(t, url); status != http.StatusServiceUnavailable || took > 5*time.Second {
		t.Errorf("health is answered by %d after %s", status, took)
	}
	began := time.Now()
	if err := p.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := p.Wait(); err != nil {
		t.Errorf("exit: %v", err)
	}
	if took := time.Since(began); took > 12*time.Second { // 10, and what a busy machine takes
		t.Errorf("it took %s to stop", took)
	}
	thaw()
	if err := lock.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.eventually("0", "select count(*) from pg_stat_activity where application_name = 'eventdrop' and state <> 'idle'")
	if _, err := w.parts.Warehouse.ResumeInterrupted(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.reconcile()
	w.check()
}

// freeze stops every process of the server that the program speaks to, until thaw.
func (w *world) freeze(server *embedded.Postgres) (thaw func()) {
	w.t.Helper()
	processes := []int{server.PID()} // first: it makes the others
	signal := func(number syscall.Signal) {
		for _, pid := range processes {
			if err := syscall.Kill(pid, number); err != nil {
				w.t.Error(err)
			}
		}
	}
	signal(syscall.SIGSTOP)
	thaw = sync.OnceFunc(func() { signal(syscall.SIGCONT) })
	w.t.Cleanup(thaw)
	for field := range strings.FieldsSeq(w.value("select string_agg(pid::text, ' ') from pg_stat_activity where application_name = 'eventdrop'")) {
		pid, err := strconv.Atoi(field)
		if err != nil {
			w.t.Fatal(err)
		}
		processes = append(processes, pid)
	}
	signal(syscall.SIGSTOP)
	return thaw
}

// health asks a program whether it can work.
func health(t *testing.T, url string) (status int, took time.Duration) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url+"/healthz", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Errorf("health: %v", err)
		return 0, time.Since(began)
	}
	defer res.Body.Close()
	return res.StatusCode, time.Since(began)
}

// S1, S2, N13, N14: what a notice may do, and what not.
func TestTheReceiverOfServe(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.start("serve")
	url := p.await(t, `notices=(\S+)`)[1]
	// The reconcile at start must be over: it would load the object of a refused notice, too.
	p.await(t, "reconciled")
	t.Cleanup(func() {
		_ = p.Process.Kill()
		_ = p.Wait()
	})
	event := func(bucket, key string) string {
		return fmt.Sprintf(`{"Records":[{"eventName":"s3:ObjectCreated:Put","s3":{"bucket":{"name":%q},"object":{"key":%q}}}]}`, bucket, key)
	}
	own := w.config.S3Bucket
	tests := []struct {
		name, token, body string
		status            int
		answer            string
	}{
		{"no token", "", event(own, "a.csv"), 401, "wrong or missing token"},
		{"wrong token", "nonsense", event(own, "a.csv"), 401, "wrong or missing token"},
		{"part of the token", w.config.WebhookToken[:8], event(own, "a.csv"), 401, "wrong or missing token"},
		{"foreign bucket", w.config.WebhookToken, event("foreign", "a.csv"), 200, `"accepted":0,"ignored":1`},
		{"key that no contract serves", w.config.WebhookToken, event(own, "a.png"), 200, `"accepted":0,"ignored":1`},
		{"removal", w.config.WebhookToken, strings.Replace(event(own, "a.csv"), "Created:Put", "Removed:Delete", 1), 200, `"accepted":0,"ignored":1`},
		{"test event", w.config.WebhookToken, `{"Service":"Amazon S3","Event":"s3:TestEvent","Bucket":"b"}`, 200, `"accepted":0`},
		{"nonsense", w.config.WebhookToken, "{", 200, `"error":`},
		{"empty", w.config.WebhookToken, "", 200, `"accepted":0`},
		{"too large", w.config.WebhookToken, strings.Repeat(" ", 1<<20+1), 413, "1 MiB"},
		{"own bucket", w.config.WebhookToken, event(own, "gone.csv"), 200, `"accepted":1`},
	}
	for _, test := range tests { //nolint:paralleltest // one receiver, and the object must come last
		t.Run(test.name, func(t *testing.T) {
			status, answer := post(t, url, test.token, test.body)
			if status != test.status || !strings.Contains(answer, test.answer) {
				t.Errorf("got %d %s, want %d and %s", status, answer, test.status, test.answer)
			}
		})
	}
	w.expect("0", "select count(*) from objects")
}

func post(t *testing.T, url, token, body string) (status int, answer string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var text strings.Builder
	if _, err := bufio.NewReader(res.Body).WriteTo(&text); err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, text.String()
}

// N12, N16: MinIO's own notices, for keys that need escaping, through both webhook targets. Each version has the rank that the
// listing tells.
func TestNoticesOfMinIOLoadWhateverTheKey(t *testing.T) {
	t.Parallel()
	s, err := startStack(t.Context(), stackOptions{listen: "127.0.0.1:0", config: quietConfig(), progress: os.Stderr, logTo: os.Stderr})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	served := make(chan error, 1)
	meter := newMeter()
	go func() { served <- s.serve(ctx, meter.observe) }()
	keys := []string{"plain.csv", "with space.csv", "a+b.csv", "100%.csv", "%2F.csv", "ümlaut/日本.csv", "q?&#=.csv", "deep/er/folder.csv", "quote'\".csv"}
	for i, key := range keys {
		body := fmt.Sprintf("event_id,event_type,event_time\n%08d-1111-4111-8111-111111111111,view,2026-11-23T10:00:00Z\n", i)
		meter.dropping(key)
		if err := s.put(ctx, key, []byte(body)); err != nil {
			t.Fatal(err)
		}
		meter.dropped(key)
	}
	if !meter.drain(ctx, drainTime) {
		t.Error("some objects have no outcome")
	}
	totals, err := s.parts.Warehouse.Totals(ctx)
	if err != nil || totals.Inserted != int64(len(keys)) {
		t.Errorf("totals %+v, %v; want %d inserted", totals, err, len(keys))
	}
	for o, err := range s.parts.Reconciler(nil, nil).Bucket.List(ctx, "") {
		if err != nil {
			t.Fatal(err)
		}
		if found, err := s.parts.Warehouse.Look(ctx, o); err != nil || found.State != dropzone.Loaded || found.Misordered {
			t.Errorf("%s has no rank as high as %d: %+v, %v", o, o.VersionRank, found, err)
		}
		o.VersionRank++
		if found, err := s.parts.Warehouse.Look(ctx, o); err != nil || !found.Misordered {
			t.Errorf("%s has a rank as high as %d: %+v, %v", o, o.VersionRank, found, err)
		}
	}
	cancel()
	if err := <-served; err != nil {
		t.Error(err)
	}
	if err := s.stop(t.Context()); err != nil {
		t.Error(err)
	}
}

func quietConfig() wiring.Config {
	return wiring.Config{DatabaseSchema: "eventdrop", Workers: 4, QueueLength: 1000, ReconcileEvery: 1 << 40, LogLevel: "warn", LogFormat: "text"}
}
