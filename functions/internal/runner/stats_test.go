package runner

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"eventdrop/functions/internal/dropzone"
)

func TestWhatComesInIsCounted(t *testing.T) {
	t.Parallel()
	r := newTestRunner(&recorder{})
	r.QueueLength = 2
	r.Parse = func(body []byte) ([]dropzone.Object, int, error) {
		if string(body) == "foreign" {
			return nil, 1, nil
		}
		return parseKeys(body)
	}
	var look func() Stats
	r.Metrics = func(l func() Stats) http.Handler {
		look = l
		return http.NotFoundHandler()
	}
	var loads sync.WaitGroup
	q := newQueue(r.QueueLength)
	routes := r.routes(q, newLanes(r.Workers, &loads)) // no worker takes anything
	for _, sent := range []struct{ token, body string }{
		{token, "a"},
		{token, "a b"}, // the first waits already
		{token, "c d"}, // there is no place
		{token, "bad"},
		{token, "foreign"},
		{token, strings.Repeat(" ", maxNotice+1)},
		{"another token", "e"},
	} {
		req := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/notices", strings.NewReader(sent.body))
		req.Header.Set("Authorization", "Bearer "+sent.token)
		routes.ServeHTTP(httptest.NewRecorder(), req)
	}
	q.take()
	want := Stats{
		Notices: Notices{Accepted: 3, Ignored: 1, Malformed: 1, QueueFull: 2, TooLarge: 1, Unauthorised: 1},
		Waiting: 1, QueueLength: 2, Loading: 1, First: LaneStats{Spares: 4}, Retry: LaneStats{Spares: 2},
	}
	if got := look(); got != want {
		t.Errorf("got %+v\nwant %+v", got, want)
	}
}

func TestLoadsInSparePlacesAreCounted(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newTestRunner(&recorder{})
		slowOnes(r)
		q := newQueue(r.QueueLength)
		q.offer(versioned("slow"))
		ctx, cancel := context.WithCancel(t.Context())
		var loads sync.WaitGroup
		lanes := newLanes(r.Workers, &loads)
		r.begin(ctx, ctx, q, lanes, &loads)
		<-time.After(2 * patience)
		want := Stats{QueueLength: 100, Loading: 1, First: LaneStats{Slow: 1, Spares: 4}, Retry: LaneStats{Spares: 2}}
		if got := r.stats(q, lanes); got != want {
			t.Errorf("got %+v\nwant %+v", got, want)
		}
		<-time.After(time.Minute)
		want.Loading, want.First.Slow = 0, 0
		if got := r.stats(q, lanes); got != want {
			t.Errorf("afterwards %+v\nwant %+v", got, want)
		}
		cancel()
		q.close()
		loads.Wait()
	})
}

func TestWithoutMetricsThereAreNone(t *testing.T) {
	t.Parallel()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, start(t, newTestRunner(&recorder{}))+"/metrics", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusNotFound {
		t.Errorf("%d", res.StatusCode)
	}
}
