package bucket

import (
	"context"
	"errors"
	"io"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"eventdrop/functions/internal/dropzone"
)

// source is a body that waits before each byte, as a connection does, until its request ends.
type source struct {
	ctx  context.Context
	wait time.Duration
}

func (s source) Read(p []byte) (int, error) {
	select {
	case <-time.After(s.wait):
		p[0] = 'x'
		return 1, nil
	case <-s.ctx.Done():
		return 0, s.ctx.Err()
	}
}

func (source) Close() error { return nil }

func watched(t *testing.T, wait time.Duration) *Body {
	t.Helper()
	ctx, watch := newWatch(t.Context(), defaultIdle)
	return &Body{Object: dropzone.Object{Bucket: "drop", Key: "k", Size: 1000}, stream: source{ctx, wait}, watch: watch}
}

func TestWatchEndsAReadThatGetsNothingForThirtySeconds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		body, start := watched(t, time.Hour), time.Now()
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
		body := watched(t, 29*time.Second)
		defer body.Close()
		if n, err := io.ReadFull(body, make([]byte, 100)); err != nil {
			t.Errorf("got %d bytes, error %v", n, err)
		}
	})
}

func TestWatchLetsASlowReaderGoOn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		body := watched(t, time.Second)
		defer body.Close()
		for range 3 {
			if _, err := body.Read(make([]byte, 1)); err != nil {
				t.Fatal(err)
			}
			<-time.After(time.Hour) // the reader is busy with the database
		}
	})
}
