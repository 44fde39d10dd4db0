package bucket

import (
	"context"
	"errors"
	"io"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"eventdrop/functions/internal/dropzone"
)

// source is a body that waits before each piece, as a connection does, until its request ends.
type source struct {
	ctx   context.Context
	wait  time.Duration
	bytes int
}

func (s source) Read(p []byte) (int, error) {
	select {
	case <-time.After(s.wait):
		return copy(p, strings.Repeat("x", s.bytes)), nil
	case <-s.ctx.Done():
		return 0, s.ctx.Err()
	}
}

func (source) Close() error { return nil }

func watched(t *testing.T, wait time.Duration, bytes int) *Body {
	t.Helper()
	ctx, watch := newWatch(t.Context(), defaultIdle)
	return &Body{Object: dropzone.Object{Bucket: "drop", Key: "k", Size: 1 << 30}, stream: source{ctx, wait, bytes}, watch: watch}
}

func TestWatchEndsAReadThatGetsNothingForThirtySeconds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		body, start := watched(t, time.Hour, 1), time.Now()
		defer body.Close()
		_, err := body.Read(make([]byte, 1))
		if !errors.Is(err, os.ErrDeadlineExceeded) || time.Since(start) != 30*time.Second {
			t.Errorf("got %v after %s", err, time.Since(start))
		}
	})
}

func TestWatchLetsASlowStoreGoOn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		body := watched(t, 29*time.Second, paceBytes/2)
		defer body.Close()
		if n, err := io.ReadFull(body, make([]byte, 10*paceBytes)); err != nil {
			t.Errorf("got %d bytes, error %v", n, err)
		}
	})
}

// O2
func TestWatchEndsABodyThatTrickles(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		body, start := watched(t, 29*time.Second, 1), time.Now()
		defer body.Close()
		n, err := io.ReadFull(body, make([]byte, 100))
		if !errors.Is(err, os.ErrDeadlineExceeded) || errors.Is(err, context.Canceled) || n != 2 || time.Since(start) != paceTime {
			t.Errorf("got %d bytes and %v after %s", n, err, time.Since(start))
		}
	})
}

// A body that came fast at first has no credit: its pace is judged by every minute.
func TestWatchEndsABodyThatBeginsToTrickle(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, watch := newWatch(t.Context(), defaultIdle)
		fast, slow := source{ctx, time.Millisecond, paceBytes}, source{ctx, 29 * time.Second, 1}
		body := &Body{Object: dropzone.Object{Bucket: "drop", Key: "k", Size: 1 << 30}, stream: fast, watch: watch}
		defer body.Close()
		if _, err := io.ReadFull(body, make([]byte, 20*paceBytes)); err != nil {
			t.Fatal(err)
		}
		body.stream = slow
		start := time.Now()
		_, err := io.ReadFull(body, make([]byte, 100))
		if !errors.Is(err, os.ErrDeadlineExceeded) || time.Since(start) != paceTime {
			t.Errorf("got %v after %s", err, time.Since(start))
		}
	})
}

func TestWatchLetsASlowReaderGoOn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		body := watched(t, time.Second, 1)
		defer body.Close()
		for range 3 {
			if _, err := body.Read(make([]byte, 1)); err != nil {
				t.Fatal(err)
			}
			<-time.After(time.Hour) // the reader is busy with the database
		}
	})
}
