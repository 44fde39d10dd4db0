package lambdahost

import "fmt"

// The errors of an invocation. Lambda reports the name of an error's type, and an alarm can ask for it.

// NotReadyError says that PostgreSQL or the settings' other parts cannot be used.
type NotReadyError struct{ Err error }

func (e *NotReadyError) Error() string { return "not ready: " + e.Err.Error() }

func (e *NotReadyError) Unwrap() error { return e.Err }

func unready(err error) error {
	if err == nil {
		return nil
	}
	return &NotReadyError{Err: err}
}

// NotLoadedError says that some objects of a notification were not loaded: it must be sent again.
type NotLoadedError struct {
	Failed, Of int
	Err        error // of the first one
}

func (e *NotLoadedError) Error() string {
	return fmt.Sprintf("%d of %d objects were not loaded, the first: %v", e.Failed, e.Of, e.Err)
}

func (e *NotLoadedError) Unwrap() error { return e.Err }

// ReconcileError says that a reconcile could not compare the bucket with the ledger.
type ReconcileError struct{ Err error }

func (e *ReconcileError) Error() string { return e.Err.Error() }

func (e *ReconcileError) Unwrap() error { return e.Err }

// MalformedNoticeError says that a notification as a whole could not be understood. To send it again will not help.
type MalformedNoticeError struct{ Err error }

func (e *MalformedNoticeError) Error() string { return e.Err.Error() }

func (e *MalformedNoticeError) Unwrap() error { return e.Err }
