package model

import "slices"

// phase is where a run is.
type phase uint8

const (
	looking phase = iota
	opening
	noting
	locking
	claiming
	committing
	done
)

// run is one run of one object.
type run struct {
	number  int
	asked   asked
	kind    kind
	again   bool // its attempt is noted
	trouble Trouble
	at      uint8

	phase   phase
	object  int // the drop that was opened
	id      identity
	holdKey bool
	holdID  bool
	noted   bool
	merged  bool // without together: rows are in the table, books are not
	tries   int
}

// asked is what a notice names, or, with last-modified, what the ledger or a listing knows.
type asked struct {
	drop   int
	key    uint8
	body   uint8
	bare   bool  // only the key
	second int32 // last-modified
}

type kind uint8

const (
	load kind = iota
	replay
	redrive
)

func (s *system) begin(a asked, k kind, step Step) *run {
	s.runs++
	return &run{number: s.runs, asked: a, kind: k, trouble: step.Trouble, at: step.At}
}

func (s *system) ask(drop int) asked {
	return asked{drop: drop, key: s.Drops[drop].Key, body: s.Drops[drop].Body, second: unknown}
}

// carry takes a run to its end.
func (s *system) carry(r *run) {
	for !s.dead && r.phase != done {
		s.advance(r)
	}
	s.release(r)
}

// interleave takes two runs to their ends, in the order of the bits.
func (s *system) interleave(a, b *run, order uint64) {
	s.locks = append(s.locks[:0], a, b)
	for !s.dead && (a.phase != done || b.phase != done) {
		r := a
		if order&1 == 1 && b.phase != done || a.phase == done || s.blocked(a) {
			r = b
		}
		if s.blocked(r) {
			r = a
		}
		order >>= 1
		s.advance(r)
	}
	s.release(a)
	s.release(b)
	s.locks = s.locks[:0]
}

// blocked reports whether a run must wait for a lock of the other one.
func (s *system) blocked(r *run) bool {
	for _, other := range s.locks {
		if other == r || other.phase == done {
			continue
		}
		if r.phase == locking && other.holdKey && !s.Versioned && other.id.key == s.Drops[r.object].Key {
			s.reached |= busyTwin
			return true
		}
		if r.phase == claiming && other.holdID && other.id == r.id {
			s.reached |= busyTwin
			return true
		}
	}
	return false
}

// advance takes a run one phase on. A crash before a message loses all that was not committed.
func (s *system) advance(r *run) {
	if r.trouble == Crash && r.crashes() {
		s.reached |= crashed
		s.dead = true
		return
	}
	switch r.phase {
	case looking:
		s.look(r)
	case opening:
		s.open(r)
	case noting:
		s.note(r)
	case locking:
		s.lock(r)
	case claiming:
		s.claimDrop(r)
	case committing:
		s.commit(r)
	case done:
	}
}

// crashes reports whether the message of this phase is the one that is never sent. The COMMIT is sent
// when the last one is asked for.
func (r *run) crashes() bool {
	return r.phase == [...]phase{looking, noting, locking, claiming, committing, committing, committing, done}[r.at%8]
}

func (s *system) release(r *run) { r.phase, r.holdKey, r.holdID = done, false, false }

func (s *system) look(r *run) {
	r.phase = opening
	if r.kind != load {
		return
	}
	if s.Versioned && !r.asked.bare {
		if e := s.find(s.version(r.asked.drop)); e != nil && e.state.settled() {
			r.phase = done
			s.reached |= deliveredAgain
			return
		}
	}
	s.refuse(r)
}

// refuse applies what is wrong with simpler identities.
func (s *system) refuse(r *run) {
	for i := range s.ledger {
		e := &s.ledger[i]
		if e.key != r.asked.key {
			continue
		}
		known := e.state.settled() && (s.off.keyIdentity || s.off.dropIdentity && e.body == r.asked.body) ||
			e.state == parked && s.off.parkedAnew
		if known {
			r.phase = done
		}
	}
}

func (s *system) version(drop int) identity {
	return identity{version: drop, key: s.Drops[drop].Key, body: s.Drops[drop].Body, number: 1}
}

func (s *system) open(r *run) {
	if r.trouble == StoreFails && r.tries == 0 {
		r.tries++
		s.reached |= storeFailed
		s.conclude(r, failed, unknown)
		return
	}
	if r.asked.bare {
		s.Opening(r.asked.key)
	}
	r.object = r.asked.drop
	if !s.Versioned || r.asked.bare {
		r.object = s.current[r.asked.key]
	}
	switch {
	case r.object < 0 || s.Drops[r.object].Purged:
		s.conclude(r, gone, unknown)
		return
	case !r.asked.bare && !s.Versioned && s.Drops[r.object].Body != r.asked.body && !s.off.ifMatch:
		s.conclude(r, superseded, unknown)
		return
	}
	if r.trouble == Overwrite && s.arriving != nil {
		s.reached |= overwritten
	}
	r.phase = noting
	s.Opened(r.object)
}

// note counts the attempt, in a transaction of its own, where loaders may die of the object.
func (s *system) note(r *run) {
	r.phase = locking
	if !r.again || r.noted || r.kind != load {
		return
	}
	r.noted = true
	id := s.identify(r)
	e := s.entryOf(id)
	if e.state.settled() {
		return
	}
	e.state = failed
	e.second = s.Drops[r.object].Second
	if e.attempts++; e.attempts > 5 {
		e.state, e.died, e.loaded = parked, true, s.Revision
		r.phase = done
	}
}

// identify is the identity of what a run has opened.
func (s *system) identify(r *run) identity {
	d := s.Drops[r.object]
	if s.Versioned {
		return s.version(r.object)
	}
	body := d.Body
	if s.off.ifMatch && !r.asked.bare {
		body = r.asked.body
	}
	number, _ := s.whichDrop(d.Key, body, d.Second)
	return identity{version: -1, key: d.Key, body: body, number: number}
}

// lock locks the key where bytes are replaced, and finds the number of the drop.
func (s *system) lock(r *run) {
	r.id = s.identify(r)
	r.phase = claiming
	if s.Versioned {
		return
	}
	d := s.Drops[r.object]
	r.holdKey = !s.off.lockKey
	if _, settled := s.whichDrop(d.Key, r.id.body, d.Second); settled && r.kind == load {
		s.reached |= deliveredAgain
		s.release(r)
		return
	}
	if s.off.inTime && !r.again && r.kind == load && r.id.number > 1 {
		s.conclude(r, superseded, d.Second)
		return
	}
	now := s.current[d.Key]
	if s.off.checkCurrent || now >= 0 && s.sameBytes(now, r.object) || s.off.ifMatch && now >= 0 {
		return
	}
	if now < 0 {
		s.conclude(r, gone, d.Second)
	} else {
		s.conclude(r, superseded, d.Second)
	}
}

func (s *system) claimDrop(r *run) {
	e := s.find(r.id)
	r.phase = committing
	if e != nil && e.state.settled() && (r.kind == load || s.off.replayClaims) {
		s.reached |= deliveredAgain
		s.release(r)
		return
	}
	if r.tries > 0 && !s.off.ownReceipt && s.booked(r.number) {
		s.release(r)
		return
	}
	r.holdID = true
	if s.off.claimInside {
		e = s.entryOf(r.id)
		e.state, e.second, e.order = loaded, s.Drops[r.object].Second, s.orderOf(r)
		e.loaded = s.Revision
	}
}

func (s *system) booked(number int) bool {
	return slices.Contains(s.receipts, number)
}

func (s *system) orderOf(r *run) int32 {
	if s.Versioned {
		return s.Rank(r.object)
	}
	return r.id.number
}
