package storefront

import "math/rand/v2"

// newRand is the generator of everything random in one object (or in the catalogue).
func newRand(seed, sequence uint64) *rand.Rand {
	return rand.New(rand.NewPCG(seed, sequence)) //nolint:gosec // the same seed must give the same bytes
}

// pick is one of the items, each as likely as the others.
func pick[T any](rng *rand.Rand, items []T) T { return items[rng.IntN(len(items))] }

// chance is true with probability p.
func chance(rng *rand.Rand, p float64) bool { return rng.Float64() < p }

// odds draws items with given rates.
type odds[T any] struct {
	items []T
	rates []float64
	sum   float64
}

// add gives the item a rate; an item without a rate is never drawn.
func (o *odds[T]) add(item T, rate float64) {
	if rate <= 0 {
		return
	}
	o.items, o.rates, o.sum = append(o.items, item), append(o.rates, rate), o.sum+rate
}

// draw returns each item with its rate, and nothing (false) for what is missing to 1.
func (o *odds[T]) draw(rng *rand.Rand) (T, bool) { return o.at(rng.Float64()) }

// choose always returns an item, as often as its rate's share of all rates.
func (o *odds[T]) choose(rng *rand.Rand) T {
	// Rounded explicitly: fused with the subtraction that follows, some processors would give other bytes.
	if item, ok := o.at(float64(rng.Float64() * o.sum)); ok {
		return item
	}
	return o.items[len(o.items)-1] // rounding, at the very end of the range
}

func (o *odds[T]) at(x float64) (T, bool) {
	if x < o.sum {
		for i, rate := range o.rates {
			if x -= rate; x < 0 {
				return o.items[i], true
			}
		}
	}
	var none T
	return none, false
}
