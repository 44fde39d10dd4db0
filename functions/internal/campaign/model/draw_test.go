package model

import (
	"testing"
)

func BenchmarkDraw(b *testing.B) {
	draws := Draws()
	b.ReportAllocs()
	steps := 0
	i := 0
	for b.Loop() {
		s := draws.Example(i)
		steps += len(s.Steps)
		i++
	}
	b.ReportMetric(float64(steps)/float64(i), "steps")
}
