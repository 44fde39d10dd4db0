package kill

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"eventdrop/functions/internal/campaign"
	"eventdrop/functions/internal/campaign/world"
)

// header is that of the objects that the drills write themselves.
const header = "event_id,event_type,event_time,user_id,session_id\n"

// event is a row whose id follows from its key's number and its own.
func event(key, row int, user, session string) string {
	return fmt.Sprintf("%08x-1111-4111-8111-%012x,view,2026-11-23T09:00:00Z,%s,%s\n", key, row, user, session)
}

// shelf is a set of keys whose bytes are replaced again and again. All drops of a key hold events of the same ids, and
// their session names the drop, so that the table tells which drop is on top.
type shelf struct {
	keys []slot
}

// slot is one key. Whoever holds its lock may store bytes there.
type slot struct {
	sync.Mutex
	number int
	last   int // the newest drop whose upload was answered

	etag      string // of the newest drop
	announced bool   // its notice is sent at least once
}

// shelfRows is how many events each drop has; one reject comes on top.
const shelfRows = 5

func newShelf(size int) *shelf {
	s := &shelf{keys: make([]slot, size)}
	for i := range s.keys {
		s.keys[i].number = i
	}
	return s
}

func (s *slot) key() string { return fmt.Sprintf("shelf/%03d.csv", s.number) }

// body is what the key holds after so many drops.
func (s *slot) body(drop int) []byte {
	var b strings.Builder
	b.WriteString(header)
	for row := range shelfRows {
		b.WriteString(event(s.number, row, s.user(), session(drop)))
	}
	b.WriteString("nonsense,view,2026-11-23T09:00:00Z,,\n")
	return []byte(b.String())
}

func (s *slot) user() string      { return fmt.Sprintf("shelf-%d", s.number) }
func session(drop int) string     { return fmt.Sprintf("drop-%d", drop) }
func (s *shelf) pick(i int) *slot { return &s.keys[i%len(s.keys)] }

// compare wants every key's last drop on top.
func (s *shelf) compare(t *testing.T, w *world.World) (d campaign.Differences) {
	t.Helper()
	var users, sessions []string
	for i := range s.keys {
		if slot := &s.keys[i]; slot.last > 0 {
			users, sessions = append(users, slot.user()), append(sessions, session(slot.last))
		}
	}
	row := w.DB.Pool.QueryRow(t.Context(), `select coalesce(sum(greatest($3 - live.rows, 0)), 0)::bigint,
			coalesce(sum(greatest(live.rows - $3, 0)), 0)::bigint, coalesce(sum(live.wrong), 0)::bigint
		from unnest($1::text[], $2::text[]) as want (user_id, session_id)
		cross join lateral (select count(*) as rows, count(*) filter (where e.session_id <> want.session_id) as wrong
			from events e where e.user_id = want.user_id) live`, users, sessions, shelfRows)
	if err := row.Scan(&d.Lost, &d.Doubled, &d.Wrong); err != nil {
		t.Fatal(err)
	}
	return d
}

// waiting is how many of the keys' newest drops are not settled.
const waiting = `select count(*) from unnest($1::text[], $2::text[]) as newest (key, etag) where not exists (select from objects o
	where o.key = newest.key and o.etag = newest.etag and o.state in ('loaded', 'parked'))`

// backlog is how many keys hold bytes that are not loaded.
func (s *shelf) backlog(w *world.World) int64 {
	keys, etags := s.newest(func(*slot) bool { return true })
	return number(w.Value(waiting, keys, etags))
}

// awaitAnnounced waits for the newest drops that were announced, and returns how many were not.
func (s *shelf) awaitAnnounced(w *world.World) (lost int64) {
	keys, etags := s.newest(func(s *slot) bool { return s.announced })
	w.Eventually("0", waiting, keys, etags)
	keys, _ = s.newest(func(s *slot) bool { return !s.announced })
	return int64(len(keys))
}

// newest lists the newest drops of some keys.
func (s *shelf) newest(of func(*slot) bool) (keys, etags []string) {
	for i := range s.keys {
		slot := &s.keys[i]
		slot.Lock()
		if slot.last > 0 && of(slot) {
			keys, etags = append(keys, slot.key()), append(etags, slot.etag)
		}
		slot.Unlock()
	}
	return keys, etags
}
