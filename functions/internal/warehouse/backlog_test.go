package warehouse

import "testing"

func TestTheBacklogIsWhatFailedInThePlace(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	// Failed at its first try and due; waiting for its next; died once; died often; others' objects.
	if _, err := h.db.Pool.Exec(t.Context(), `
		insert into objects (bucket, key, etag, drop_number, state, attempts, open_attempts, next_attempt_at) values
		('shop', 'in/due', 'e', 1, 'failed', 1, 0, clock_timestamp() - interval '1 second'),
		('shop', 'in/waits', 'e', 1, 'failed', 3, 0, clock_timestamp() + interval '5 minutes'),
		('shop', 'in/first try', 'e', 1, 'failed', 0, 1, clock_timestamp() - interval '1 second'),
		('shop', 'in/died', 'e', 1, 'failed', 0, 2, clock_timestamp() + interval '1 minute'),
		('shop', 'in/loaded', 'e', 1, 'loaded', 1, 0, null),
		('shop', 'out/due', 'e', 1, 'failed', 1, 0, clock_timestamp() - interval '1 second'),
		('other', 'in/due', 'e', 1, 'failed', 1, 0, clock_timestamp() - interval '1 second')`); err != nil {
		t.Fatal(err)
	}
	backlog := func() Backlog {
		b, err := h.Backlog(t.Context(), "shop", "in/")
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	if got, want := backlog(), (Backlog{Failed: 3, Due: 1}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	h.pauseFor("a test")
	if got, want := backlog(), (Backlog{Failed: 3, Due: 1, Paused: true}); got != want {
		t.Errorf("in a pause: got %+v, want %+v", got, want)
	}
}

func TestConnectionsShowHowThePoolIsUsed(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	held, err := h.pool.Acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	got := h.Connections()
	if got.Acquired != 1 || got.Max < 2 || got.Waits == 0 || got.WaitTime == 0 {
		t.Errorf("with one in use: %+v", got)
	}
	held.Release()
	if got := h.Connections(); got.Acquired != 0 || got.Idle == 0 {
		t.Errorf("with none in use: %+v", got)
	}
}
