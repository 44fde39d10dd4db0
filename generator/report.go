package main

import (
	"fmt"
	"strings"
	"sync"
	"time"

	"eventdrop/generator/storefront"
)

// sums are what was dropped so far. It is safe for concurrent use.
type sums struct {
	mu      sync.Mutex
	objects int // all, also those whose key was taken
	taken   int
	rows    int
	spoilt  int // rows with a planted defect
	damaged int // objects with damage as a whole, and re-drops
	bytes   int
}

// add counts an object and returns how many there are now.
func (s *sums) add(o storefront.Object, taken bool) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.objects++
	s.rows += o.Truth.Rows
	s.bytes += len(o.Body)
	if taken {
		s.taken++
	}
	if o.Truth.Class != "" {
		s.damaged++
	}
	for i := range o.Truth.Lines {
		if o.Truth.Lines[i].Class != "" {
			s.spoilt++
		}
	}
	return s.objects
}

// report is the summary for the user.
func (s *sums) report(took time.Duration) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var text strings.Builder
	fmt.Fprintf(&text, "%d objects, %d rows, %.1f MB in %.1f s (%.1f objects/s, %.0f rows/s)", s.objects, s.rows,
		float64(s.bytes)/1e6, took.Seconds(), perSecond(s.objects, took), perSecond(s.rows, took))
	fmt.Fprintf(&text, "\n%d rows with a planted defect, %d objects damaged or dropped again", s.spoilt, s.damaged)
	if s.taken > 0 {
		fmt.Fprintf(&text, "\n%d keys existed already and were left as they are", s.taken)
	}
	return text.String()
}

func perSecond(n int, took time.Duration) float64 {
	if took <= 0 {
		return 0
	}
	return float64(n) / took.Seconds()
}
