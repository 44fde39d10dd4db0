package bench

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"
)

// In the shortest soak each fault comes once, and nothing is lost or comes twice by it; else it would fail.
func TestSoak(t *testing.T) { //nolint:paralleltest // loaders listen at one address
	testLab(t).Sizes.Soak = soakRounds * time.Second
	r := measured(t, "soak")
	wantFigures(t, r,
		"memory, last third against first", "goroutines, last third against first", "catalogue, last third against first", "rows loaded",
		"database restarted", "sessions ended", "unreadable objects",
		"p50 of a round", "p99 of a round", "memory", "goroutines", "connections", "table and indexes", "dead rows in all tables", "catalogue")
	if rows, faults := r.Figures[3].Value, []float64{r.Figures[4].Value, r.Figures[5].Value, r.Figures[6].Value}; rows != soakRounds*10*smallRows || !slices.Equal(faults, []float64{1, 1, 1}) {
		t.Errorf("rows %v, faults %v", rows, faults)
	}
	if len(r.Plots) != 3 || len(r.Plots[0].Curves[0].XY) != soakRounds {
		t.Errorf("plots %+v", r.Plots)
	}
}

// The faults take turns; what is somebody else's is not restarted.
func TestFaultsOfASoakTakeTurns(t *testing.T) {
	t.Parallel()
	s := &soaking{place: &place{lab: &lab{}}, faults: map[string]int{}}
	var names []string
	for range 6 {
		name, _ := s.nextFault()
		names = append(names, name)
	}
	for i, want := range []string{"sessions ended", "unreadable objects", "sessions ended", "sessions ended", "unreadable objects", "sessions ended"} {
		if names[i] != want {
			t.Errorf("fault %d is %s, want %s", i, names[i], want)
		}
	}
}

// Faulty rounds do not count where calm ones are meant.
func TestCalmRounds(t *testing.T) {
	t.Parallel()
	rounds := []soakState{{p50: 1}, {p50: 900, fault: "sessions ended"}, {p50: 3}}
	if got := seriesOf(calm(rounds), func(s *soakState) float64 { return s.p50 }).median(); got != 2 {
		t.Errorf("median %v", got)
	}
}

// The unreadable objects of a soak are such.
func TestUnreadableObjectsOfASoakArePoison(t *testing.T) { //nolint:paralleltest // loaders listen at one address
	l := testLab(t)
	p, remove, err := l.newPlace(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer remove()
	s := &soaking{place: p}
	err = p.serving(t.Context(), func(ctx context.Context) error {
		if err := s.dropUnreadable(ctx); err != nil {
			return err
		}
		return (&poisoned{place: p, stored: s.unreadable}).settled(ctx)
	})
	if err == nil {
		err = s.parked(t.Context())
	}
	if err != nil || s.unreadable != 3 {
		t.Errorf("%d objects: %v", s.unreadable, err)
	}
	s.unreadable++
	if err := s.parked(t.Context()); err == nil || !strings.Contains(err.Error(), "of 4 unreadable objects 3 are parked") {
		t.Errorf("one is not parked: %v", err)
	}
}
