package bench

import (
	"maps"
	"slices"
)

// report tells what grew, comparing the last third of the soak with the first.
func (s *soaking) report(r *Result) {
	if len(s.rounds) < soakRounds { // it was interrupted
		return
	}
	third := len(s.rounds) / 3
	first, last := s.rounds[:third], s.rounds[len(s.rounds)-third:]
	growth := func(of func(*soakState) float64) sample {
		return sample{seriesOf(last, of).median() / max(1e-9, seriesOf(first, of).median())}
	}
	r.add("memory, last third against first", "x", growth(func(s *soakState) float64 { return s.memory }), atMost(1.25, 1.1))
	r.add("goroutines, last third against first", "x", growth(func(s *soakState) float64 { return s.goroutines }), atMost(1.25, 1.1))
	r.add("catalogue, last third against first", "x", growth(func(s *soakState) float64 { return s.catalogue }), atMost(1.25, 1.1))
	r.add("rows loaded", "rows", sample{float64(s.rows)}, nil)
	for _, fault := range slices.Sorted(maps.Keys(s.faults)) {
		r.add(fault, "times", sample{float64(s.faults[fault])}, nil)
	}
	r.add("p50 of a round", "ms", seriesOf(calm(s.rounds), func(s *soakState) float64 { return s.p50 }), nil)
	r.add("p99 of a round", "ms", seriesOf(calm(s.rounds), func(s *soakState) float64 { return s.p99 }), nil)
	r.add("memory", "MiB", seriesOf(s.rounds, func(s *soakState) float64 { return s.memory }), nil)
	r.add("goroutines", "", seriesOf(s.rounds, func(s *soakState) float64 { return s.goroutines }), nil)
	r.add("connections", "", seriesOf(s.rounds, func(s *soakState) float64 { return s.connections }), nil)
	r.add("table and indexes", "bytes a row", seriesOf(s.rounds, func(s *soakState) float64 { return s.bytesPerRow }), nil)
	r.add("dead rows in all tables", "rows", seriesOf(s.rounds, func(s *soakState) float64 { return s.dead }), nil)
	r.add("catalogue", "MiB", seriesOf(s.rounds, func(s *soakState) float64 { return s.catalogue }), nil)
	s.plots(r)
}

// calm are the rounds without a fault.
func calm(rounds []soakState) []soakState {
	return slices.DeleteFunc(slices.Clone(rounds), func(s soakState) bool { return s.fault != "" })
}

func seriesOf(rounds []soakState, of func(*soakState) float64) sample {
	all := make(sample, len(rounds))
	for i := range rounds {
		all[i] = of(&rounds[i])
	}
	return all
}

func (s *soaking) plots(r *Result) {
	over := func(name string, of func(*soakState) float64) Curve {
		c := Curve{Name: name}
		for i := range s.rounds {
			c.XY = append(c.XY, [2]float64{s.rounds[i].minutes, of(&s.rounds[i])})
		}
		return c
	}
	minutes := Axis{Label: "minutes"}
	r.Plots = append(r.Plots,
		Plot{Name: "soak_latency", Title: "Latency at 10 objects a second, with faults", X: minutes, Y: Axis{Label: "ms", Log: true}, Curves: []Curve{
			over("p50", func(s *soakState) float64 { return max(0.1, s.p50) }), over("p99", func(s *soakState) float64 { return max(0.1, s.p99) }),
		}},
		Plot{Name: "soak_loader", Title: "What the loader holds", X: minutes, Y: Axis{Label: "MiB; number"}, Curves: []Curve{
			over("resident memory", func(s *soakState) float64 { return s.memory }), over("goroutines", func(s *soakState) float64 { return s.goroutines }), over("connections", func(s *soakState) float64 { return s.connections }),
		}},
		Plot{Name: "soak_database", Title: "What the database holds", X: minutes, Y: Axis{Label: "bytes a row; MiB"}, Curves: []Curve{
			over("table and indexes, bytes a row", func(s *soakState) float64 { return s.bytesPerRow }), over("catalogue, MiB", func(s *soakState) float64 { return s.catalogue }),
		}})
}
