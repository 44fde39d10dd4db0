package warehouse

import (
	"testing"
	"time"

	"eventdrop/functions/internal/dropzone"
)

// An attempt whose loader died says nothing more: unless it is due by itself, the object waits for ever.
func TestANotedAttemptIsDueWithinAMinute(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	for range 2 { // the first one, and one of a known object
		if err := h.NoteAttempt(t.Context(), object("a.csv")); err != nil {
			t.Fatal(err)
		}
		h.expect("true", "select next_attempt_at > now() and next_attempt_at <= clock_timestamp() + interval '1 minute' from objects")
		h.exec("update objects set next_attempt_at = null")
	}
}

// Versions may have equal bytes, and so equal ETags.
func TestAVersionIsMissingWhateverOtherVersionsOfItsKeyAre(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	loaded := object("a.csv")
	h.load(loaded, header+view(id1, "u"))
	next := loaded
	next.VersionID = "next"
	if h.missing(loaded) || !h.missing(next) {
		t.Errorf("missing: the loaded version %t, the next one %t", h.missing(loaded), h.missing(next))
	}
}

// R7: the database's clock was years ahead when an object failed, and was set right since. No pause is longer than a
// quarter of an hour, so this one ends at once.
func TestAClockThatJumpsBackHoldsNoFailedObjectBack(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	wait := func(delay time.Duration) dropzone.Outcome {
		return dropzone.Outcome{State: dropzone.Failed, Retry: func(int) time.Duration { return delay }}
	}
	h.record(object("waits.csv"), wait(15*time.Minute))
	h.record(object("ahead.csv"), wait(10*365*24*time.Hour))
	h.record(object("behind.csv"), wait(-10*365*24*time.Hour))
	due, err := h.due("", 10)
	if err != nil || len(due) != 2 || due[0].Key != "behind.csv" || due[1].Key != "ahead.csv" {
		t.Errorf("due %v, %v", due, err)
	}
}
