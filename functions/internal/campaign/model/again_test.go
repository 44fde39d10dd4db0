package model

// Load handles a notice.
func (s *system) Load(drop int, step Step) {
	s.dead = false
	s.carry(s.begin(s.ask(drop), load, step))
}

// Twins handles a notice twice at once. Where the key is overwritten meanwhile, the second one asks for whatever it holds.
func (s *system) Twins(drop int, step Step) {
	s.dead = false
	a, b := s.begin(s.ask(drop), load, step), s.begin(s.ask(drop), load, Step{})
	b.asked.bare = step.Trouble == Overwrite
	s.interleave(a, b, step.Order())
}

// Replay loads a drop again on purpose.
func (s *system) Replay(drop int, step Step) {
	s.dead = false
	r := s.begin(s.ask(drop), replay, step)
	r.asked.bare = !s.Versioned
	s.carry(r)
}

// Redrive runs the quarantined rows of a drop again: one by one, or, where one has no id, the whole object.
func (s *system) Redrive(drop int, step Step) {
	s.dead = false
	e := s.redriven(drop)
	if e == nil || e.quarantined == 0 {
		return
	}
	if s.needsWhole(e) {
		s.redriveObject(e, step)
		return
	}
	before := step.Trouble == Crash && step.At%8 < 7
	if before {
		s.reached |= crashed
		return
	}
	s.redriveRows(e) // a COMMIT that is cut is not modelled here: the same run finds out
}

func (s *system) redriven(drop int) (found *entry) {
	key := s.Drops[drop].Key
	for i := range s.ledger {
		e := &s.ledger[i]
		if e.state == loaded && (e.version == drop || e.version < 0 && e.key == key && (found == nil || e.number > found.number)) {
			found = e
		}
	}
	return found
}

func (s *system) needsWhole(e *entry) bool {
	for i, row := range s.Bodies[e.body].Rows {
		if e.quarantined&(1<<i) != 0 && row.ID == 0 && row.Accepted(s.Revision) {
			return true
		}
	}
	return false
}

func (s *system) redriveObject(e *entry, step Step) {
	drop := e.version
	if drop < 0 {
		if drop = s.current[e.key]; drop < 0 || s.Drops[drop].Body != e.body || s.Drops[drop].Second != e.second {
			s.reached |= sourceGone
			return
		}
	}
	s.reached |= redrivenWhole
	r := s.begin(s.ask(drop), replay, step)
	s.carry(r)
}

func (s *system) redriveRows(e *entry) {
	s.reached |= redrivenRows
	s.runs++
	s.book(s.runs)
	body := s.Bodies[e.body]
	for i, row := range body.Rows {
		if e.quarantined&(1<<i) == 0 || !row.Accepted(s.Revision) {
			continue
		}
		s.upsert(s.keyOf(body, i), s.redrivenEvent(e, i))
		if !s.off.redriveResolves {
			e.quarantined &^= 1 << i
		}
	}
	e.rows = max(e.rows, s.Revision)
}

// redrivenEvent has the recency that the row would have had.
func (s *system) redrivenEvent(e *entry, line int) Event {
	row := s.Bodies[e.body].Rows[line]
	event := Event{Present: true, Time: row.Time, Value: row.Value, Fault: row.Fault, Recency: Recency{
		At: e.second, Modified: e.second, Source: s.sources[e.key], Drop: e.order, Line: int32(line), Revision: s.Revision,
	}}
	if s.ByEventTime {
		event.At = int32(row.Time)
	}
	if s.off.redriveRecency {
		event.At, event.Modified = s.Second, s.Second
	}
	return event
}

// Reconcile retries what failed, then loads what is listed and not settled.
func (s *system) Reconcile(step Step) {
	s.dead = false
	order := step.Order()
	for i := 0; i < len(s.ledger) && !s.dead; i++ { // it grows
		if e := s.ledger[i]; e.state == failed && !s.off.retries {
			s.again(asked{drop: max(e.version, 0), key: e.key, body: e.body, second: e.second}, &step, order)
		}
	}
	for drop := 0; drop < len(s.Drops) && !s.dead; drop++ {
		if s.missing(drop) {
			listed := s.ask(drop)
			listed.second = s.Drops[drop].Second
			s.again(listed, &step, order)
		}
	}
}

// again loads what a reconcile found; the trouble is the first one's.
func (s *system) again(a asked, step *Step, order uint64) {
	first := s.begin(a, load, *step)
	first.again = true
	step.Trouble = None
	if step.Action != ReconcileTwice {
		s.carry(first)
		return
	}
	second := s.begin(a, load, Step{})
	second.again = true
	s.interleave(first, second, order)
}

// missing reports whether a listed drop is neither settled nor waiting for its next attempt.
func (s *system) missing(drop int) bool {
	if !s.Listed(drop) || s.off.noncurrent && s.current[s.Drops[drop].Key] != drop {
		return false
	}
	if s.Versioned {
		e := s.find(s.version(drop))
		return e == nil || e.state == superseded && !s.off.supersededAgain || e.state == gone && !s.off.goneAgain
	}
	return s.missingBytes(drop)
}

func (s *system) missingBytes(drop int) bool {
	d := s.Drops[drop]
	if _, settled := s.whichDrop(d.Key, d.Body, d.Second); settled {
		return false
	}
	for i := range s.ledger {
		if e := &s.ledger[i]; e.key == d.Key && e.body == d.Body &&
			(e.state == failed || s.off.supersededAgain && e.state == superseded || s.off.goneAgain && e.state == gone) {
			return false
		}
	}
	return true
}
