package dropzone

import (
	"testing"
	"time"
)

// Within one millisecond the number of older versions decides, of which delete markers are none.
func TestRankWithinAMillisecond(t *testing.T) {
	t.Parallel()
	at := func(ms int) time.Time { return time.Date(2026, 11, 23, 10, 0, 0, ms*1_000_000+123, time.UTC) }
	rank := RankWithinSecond
	for i, test := range []struct{ older, newer int32 }{
		{rank(at(0), 0), rank(at(0), 1)},
		{rank(at(0), 999_999), rank(at(1), 0)},
		{rank(at(998), 999_999), rank(at(999), 0)},
	} {
		if test.older >= test.newer || test.older < 0 {
			t.Errorf("case %d: %d is not before %d", i, test.older, test.newer)
		}
	}
}
