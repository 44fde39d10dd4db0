package main

import (
	"cmp"
	"fmt"
	"io"
	"strings"
	"time"

	"eventdrop/functions/internal/dropzone"
)

func byCount(a, b dropzone.ReasonCount) int {
	return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Reason, b.Reason), cmp.Compare(a.Column, b.Column))
}

// showProgress shows the meter until the returned function is called: a block that renews itself on
// a terminal, and elsewhere a line every five seconds.
func showProgress(w io.Writer, m *meter) (stop func()) {
	screen := &screen{w: w, live: terminal(w)}
	every := 5 * time.Second
	if screen.live {
		every = time.Second
	}
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		ticker := time.NewTicker(every)
		defer ticker.Stop()
		for {
			select {
			case <-ticker.C:
				screen.show(m.read())
			case <-done:
				screen.show(m.read())
				return
			}
		}
	}()
	return func() {
		close(done)
		<-ended
	}
}

// screen shows readings one after the other.
type screen struct {
	w     io.Writer
	live  bool
	lines int // of the block on the terminal
	last  reading
}

func (s *screen) show(r reading) {
	seconds := (r.elapsed - s.last.elapsed).Seconds()
	// Lines stay below 80 columns: a wrapped line could not be cleared.
	text := fmt.Sprintf("%4.0f s  %7d objects (%.0f/s)  %9d rows (%.0f/s)  backlog %d  parked %d\n        visible after p50 %.1f ms, p99 %.1f ms\n",
		r.elapsed.Seconds(), r.objects, float64(r.objects-s.last.objects)/seconds,
		r.books.RowsRead, float64(r.books.RowsRead-s.last.books.RowsRead)/seconds, r.backlog, r.parked, ms(r.p50), ms(r.p99))
	if s.live {
		text += rejectLines(r.rejects)
		fmt.Fprint(s.w, strings.Repeat("\x1b[1A\x1b[2K", s.lines)) // up one line, and clear it
		s.lines = strings.Count(text, "\n")
	} else {
		text += rejectSummary(r.rejects)
	}
	fmt.Fprint(s.w, text)
	s.last = r
}

func rejectLines(rejects []dropzone.ReasonCount) string {
	var b strings.Builder
	for _, r := range rejects {
		fmt.Fprintf(&b, "        rejected %7d  %s %s\n", r.Count, r.Reason, r.Column)
	}
	return b.String()
}

func rejectSummary(rejects []dropzone.ReasonCount) string {
	var parts []string
	for _, r := range rejects {
		parts = append(parts, fmt.Sprintf("%s/%s %d", r.Reason, r.Column, r.Count))
	}
	if len(parts) == 0 {
		return ""
	}
	return "        rejected: " + strings.Join(parts, ", ") + "\n"
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
