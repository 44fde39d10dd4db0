package model

import "slices"

// state of a drop in the ledger.
type state uint8

const (
	failed state = iota
	loaded
	parked
	superseded
	gone
)

func (s state) settled() bool { return s == loaded || s == parked }

// entry is a row of the ledger.
type entry struct {
	identity

	state       state
	second      int32
	order       int32
	attempts    uint8
	died        bool
	loaded      int32
	rows        int32
	quarantined uint64
}

// identity is the ledger's unique key: a version, or a key's drop number and ETag.
type identity struct {
	version int // -1: bytes are replaced
	key     uint8
	body    uint8
	number  int32
}

const unknown = -1 // last-modified of what nobody has opened

// system is a ledger and a table in memory, kept as docs/ledger.md says.
type system struct {
	*Life

	off      rules
	sources  [Keys]int64
	ledger   []entry
	table    Table
	inserted int
	runs     int
	receipts []int // numbers of the runs that were committed
	doubled  bool  // one was so twice
	dead     bool  // the loader crashed in the present step
	reached  met
	locks    []*run
	claims   []Claim
}

// met is what a schedule really met.
type met uint32

const (
	crashed met = 1 << iota
	cutBefore
	cutAfter
	overwritten
	storeFailed
	becameSuperseded
	becameGone
	becameParked
	unparked
	busyTwin
	replayed
	redrivenRows
	redrivenWhole
	sourceGone
	deliveredAgain
	secondDrop
	raised
)

func faultNames() []string {
	return []string{
		"crash", "cut before", "cut after", "overwritten meanwhile", "store failed", "superseded", "gone", "parked", "un-parked", "busy twin",
		"replay", "redrive", "redrive of a whole object", "source gone", "delivered again", "another drop of a key", "revision raised",
	}
}

// live has the system live through a schedule, from nothing.
func (s *system) live(schedule *Schedule) Verdict {
	s.ledger, s.table, s.receipts = s.ledger[:0], Table{}, s.receipts[:0]
	s.inserted, s.runs, s.doubled, s.reached = 0, 0, false, 0
	s.Run(schedule, s)
	rests := s.rest()
	verdict := s.Judge(s.claim(), &s.table, &s.sources)
	if !rests {
		verdict.complain("ten reconciles did not settle everything: %+v", s.ledger)
	}
	if count := s.table.Count(); s.inserted != count {
		verdict.complain("the books have %d rows inserted, the table has %d", s.inserted, count)
	}
	if s.doubled {
		verdict.complain("a run is in the books twice")
	}
	return verdict
}

// rest reconciles until nothing is left to do.
func (s *system) rest() bool {
	for range 10 {
		s.Reconcile(Step{})
		if i := slices.IndexFunc(s.ledger, func(e entry) bool { return e.died && e.state == parked }); i >= 0 {
			s.revive(s.ledger[i])
			continue
		}
		if s.idle() {
			return true
		}
	}
	return false
}

// revive replays an object that was parked because its loaders died, as its hint says.
func (s *system) revive(e entry) {
	if e.version < 0 {
		e.version = s.current[e.key]
	}
	if e.version >= 0 {
		s.Replay(e.version, Step{})
	}
}

func (s *system) idle() bool {
	for i := range s.ledger {
		if s.ledger[i].state == failed && !s.off.retries {
			return false
		}
	}
	for drop := range s.Drops {
		if s.missing(drop) {
			return false
		}
	}
	return true
}

func (s *system) claim() []Claim {
	s.claims = s.claims[:0]
	for i := range s.ledger {
		if e := &s.ledger[i]; e.state.settled() {
			s.claims = append(s.claims, Claim{
				Drop: e.version, Key: e.key, Body: e.body, Second: e.second, Number: e.number, Parked: e.state == parked,
				Loaded: e.loaded, Rows: e.rows, Quarantined: e.quarantined,
			})
		}
	}
	return s.claims
}

// Put, Delete and Purge happen in the bucket alone.
func (*system) Put(int)      {}
func (*system) Delete(uint8) {}
func (*system) Purge(int)    {}
func (*system) Tick()        {}

// Raise takes effect through the life.
func (s *system) Raise() { s.reached |= raised }

// Restart loses nothing that was committed, and no run is open between two steps.
func (*system) Restart() {}

// find returns the entry of an identity; nil: there is none.
func (s *system) find(id identity) *entry {
	for i := range s.ledger {
		if s.ledger[i].identity == id {
			return &s.ledger[i]
		}
	}
	return nil
}

// entryOf returns the entry of an identity, made if there is none.
func (s *system) entryOf(id identity) *entry {
	if e := s.find(id); e != nil {
		return e
	}
	s.ledger = append(s.ledger, entry{identity: id, second: unknown})
	return &s.ledger[len(s.ledger)-1]
}

// whichDrop numbers a drop of a key whose bytes are replaced, and tells whether that one is settled.
func (s *system) whichDrop(key, body uint8, second int32) (number int32, settled bool) {
	newest, highest, waiting := (*entry)(nil), int32(0), int32(0)
	for i := range s.ledger {
		e := &s.ledger[i]
		if e.key != key || e.version >= 0 {
			continue
		}
		highest = max(highest, e.number)
		if e.state.settled() && (newest == nil || e.number > newest.number) {
			newest = e
		}
	}
	if newest != nil && newest.body == body && (second == unknown || newest.second == second || s.off.lastModified) {
		return newest.number, true
	}
	for i := range s.ledger {
		e := &s.ledger[i]
		if e.key == key && e.version < 0 && e.body == body && !e.state.settled() && (newest == nil || e.number > newest.number) {
			waiting = max(waiting, e.number)
		}
	}
	if waiting > 0 {
		return waiting, false
	}
	return highest + 1, false
}
