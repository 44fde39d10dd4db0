package warehouse

import "testing"

// An attempt whose loader died says nothing more: unless it is due by itself, the object waits for ever.
func TestANotedAttemptIsDueWithinAMinute(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	for range 2 { // the first one, and one of a known object
		if _, err := h.NoteAttempt(t.Context(), object("a.csv")); err != nil {
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
