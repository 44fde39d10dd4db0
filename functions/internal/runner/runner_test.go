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
