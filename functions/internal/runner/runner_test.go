package runner

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"eventdrop/functions/internal/dropzone"
)

const token = "a token of the tests"

// recorder is a pipeline that only remembers.
type recorder struct {
	mu      sync.Mutex
	handled []string
	again   map[string]bool
}

func (r *recorder) handle(_ context.Context, objects []dropzone.Object, again bool) []error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.again == nil {
		r.again = map[string]bool{}
	}
	for _, o := range objects {
		r.handled = append(r.handled, o.Key)
		r.again[o.Key] = again
	}
	return nil
}

// parseKeys takes a body of keys, separated by spaces.
func parseKeys(body []byte) (objects []dropzone.Object, ignored int, err error) {
	for key := range strings.FieldsSeq(string(body)) {
		if key == "bad" {
			return objects, ignored, errors.New("not a notice")
		}
		objects = append(objects, versioned(key))
	}
	return objects, 0, nil
}

type handleFunc = func(ctx context.Context, objects []dropzone.Object) []error

func newTestRunner(r *recorder) *Runner {
	return &Runner{
		Handle: r.handle, Parse: parseKeys, Token: token, Workers: 2, QueueLength: 100, ReconcileEvery: time.Hour,
		Reconcile: func(context.Context, handleFunc) error { return nil },
		RetryDue:  func(context.Context, handleFunc) error { return nil },
		Healthy:   func(context.Context) error { return nil },
		Log:       slog.New(slog.DiscardHandler),
	}
}

// start runs a runner on a port of its own until the test ends, and returns its address.
func start(t *testing.T, r *Runner) string {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- r.Run(ctx, listener) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("run: %v", err)
		}
	})
	return "http://" + listener.Addr().String()
}

func send(t *testing.T, url, bearer, body string) (int, reply) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url+"/notices", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", bearer)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var answer reply
	if err := json.NewDecoder(res.Body).Decode(&answer); err != nil {
		t.Errorf("answer of %d is not JSON: %v", res.StatusCode, err)
	}
	return res.StatusCode, answer
}

func TestReceiverAnswers(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, bearer, body string
		status             int
		want               reply
	}{
		{"no token", "", "a", 401, reply{}},
		{"no bearer", token, "a", 401, reply{}},
		{"wrong token", "Bearer other", "a", 401, reply{}},
		{"part of the token", "Bearer a token", "a", 401, reply{}},
		{"two objects", "Bearer " + token, "a b", 200, reply{Accepted: 2}},
		// MinIO repeats for ever what is not answered with 2xx, and holds back what comes after.
		{"not understood", "Bearer " + token, "bad", 200, reply{Error: "not a notice"}},
		{"partly understood", "Bearer " + token, "a bad", 200, reply{Accepted: 1, Error: "not a notice"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			r := &recorder{}
			status, answer := send(t, start(t, newTestRunner(r)), test.bearer, test.body)
			if status == http.StatusUnauthorized {
				answer = reply{}
			}
			if status != test.status || answer != test.want {
				t.Errorf("got %d %+v, want %d %+v", status, answer, test.status, test.want)
			}
		})
	}
}

func TestAFullQueueTellsTheSenderToComeBack(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	r := newTestRunner(&recorder{})
	r.Workers, r.QueueLength = 1, 2
	busy := make(chan struct{}, 10)
	r.Handle = func(context.Context, []dropzone.Object, bool) []error {
		busy <- struct{}{}
		<-release
		return nil
	}
	url := start(t, r)
	defer close(release)
	if status, _ := send(t, url, "Bearer "+token, "a"); status != http.StatusOK {
		t.Fatalf("first: %d", status)
	}
	<-busy // a is with the worker, so the queue is empty
	status, answer := send(t, url, "Bearer "+token, "b c d")
	if status != http.StatusServiceUnavailable || answer.Accepted != 2 {
		t.Errorf("got %d %+v, want 503 after two were accepted", status, answer)
	}
}

// R2: what is being loaded is finished, and nothing new is begun.
func TestStopFinishesWhatIsBeingLoaded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var finished, begun int
		r := newTestRunner(&recorder{})
		r.Workers = 1
		r.Handle = func(ctx context.Context, _ []dropzone.Object, _ bool) []error {
			begun++
			select {
			case <-time.After(2 * time.Second):
				finished++
			case <-ctx.Done():
			}
			return nil
		}
		queue := newQueue(10)
		queue.offer(versioned("a"))
		queue.offer(versioned("b"))
		work, stopWork := context.WithCancelCause(context.Background())
		var workers sync.WaitGroup
		workers.Go(func() { r.work(work, queue, newLane(1, &workers)) })
		synctest.Wait()
		r.stop(work, stopWork, &http.Server{}, queue, &workers)
		if begun != 1 || finished != 1 {
			t.Errorf("begun %d, finished %d; want 1 and 1", begun, finished)
		}
	})
}

func TestStopCutsOffWhatTakesTooLong(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newTestRunner(&recorder{})
		r.Handle = func(ctx context.Context, _ []dropzone.Object, _ bool) []error {
			<-ctx.Done()
			return []error{context.Cause(ctx)}
		}
		queue := newQueue(10)
		queue.offer(versioned("a"))
		work, stopWork := context.WithCancelCause(context.Background())
		var workers sync.WaitGroup
		workers.Go(func() { r.work(work, queue, newLane(1, &workers)) })
		synctest.Wait()
		began := time.Now()
		r.stop(work, stopWork, &http.Server{}, queue, &workers)
		if took := time.Since(began); took != stopTime {
			t.Errorf("stop took %s, want %s", took, stopTime)
		}
	})
}

// R2: what is cut off has last words, which may not take for ever: each of a group has its own, to a server that is silent.
func TestStopWaitsForLastWordsOnlySoLong(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newTestRunner(&recorder{})
		r.Handle = func(ctx context.Context, _ []dropzone.Object, _ bool) []error {
			<-ctx.Done()
			<-time.After(time.Minute)
			return []error{context.Cause(ctx)}
		}
		queue := newQueue(10)
		queue.offer(versioned("a"))
		work, stopWork := context.WithCancelCause(context.Background())
		var workers sync.WaitGroup
		workers.Go(func() { r.work(work, queue, newLane(1, &workers)) })
		synctest.Wait()
		began := time.Now()
		r.stop(work, stopWork, &http.Server{}, queue, &workers)
		if took := time.Since(began); took != stopTime+lastTime {
			t.Errorf("stop took %s, want %s", took, stopTime+lastTime)
		}
		workers.Wait()
	})
}

// R2: a sender in the middle of its notice keeps the receiver from closing, but not workers from ending, and the process not for long.
func TestNothingIsBegunWhileARequestHoldsUpTheStop(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		begun := 0
		r := newTestRunner(&recorder{})
		r.Handle = func(context.Context, []dropzone.Object, bool) []error {
			begun++
			<-time.After(time.Second)
			return nil
		}
		var workers sync.WaitGroup
		queue := newQueue(10)
		for _, key := range []string{"a", "b", "c"} {
			queue.offer(versioned(key))
		}
		sender, receiver := net.Pipe()
		server := &http.Server{Handler: r.routes(queue, newLanes(1, &workers))}
		serving := make(chan error, 1)
		go func() { serving <- server.Serve(&oneConn{conn: receiver, closed: make(chan struct{})}) }()
		if _, err := io.WriteString(sender, "POST /notices HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer "+token+"\r\nContent-Length: 9\r\n\r\n"); err != nil {
			t.Fatal(err)
		}
		work, stopWork := context.WithCancelCause(context.Background())
		workers.Go(func() { r.work(work, queue, newLane(1, &workers)) })
		synctest.Wait()
		began := time.Now()
		r.stop(work, stopWork, server, queue, &workers)
		if took := time.Since(began); took != stopTime || begun != 1 {
			t.Errorf("stop took %s, want %s; %d objects were begun, want 1", took, stopTime, begun)
		}
		if _, err := sender.Write([]byte("a")); err == nil {
			t.Error("the sender's connection is open")
		}
		if err := <-serving; !errors.Is(err, http.ErrServerClosed) {
			t.Error(err)
		}
	})
}

// oneConn is a listener that a single sender has come to.
type oneConn struct {
	conn   net.Conn
	closed chan struct{}
}

// Accept gives the connection, then waits for Close.
func (l *oneConn) Accept() (net.Conn, error) {
	if conn := l.conn; conn != nil {
		l.conn = nil
		return conn, nil
	}
	<-l.closed
	return nil, net.ErrClosed
}

// Close ends Accept.
func (l *oneConn) Close() error {
	close(l.closed)
	return nil
}

// Addr is that of the connection.
func (l *oneConn) Addr() net.Addr { return &net.TCPAddr{} }

func TestScheduleReconcilesAtStartAndAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var reconciles, retries atomic.Int32
		rec := &recorder{}
		r := newTestRunner(rec)
		r.ReconcileEvery = time.Minute
		r.Reconcile = func(ctx context.Context, handle handleFunc) error {
			reconciles.Add(1)
			return errors.Join(handle(ctx, []dropzone.Object{versioned("missing")})...)
		}
		r.RetryDue = func(context.Context, handleFunc) error {
			retries.Add(1)
			return errors.New("database is away")
		}
		ctx, cancel := context.WithCancel(t.Context())
		var loads sync.WaitGroup
		queue := newQueue(10)
		r.begin(ctx, ctx, queue, newLanes(r.Workers, &loads), &loads)
		synctest.Wait()
		if n := reconciles.Load(); n != 1 {
			t.Errorf("%d reconciles at start, want 1", n)
		}
		time.Sleep(2*time.Minute + time.Second) //nolint:forbidigo // time in the bubble is not real
		synctest.Wait()
		if reconciles.Load() != 3 || retries.Load() < 30 {
			t.Errorf("%d reconciles and %d retries after two minutes", reconciles.Load(), retries.Load())
		}
		cancel()
		queue.close()
		loads.Wait()
		if !rec.again["missing"] {
			t.Error("a missed object was not marked as found without a notice")
		}
	})
}

func TestHealth(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name   string
		fault  error
		status int
	}{{"well", nil, 200}, {"PostgreSQL is away", errors.New("secret detail"), 503}} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			r := newTestRunner(&recorder{})
			r.Healthy = func(context.Context) error { return test.fault }
			req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, start(t, r)+"/healthz", nil)
			if err != nil {
				t.Fatal(err)
			}
			res, err := http.DefaultClient.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			defer res.Body.Close()
			body, err := io.ReadAll(res.Body)
			if err != nil || res.StatusCode != test.status || strings.Contains(string(body), "secret") {
				t.Errorf("got %d %s %v, want %d", res.StatusCode, body, err, test.status)
			}
		})
	}
}

// P19: a server that is silent says nothing, and that is an answer.
func TestHealthIsAnsweredInTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newTestRunner(&recorder{})
		r.Healthy = func(ctx context.Context) error {
			<-ctx.Done()
			return ctx.Err()
		}
		began, answer := time.Now(), httptest.NewRecorder()
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		r.routes(newQueue(1), lanes{}).ServeHTTP(answer, httptest.NewRequestWithContext(ctx, http.MethodGet, "/healthz", http.NoBody))
		if took := time.Since(began); answer.Code != http.StatusServiceUnavailable || took != healthTime {
			t.Errorf("got %d after %s, want 503 after %s", answer.Code, took, healthTime)
		}
	})
}

// R2: a stopped runner is not healthy, and says so at once.
func TestTheStopEndsRequests(t *testing.T) {
	t.Parallel()
	r := newTestRunner(&recorder{})
	asked, cause := make(chan struct{}), make(chan error, 1)
	r.Healthy = func(ctx context.Context) error {
		close(asked)
		<-ctx.Done()
		cause <- context.Cause(ctx)
		return ctx.Err()
	}
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancelCause(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- r.Run(ctx, listener) }()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+listener.Addr().String()+"/healthz", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		if res, err := http.DefaultClient.Do(req); err == nil {
			_ = res.Body.Close() // its status is another test's
		}
	}()
	<-asked
	want := errors.New("stop")
	stop(want)
	select {
	case err := <-cause:
		if !errors.Is(err, want) {
			t.Errorf("the request ended by %v", err)
		}
	case <-time.After(2 * stopTime):
		t.Fatal("the request goes on")
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// Whoever waits for the runner must learn that it cannot be reached any more.
func TestRunEndsWhenItsListenerFails(t *testing.T) {
	t.Parallel()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- newTestRunner(&recorder{}).Run(t.Context(), listener) }()
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-ended:
		if err == nil {
			t.Error("no error")
		}
	case <-time.After(2 * stopTime):
		t.Error("it goes on, and nobody can reach it")
	}
}
