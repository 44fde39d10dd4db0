package crash

import (
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
)

// later is how many points of loops there are to one that dies at a later visit, too.
const later = 3

// choose picks the deaths of one seed, for each scenario: every point that any of them reaches, at its first visit and
// some of them at a later one. A point that several scenarios reach dies in share of them, in others with the next
// seed: after as many seeds as there are scenarios it has died in all.
func choose(visits []map[string]int, seed, share int, r *rand.Rand) [][]death {
	reached := map[string][]int{}
	for scenario, points := range visits {
		for point := range points {
			reached[point] = append(reached[point], scenario)
		}
	}
	chosen := make([][]death, len(visits))
	for n, point := range slices.Sorted(maps.Keys(reached)) {
		in := reached[point]
		for i := range min(share, len(in)) {
			scenario := in[(n+seed*share+i)%len(in)]
			chosen[scenario] = append(chosen[scenario], death{point, 1})
			if more := visits[scenario][point] - 1; more > 0 && r.IntN(later) == 0 {
				chosen[scenario] = append(chosen[scenario], death{point, 2 + r.IntN(more)})
			}
		}
	}
	return chosen
}

func TestEveryPointDiesInEveryScenarioThatReachesIt(t *testing.T) {
	t.Parallel()
	visits := []map[string]int{{"a": 1, "b": 9}, {"a": 1}, {"a": 2, "c": 1}}
	r := rand.New(rand.NewPCG(1, 1))
	total := make([]map[death]int, len(visits))
	for seed := range visits {
		points := map[string]bool{}
		for scenario, deaths := range choose(visits, seed, 1, r) {
			if total[scenario] == nil {
				total[scenario] = map[death]int{}
			}
			for _, d := range deaths {
				points[d.point] = true
				total[scenario][d]++
				if d.visit > visits[scenario][d.point] {
					t.Errorf("%v in scenario %d has only %d visits", d, scenario, visits[scenario][d.point])
				}
			}
		}
		if len(points) != 3 {
			t.Errorf("seed %d: points %v", seed, points)
		}
	}
	for scenario, points := range visits {
		for point := range points {
			if total[scenario][death{point, 1}] == 0 {
				t.Errorf("%s never died in scenario %d", point, scenario)
			}
		}
	}
}
