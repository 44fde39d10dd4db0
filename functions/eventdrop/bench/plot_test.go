package bench

import (
	"math"
	"testing"
)

// The legend has its room above the highest value, on both kinds of axis.
func TestRoomForTheLegend(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		low, high, part float64
		log             bool
		want            float64
	}{
		{0, 90, 0.1, false, 100},
		{-10, 80, 0.1, false, 90},
		{1, 100, 0.5, true, 10_000},
	} {
		if got := above(test.low, test.high, test.part, test.log); math.Abs(got-test.want) > 1e-6 {
			t.Errorf("above %+v: got %v", test, got)
		}
	}
}
