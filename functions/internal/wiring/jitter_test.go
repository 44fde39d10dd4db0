package wiring

import (
	"testing"
	"time"
)

// Full jitter: any pause from nothing to the limit.
func TestJitterIsFull(t *testing.T) {
	t.Parallel()
	shortest, longest := time.Hour, time.Duration(0)
	for range 1_000 {
		pause := jitter(time.Minute)
		shortest, longest = min(shortest, pause), max(longest, pause)
	}
	if shortest < 0 || shortest > 6*time.Second || longest < 54*time.Second || longest >= time.Minute {
		t.Errorf("a thousand pauses below a minute: from %s to %s", shortest, longest)
	}
	if pause := jitter(0); pause != 0 {
		t.Errorf("no pause: %s", pause)
	}
}
