package embedded

import (
	"bytes"
	"errors"
	"testing"
)

func TestAStepIsOneLineUnlessOnATerminal(t *testing.T) {
	t.Parallel()
	var told bytes.Buffer
	broken := errors.New("broken")
	if err := (progress{&told}).step("building", func() error { return broken }); !errors.Is(err, broken) {
		t.Errorf("error is %v, want that of the work", err)
	}
	if told.String() != "building\n" {
		t.Errorf("told %q", told.String())
	}
	if err := (progress{}).step("building", func() error { return nil }); err != nil {
		t.Errorf("without a writer: %v", err)
	}
}
