package model

// Subject is what lives through a schedule. It reads the bucket through its [Life], and tells what it opens.
type Subject interface {
	// Put stores the newest drop, Delete what a key holds, and Purge a version for ever.
	Put(drop int)
	Delete(key uint8)
	Purge(drop int)
	// Load handles the notice of a drop; Twins does so twice at once.
	Load(drop int, s Step)
	Twins(drop int, s Step)
	// Replay loads a version again or, where bytes are replaced, what the drop's key holds.
	Replay(drop int, s Step)
	// Redrive runs the quarantined rows of a version again or, where bytes are replaced, of its key's newest loaded drop.
	Redrive(drop int, s Step)
	Reconcile(s Step)
	// Tick has the store's clock go on.
	Tick()
	// Raise brings the revision of the life into force.
	Raise()
	Restart()
}

// Life is one subject's way through a schedule.
type Life struct {
	*Schedule
	Bucket

	// Revision of the contract that is in force.
	Revision int32
	// Crashes counts those that were asked for.
	Crashes int

	subject  Subject
	bodies   [maxBodies]uint8
	pending  []int     // drops whose notices are on their way
	past     []int     // those that were delivered or lost
	promised []promise // per drop
	arriving *Step     // what is put when an object is opened
}

// promise is what became of a drop when the subject said that all was well: whether it was delivered while its key held
// it, and under which revision it was replayed and redriven.
type promise struct {
	delivered          bool
	replayed, redriven int32
}

// Run has a subject live through a schedule. The life can be used again.
func (l *Life) Run(s *Schedule, subject Subject) {
	l.Schedule, l.subject, l.Revision, l.Crashes = s, subject, 1, 0
	l.reset(s.Versioned)
	l.pending, l.past, l.promised, l.arriving = l.pending[:0], l.past[:0], l.promised[:0], nil
	l.number()
	for i := range s.Steps {
		l.step(&s.Steps[i])
		l.arriving = nil
	}
}

// number gives equal bodies one number.
func (l *Life) number() {
	for i := range l.Bodies {
		l.bodies[i] = uint8(i)
		for j := range i {
			if l.Bodies[i].Equal(l.Bodies[j]) {
				l.bodies[i] = uint8(j)
				break
			}
		}
	}
}

func (l *Life) step(s *Step) {
	switch s.Action {
	case Put:
		l.put(s)
	case Tick:
		l.Second += 1 + int32(s.Pick%2)
		l.subject.Tick()
	case Delete:
		l.remove(s.Key)
	case Purge:
		l.purgeNewest(s.Key)
	case Lose:
		l.take(s.Pick)
	case Raise:
		l.Revision = 2
		l.subject.Raise()
	case Restart:
		l.subject.Restart()
	default:
		l.run(s)
	}
}

// run carries out a step that has the subject do something.
func (l *Life) run(s *Step) {
	drop := -1
	switch s.Action {
	case Deliver, Twins:
		drop = l.take(s.Pick)
	case Again:
		if len(l.past) > 0 {
			drop = l.past[int(s.Pick)%len(l.past)]
		}
	case Redrive:
		drop = l.pick(s.Key, s.Pick)
	case Replay:
		if drop = l.pick(s.Key, s.Pick); !l.Versioned {
			drop = l.held(s.Key)
		}
	default:
		drop = 0
	}
	if drop < 0 {
		return
	}
	if s.Trouble == Overwrite {
		l.arriving = s
	}
	if s.Trouble == Crash {
		l.Crashes++
	}
	l.direct(drop, s)
}

func (l *Life) direct(drop int, s *Step) {
	switch s.Action {
	case Deliver, Again:
		held := l.current[l.Drops[drop].Key] == drop
		l.subject.Load(drop, *s)
		l.promised[drop].delivered = l.promised[drop].delivered || held && s.certain()
	case Twins:
		l.subject.Twins(drop, *s)
	case Replay:
		l.subject.Replay(drop, *s)
		if s.certain() {
			l.promised[drop].replayed = l.Revision
		}
	case Redrive:
		l.subject.Redrive(drop, *s)
		if s.certain() && l.Versioned {
			l.promised[drop].redriven = l.Revision
		}
	default:
		l.subject.Reconcile(*s)
	}
}

// certain reports whether a step must end well.
func (s *Step) certain() bool {
	return s.Trouble == None || s.Trouble == CutBefore || s.Trouble == CutAfter
}

func (l *Life) put(s *Step) {
	body := l.bodies[int(s.Body)%len(l.Bodies)]
	drop := l.Bucket.put(s.Key, body)
	l.promised = append(l.promised, promise{})
	l.pending = append(l.pending, drop)
	l.subject.Put(drop)
}

func (l *Life) remove(key uint8) {
	if drop := l.held(key); drop >= 0 {
		key = l.Drops[drop].Key
		l.current[key] = -1
		l.subject.Delete(key)
	}
}

// purgeNewest takes a version away that nobody has read: of others, rows are in the table, and the bucket alone
// would not tell what it must hold.
func (l *Life) purgeNewest(key uint8) {
	drop := from(key, func(key uint8) int {
		if newest := l.newest(key); newest >= 0 && !l.Drops[newest].Opened {
			return newest
		}
		return -1
	})
	if l.Versioned && drop >= 0 {
		l.purge(drop)
		l.subject.Purge(drop)
	}
}

// take takes a notice that is on its way.
func (l *Life) take(pick uint8) (drop int) {
	if len(l.pending) == 0 {
		return -1
	}
	i := int(pick) % len(l.pending)
	drop = l.pending[i]
	l.pending = append(l.pending[:i], l.pending[i+1:]...)
	l.past = append(l.past, drop)
	return drop
}

// Opening tells the life that a subject is about to open whatever a key holds, and Opened that it has opened a drop:
// whoever waits for that moment overwrites the key now.
func (l *Life) Opening(key uint8) {
	if l.arriving != nil && l.arriving.late() {
		l.arrive(key)
	}
}

// Opened is described with Opening.
func (l *Life) Opened(drop int) {
	l.Drops[drop].Opened = true
	if l.arriving != nil && !l.arriving.late() {
		l.arrive(l.Drops[drop].Key)
	}
}

func (l *Life) arrive(key uint8) {
	body := l.arriving.Body
	l.arriving = nil
	l.put(&Step{Key: key, Body: body})
}

// late is an overwrite that waits for the second of two runs, so that the first one may have looked at the key.
func (s *Step) late() bool { return s.Action == Twins && s.Pick&4 != 0 }

// Order is in which order two runs take their turns, a bit each; of nothing but zeros, one after the other.
func (s *Step) Order() uint64 { return (uint64(s.Pick) | uint64(s.At)<<3) * 0x9e3779b97f4a7c15 >> 16 }
