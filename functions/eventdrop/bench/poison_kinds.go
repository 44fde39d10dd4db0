package bench

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"time"
)

// poison is an object that cannot be read as it is, and what must become of it.
type poison struct {
	body    []byte
	rows    int    // that must be loaded all the same
	outcome string // of the ledger: state, and why it is parked
}

// poison makes the next one, of each kind in turn.
func (m *poisoned) poison(s *supply) (drop, error) {
	sound, err := s.drops(1, smallRows, poisonEvery)
	if err != nil {
		return drop{}, err
	}
	kinds := poisons(sound[0].body)
	next := kinds[len(m.made)%len(kinds)]
	key := fmt.Sprintf("poison/%06d.csv", len(m.made))
	m.made[key] = next
	m.rows += next.rows
	return drop{key: key, body: next.body, poison: true}, nil
}

// poisons are all kinds, some of them made of a sound object. The binary one begins as a picture does.
func poisons(sound []byte) []poison {
	return []poison{
		{append([]byte("\x89PNG\r\n\x1a\n"), make([]byte, 2_000)...), 0, "parked binary_content"},
		{cutArchive(sound), 0, "parked damaged_compression"},
		{[]byte("Dear colleagues,\nplease find the figures attached.\n"), 0, "parked no_known_column"},
		{append(bytes.Clone(sound), bytes.Repeat([]byte("x"), 3<<20)...), smallRows, "loaded"},
	}
}

// cutArchive is the first half of a gzip archive.
func cutArchive(content []byte) []byte {
	var archive bytes.Buffer
	w := gzip.NewWriter(&archive)
	_, _ = w.Write(content) // memory takes all
	_ = w.Close()
	return archive.Bytes()[:archive.Len()/2]
}

// settled waits until all poison that was stored has its outcome.
func (m *poisoned) settled(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(ctx, lostAfter, fmt.Errorf("poison has no outcome after %s", lostAfter))
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		n, err := m.value(ctx, "select count(*) from objects where key like 'poison/%' and state in ('loaded', 'parked')")
		if err != nil || n == int64(m.stored) {
			return err
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-tick.C:
		}
	}
}

// ended fails unless all poison ended as it must: else it was none.
func (m *poisoned) ended(ctx context.Context) error {
	for key, want := range m.made {
		var got string
		const sql = "select concat_ws(' ', state, reason) from objects where key = $1"
		if err := m.db.QueryRow(ctx, sql, key).Scan(&got); err != nil {
			return fmt.Errorf("look for %s: %w", key, err)
		}
		if got != want.outcome {
			return fmt.Errorf("%s is %s, and must be %s", key, got, want.outcome)
		}
	}
	return nil
}
