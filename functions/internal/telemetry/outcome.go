package telemetry

import (
	"errors"
	"time"

	"eventdrop/functions/internal/dropzone"
)

// Outcome says what became of an object that was handled. It is the one sorting of receipts that all metrics share.
type Outcome string

// The outcomes.
const (
	Loaded        Outcome = "loaded"         // its rows are in the table now
	Parked        Outcome = "parked"         // it can never load as it is
	Failed        Outcome = "failed"         // a try that will be repeated
	Busy          Outcome = "busy"           // another loader held it, or its turn did not come
	Superseded    Outcome = "superseded"     // it was replaced before it could be read
	Gone          Outcome = "gone"           // it was deleted before it could be read
	SettledBefore Outcome = "settled_before" // it was announced once more; nothing was done
	Held          Outcome = "held"           // a pause holds it back
)

// Outcomes are all of them: a metric is written for each, so that an alarm on one of them sees zeros.
func Outcomes() []Outcome {
	return []Outcome{Loaded, Parked, Failed, Busy, Superseded, Gone, SettledBefore, Held}
}

// OutcomeOf sorts what [ingest.Pipeline.Handle] returned.
func OutcomeOf(r dropzone.Receipt, err error) Outcome {
	switch {
	case errors.Is(err, dropzone.ErrBusy):
		return Busy
	case errors.Is(err, dropzone.ErrPaused):
		return Held
	case err != nil:
		return Failed
	case r.Held:
		return Held
	case r.Already:
		return SettledBefore
	}
	switch r.State {
	case dropzone.Parked:
		return Parked
	case dropzone.Superseded:
		return Superseded
	case dropzone.Gone:
		return Gone
	default:
		return Loaded
	}
}

// Lag is the time from an object's last-modified, which has whole seconds, until now, when its load has ended.
func Lag(r dropzone.Receipt, now time.Time) time.Duration {
	return max(0, now.Sub(r.Object.LastModified))
}
