package model

// commit brings a run's rows into the table and its books into the ledger, or is cut.
func (s *system) commit(r *run) {
	if s.off.together && !r.merged {
		r.merged = true
		s.merge(r)
		return
	}
	cut := r.trouble == CutBefore || r.trouble == CutAfter
	if !cut || r.tries > 0 {
		s.apply(r)
		s.release(r)
		return
	}
	r.tries++
	if r.trouble == CutAfter {
		s.reached |= cutAfter
		s.apply(r)
	} else {
		s.reached |= cutBefore
	}
	r.merged, r.holdKey, r.holdID = false, false, false
	r.phase = opening
}

// apply is what a commit makes visible.
func (s *system) apply(r *run) {
	body := s.Bodies[s.Drops[r.object].Body]
	if body.Unreadable || !body.Loadable(s.Revision) && !s.off.threshold {
		s.park(r)
		return
	}
	if !r.merged {
		s.merge(r)
	}
	s.book(r.number)
	e := s.entryOf(r.id)
	if e.state == parked {
		s.reached |= unparked
	}
	if r.id.number > 1 {
		s.reached |= secondDrop
	}
	if r.kind == replay {
		s.reached |= replayed
	}
	e.state, e.second, e.attempts, e.died = loaded, s.Drops[r.object].Second, 0, false
	if e.loaded == 0 {
		e.order = s.orderOf(r)
	}
	e.loaded = max(e.loaded, s.Revision)
	e.quarantined = 0
	for i, row := range body.Rows {
		if !row.Accepted(s.Revision) {
			e.quarantined |= 1 << i
		}
	}
	s.closeOlder(r.id)
}

// closeOlder closes failed drops that can not be read any more.
func (s *system) closeOlder(id identity) {
	for i := range s.ledger {
		older := &s.ledger[i]
		if id.version < 0 && older.key == id.key && older.number < id.number && older.state == failed && !s.off.supersedeOlder {
			older.state = superseded
		}
	}
}

func (s *system) park(r *run) {
	s.reached |= becameParked
	e := s.entryOf(r.id)
	if e.state == loaded || e.state == parked && r.kind == load {
		return
	}
	s.book(r.number)
	e.state, e.second, e.attempts, e.died = parked, s.Drops[r.object].Second, 0, false
	e.loaded = s.Revision
	s.closeOlder(r.id)
}

func (s *system) book(number int) {
	s.doubled = s.doubled || s.booked(number)
	s.receipts = append(s.receipts, number)
}

// conclude notes how a run ended that loaded nothing.
func (s *system) conclude(r *run, outcome state, second int32) {
	s.release(r)
	switch outcome {
	case gone:
		s.reached |= becameGone
	case superseded:
		s.reached |= becameSuperseded
	default:
	}
	if r.asked.bare || r.kind == replay && outcome != failed {
		return
	}
	if second == unknown && !s.off.dueModified {
		second = r.asked.second
	}
	id := identity{version: r.asked.drop, key: r.asked.key, body: r.asked.body, number: 1}
	if !s.Versioned {
		id.version = -1
		number, settled := s.whichDrop(id.key, id.body, second)
		if settled {
			return
		}
		id.number = number
	}
	if e := s.entryOf(id); !e.state.settled() {
		e.state, e.attempts = outcome, 0
		if second != unknown {
			e.second = second
		}
	}
}

// merge upserts the rows that the contract accepts: of each event the winner.
func (s *system) merge(r *run) {
	body := s.Bodies[s.Drops[r.object].Body]
	var kept map[int]bool
	if s.off.batchWinner {
		kept = map[int]bool{}
	}
	for i, row := range body.Rows {
		if !row.Accepted(s.Revision) {
			continue
		}
		key := s.keyOf(body, i)
		if kept[key] {
			continue
		}
		if s.off.batchWinner {
			kept[key] = true
		}
		s.upsert(key, s.event(r.object, i, s.orderOf(r)))
	}
}

func (s *system) keyOf(body Body, line int) int {
	occurrence := body.Occurrence(line)
	if s.off.occurrence {
		occurrence = 0
	}
	return EventKey(body.Rows[line], occurrence)
}

func (s *system) event(drop, line int, order int32) Event {
	d := s.Drops[drop]
	row := s.Bodies[d.Body].Rows[line]
	e := Event{Present: true, Time: row.Time, Value: row.Value, Fault: row.Fault, Recency: Recency{
		At: d.Second, Modified: d.Second, Source: s.sources[d.Key], Drop: order, Line: int32(line), Revision: s.Revision,
	}}
	if s.ByEventTime {
		e.At = int32(row.Time)
	}
	return e
}

func (s *system) upsert(key int, e Event) {
	held := &s.table[key]
	switch {
	case !held.Present:
		s.inserted++
		*held = e
	case s.off.guard || s.compared(e.Recency).Newer(s.compared(held.Recency)):
		*held = e
	}
}

// compared is the part of recency that the rules compare.
func (s *system) compared(r Recency) Recency {
	for _, part := range [...]struct {
		off   bool
		clear func()
	}{
		{s.off.modified, func() { r.Modified = 0 }},
		{s.off.sourceHash, func() { r.Source = 0 }},
		{s.off.dropOrder, func() { r.Drop = 0 }},
		{s.off.line, func() { r.Line = 0 }},
		{s.off.revision, func() { r.Revision = 0 }},
	} {
		if part.off {
			part.clear()
		}
	}
	return r
}
