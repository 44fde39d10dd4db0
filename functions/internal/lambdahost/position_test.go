package lambdahost

import (
	"testing"

	"eventdrop/functions/internal/reconcile"
)

func TestTheNextSliceGoesOnWhereNothingIsLeftBehindUnlessThatIsNoProgress(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, after, through, compared, want string
	}{
		{"all ended well", "b", "f", "f", "f"},
		{"a load behind d was interrupted", "b", "d", "f", "d"},
		{"the first object does not load", "b", "b", "f", "f"},
		{"nothing was compared", "b", "b", "b", "b"},
		{"from the front", "", "", "c", "c"},
		{"it was over before it began", "b", "", "", "b"},
	}
	for _, test := range tests {
		if got := goOn(test.after, reconcile.Report{Through: test.through, Compared: test.compared}); got != test.want {
			t.Errorf("%s: got %q, want %q", test.name, got, test.want)
		}
	}
}
