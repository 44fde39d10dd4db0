package dropzone

import (
	"errors"
	"fmt"
)

// A run ends in one of three ways: rows and rejects (a [Receipt]), an [UnreadableError] (the
// object is parked), or any other error (the object is tried again). Unknown never means bad input.

var (
	// ErrSuperseded says that the key holds other bytes than the ones asked for.
	ErrSuperseded = errors.New("object was replaced by newer bytes")
	// ErrGone says that the object does not exist any more.
	ErrGone = errors.New("object does not exist any more")
	// ErrBusy says that another loader holds the object, or that its turn has not come; nothing was recorded.
	ErrBusy = errors.New("object is busy")
	// ErrPaused says that the pipeline is paused, so that nothing is loaded that no person asked for.
	ErrPaused = errors.New("the pipeline is paused")
	// ErrStage says that rows which seemed new are not: the run must be tried again with Staged set.
	ErrStage = errors.New("some rows have keys that are there already")
	// ErrCommitUnknown says that the connection died during COMMIT. The same run must be tried
	// again: the claim then says what happened.
	ErrCommitUnknown = errors.New("outcome of the commit is unknown")
)

// UnreadableError says that an object can never load as it is. It is parked with this
// reason and hint, and acknowledged.
type UnreadableError struct {
	Reason Reason
	// Hint is the next step for the one who dropped the object.
	Hint string
	// Sample holds the first rejects of an object that has too many; nil otherwise.
	Sample []Reject
	// Err is the cause; it may be nil.
	Err error
}

func (e *UnreadableError) Error() string {
	if e.Err == nil {
		return fmt.Sprintf("unreadable object: %s", e.Reason)
	}
	return fmt.Sprintf("unreadable object: %s: %v", e.Reason, e.Err)
}

func (e *UnreadableError) Unwrap() error { return e.Err }
