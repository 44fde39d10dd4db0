package dropzone

import (
	"context"
	"time"
)

// Rows is where a run's rows come from.
type Rows interface {
	// Next returns an event or a reject, valid until the following call; io.EOF at the end.
	Next() (*Event, *Reject, error)
	// Quality returns how often each rule was met; asked once after io.EOF.
	Quality() []QualityCount
}

// Run is one run of one object.
type Run struct {
	// ID is a UUID made for this run. The same ID again means that the outcome of the last try is unknown.
	ID     string
	Kind   Kind
	Object Object
	// Drop is the number of the drop that must be meant, where only that one will do; 0: any.
	Drop int32
	Rows Rows
	// Dialect is asked once after the rows' io.EOF.
	Dialect func() Dialect
	// Current looks up what the object's key holds now. It is asked where bytes can be replaced,
	// under a lock on the key. Nil: the object cannot be replaced while it is loaded.
	Current func(ctx context.Context) (Object, error)
	// Staged has the rows compared with what the table holds, even if they seem to be new.
	Staged bool
	// DryRun does everything and rolls back.
	DryRun bool
	// Started is when the run began, for its timings.
	Started time.Time
}

// Standing is what the ledger says of a version before it is opened.
type Standing struct {
	// State is that of a version that is loaded or parked, and else empty.
	State State
	// Misordered says that it was loaded with a lower VersionRank than it has by now.
	Misordered bool
	// Paused says that the pipeline is.
	Paused bool
}

// DueMark is where a page of due objects ends. Its zero value stands before the first page.
type DueMark struct {
	// Asked is when the first page was asked for, by the clock of the ledger.
	Asked *time.Time
	// Next is when the last object of the page was due, and ObjectID its number.
	Next     *time.Time
	ObjectID *int64
}

// Outcome says how a try ended that loaded nothing.
type Outcome struct {
	State  State // any but Loaded
	Reason Reason
	Hint   string
	Detail string // for people; without row content and secrets
	// Sample explains an object that is parked for having too many rejects.
	Sample []Reject
	// Retry is the delay before a failed object is due again, given the number of its failed tries.
	Retry func(attempts int) time.Duration
}
