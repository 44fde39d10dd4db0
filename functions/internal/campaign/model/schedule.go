// Package model is the promise of exactly once as a pure model: schedules of what may happen between a bucket
// and its table, drawn by pgregory.net/rapid, and the oracle that says what the table must then be.
//
// A [Schedule] is plain data over a tiny universe, so that collisions are the rule. [Run] has a [Subject]
// live through one; [Judge] compares what became of it with a fold over the bucket's contents. The subject of this
// package's tests is a system in memory that follows the rules of docs/ledger.md, each of which can be switched off;
// the subjects of package schedule are the real ones.
package model

// The universe.
const (
	Keys  = 3 // keys of the bucket
	Times = 4 // event times
	IDs   = 6 // event ids; 0 stands for none

	maxBodies = 4
	maxRows   = 6
	maxSteps  = 24
	values    = 3
)

// MaxRejected is how many rejects the contract bears; more park the object.
const MaxRejected = 2

// Schedule is what happens to one bucket.
type Schedule struct {
	// Versioned keeps every version of a key; else its bytes are replaced.
	Versioned bool
	// ByEventTime has the contract name a column for recency; else last-modified decides.
	ByEventTime bool
	// Bodies are what objects may hold. Few, so that equal bytes come again, at one key and at several.
	Bodies []Body
	Steps  []Step
}

// Body is the content of an object.
type Body struct {
	Unreadable bool
	Rows       []Row
}

// Row is one record.
type Row struct {
	ID    uint8 // 0: none, so that its key is derived
	Time  uint8
	Value uint8
	Fault Fault
}

// Fault is what is wrong with a record.
type Fault uint8

// Faults.
const (
	Sound    Fault = iota
	Fixable        // refused by the contract's first revision, accepted by its second
	Hopeless       // refused by both
	faults
)

// Accepted reports whether the contract accepts the record.
func (r Row) Accepted(revision int32) bool {
	return r.Fault == Sound || r.Fault == Fixable && revision >= 2
}

// Loadable reports whether an object with this body can be loaded, and is not parked.
func (b Body) Loadable(revision int32) bool {
	rejected := 0
	for _, row := range b.Rows {
		if !row.Accepted(revision) {
			rejected++
		}
	}
	return !b.Unreadable && rejected <= MaxRejected
}

// Step is one thing that happens.
type Step struct {
	Action  Action
	Key     uint8   // of what is put; from which on to look for what to delete, purge, replay or redrive
	Body    uint8   // what is put, also in the middle of a run
	Pick    uint8   // which of the notices or versions that there are, and how two runs interleave
	Trouble Trouble // of a run
	At      uint8   // at which message the loader crashes; more of how two runs interleave
}

// Action is a kind of step.
type Action uint8

// Actions. Where a key has nothing to delete, purge, replay or redrive, the next one is taken; where none has, nothing is done.
const (
	Put            Action = iota // an upload, or an overwrite
	Deliver                      // any notice that is on its way
	Again                        // a notice that was delivered or lost before
	Reconcile                    //
	Tick                         // the clock of the store goes on; without it, puts are of one second
	Twins                        // a notice, delivered twice at once
	Lose                         // a notice
	Replay                       // a version; where bytes are replaced, what the key holds
	Redrive                      // the quarantined rows of the newest drop of a key
	Raise                        // the contract's revision
	Delete                       // what a key holds: a delete marker where there are versions
	Purge                        // the newest version of a key for ever, where nobody has read it
	ReconcileTwice               // two at once
	Restart                      // of the database
	actions
)

// Trouble is what goes wrong in a run.
type Trouble uint8

// Troubles.
const (
	None       Trouble = iota
	Crash              // the loader dies at a message to the database
	CutBefore          // the connection is cut at COMMIT, before it takes effect
	CutAfter           // the same, after it took effect
	Overwrite          // the key is overwritten while the object is loaded
	StoreFails         // the store fails to answer once
	troubles
)
