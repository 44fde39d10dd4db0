package bench

import (
	"testing"
	"time"
)

// In the shortest soak the loader is killed once, and nothing is lost or comes twice by it; else it would fail.
func TestSoak(t *testing.T) { //nolint:paralleltest // loaders listen at one address
	testLab(t).Sizes.Soak = soakRounds * time.Second
	r := measured(t, "soak")
	wantFigures(t, r,
		"memory, last third against first", "goroutines, last third against first", "catalogue, last third against first", "rows loaded",
		"loader killed", "p50 of a round", "p99 of a round", "memory", "goroutines", "connections", "table and indexes", "dead rows in all tables", "catalogue")
	if r.Figures[3].Value != soakRounds*10*smallRows || r.Figures[4].Value != 1 {
		t.Errorf("rows %v, kills %v", r.Figures[3].Value, r.Figures[4].Value)
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
	for i, want := range []string{"loader killed", "sessions ended", "loader killed", "loader killed", "sessions ended", "loader killed"} {
		if names[i] != want {
			t.Errorf("fault %d is %s, want %s", i, names[i], want)
		}
	}
}

// Faulty rounds do not count where calm ones are meant.
func TestCalmRounds(t *testing.T) {
	t.Parallel()
	rounds := []soakState{{p50: 1}, {p50: 900, fault: "loader killed"}, {p50: 3}}
	if got := seriesOf(calm(rounds), func(s *soakState) float64 { return s.p50 }).median(); got != 2 {
		t.Errorf("median %v", got)
	}
}
