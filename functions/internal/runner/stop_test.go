package runner

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"eventdrop/functions/internal/dropzone"
)

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

// R2: what takes too long is cut off. It has last words, which may not take for ever: each of a group has its own, to a server that is silent.
func TestStopCutsOffWhatTakesTooLong(t *testing.T) {
	t.Parallel()
	for lastWords, want := range map[time.Duration]time.Duration{0: stopTime, time.Minute: stopTime + lastTime} {
		synctest.Test(t, func(t *testing.T) {
			r := newTestRunner(&recorder{})
			r.Handle = func(ctx context.Context, _ []dropzone.Object, _ bool) []error {
				<-ctx.Done()
				<-time.After(lastWords)
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
			if took := time.Since(began); took != want {
				t.Errorf("with last words of %s stop took %s, want %s", lastWords, took, want)
			}
			workers.Wait()
		})
	}
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
