package bench

import (
	"slices"
	"time"
)

// sample is what was measured several times.
type sample []float64

// at returns the value below which a share p of all lies: the nearest rank, so always one that was measured.
func (s sample) at(p float64) float64 {
	if len(s) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(s))
	rank := int(p*float64(len(sorted)) + 0.999999999)
	return sorted[min(max(rank, 1), len(sorted))-1]
}

// median is the middle one; of an even number the mean of the two in the middle.
func (s sample) median() float64 {
	if len(s) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(s))
	return (sorted[(len(sorted)-1)/2] + sorted[len(sorted)/2]) / 2
}

// ratios divides each by its neighbour in time.
func ratios(ours, floor sample) sample {
	r := make(sample, min(len(ours), len(floor)))
	for i := range r {
		r[i] = ours[i] / floor[i]
	}
	return r
}

// pooled are the measurements of all turns together.
func pooled(turns []sample) sample { return slices.Concat(turns...) }

// shares are the values below which a share of each turn lies.
func shares(turns []sample, share float64) sample {
	each := make(sample, len(turns))
	for i := range turns {
		each[i] = turns[i].at(share)
	}
	return each
}

func seconds(d time.Duration) float64      { return d.Seconds() }
func milliseconds(d time.Duration) float64 { return d.Seconds() * 1000 }

// times multiplies each by a factor.
func (s sample) times(factor float64) sample {
	scaled := make(sample, len(s))
	for i := range s {
		scaled[i] = s[i] * factor
	}
	return scaled
}

// differences subtracts from each its neighbour in time.
func differences(ours, floor sample) sample {
	d := make(sample, min(len(ours), len(floor)))
	for i := range d {
		d[i] = ours[i] - floor[i]
	}
	return d
}
