package bench

import (
	"context"
	"time"
)

// latencyEvery makes 20 objects a second.
const latencyEvery = 50 * time.Millisecond

// warmUp lets connections, statements and caches of a loader become what they are after a while.
const warmUp = time.Second

// latency stores small objects at a steady rate, and takes by turns what such an object must take at least.
func latency(ctx context.Context, l *lab, r *Result) error {
	if l.minio == nil {
		return errNoNotices
	}
	p, remove, err := l.newPlace(ctx)
	if err != nil {
		return err
	}
	defer remove()
	m := &latencies{place: p}
	if err := m.prepare(ctx); err != nil {
		return err
	}
	defer m.least.close()
	if err := p.serving(ctx, m.measure); err != nil {
		return err
	}
	m.report(r)
	return nil
}

// latencies are measured turn by turn.
type latencies struct {
	*place

	warm  []drop
	turns [][]drop
	least *leastLatency

	ours, floor []sample
}

func (m *latencies) prepare(ctx context.Context) error {
	s, err := newSupply(m.Seed)
	if err != nil {
		return err
	}
	if m.warm, err = s.drops(during(warmUp, latencyEvery), smallRows, latencyEvery); err != nil {
		return err
	}
	n := during(m.Sizes.For/time.Duration(m.Sizes.Runs), latencyEvery)
	for range m.Sizes.Runs {
		turn, err := s.drops(n, smallRows, latencyEvery)
		if err != nil {
			return err
		}
		m.turns = append(m.turns, turn)
	}
	m.least, err = m.newLeastLatency(ctx)
	return err
}

func (m *latencies) measure(ctx context.Context) error {
	if _, err := m.observe(ctx, m.warm, closeLook); err != nil {
		return err
	}
	for i, turn := range m.turns {
		w, err := m.observe(ctx, turn, closeLook)
		if err != nil {
			return err
		}
		floor, err := m.least.measure(ctx, turn[:max(1, len(turn)/3)])
		if err != nil {
			return err
		}
		m.ours, m.floor = append(m.ours, w.latencies()), append(m.floor, floor)
		m.tell("latency %d of %d: p50 %.1f ms, floor %.1f ms", i+1, len(m.turns), m.ours[i].at(0.5), floor.at(0.5))
	}
	return m.exactly(ctx, (len(m.warm)+len(m.turns)*len(m.turns[0]))*smallRows)
}

func (m *latencies) report(r *Result) {
	r.addLatency("p50", m.ours, 0.5, atMost(20, 8))
	r.addLatency("p99", m.ours, 0.99, atMost(100, 30))
	r.addLatency("p95", m.ours, 0.95, nil)
	r.addLatency("p50 of the floor", m.floor, 0.5, nil)
	r.addLatency("p99 of the floor", m.floor, 0.99, nil)
	r.add("p50 against the floor", "x", ratios(shares(m.ours, 0.5), shares(m.floor, 0.5)), nil)
	r.Plots = append(r.Plots, Plot{
		Name: "latency", Title: "Latency at 20 objects a second, 100 rows each",
		X: Axis{Label: "share of the objects"}, Y: Axis{Label: "at most, ms", Log: true},
		Curves: []Curve{{"PUT answered to rows visible", distribution(m.ours)}, {"two fsyncs and one GET", distribution(m.floor)}},
	})
}

// distribution is the milliseconds below which each share lies, for a logarithmic axis: what took less than 0.1 ms is drawn there.
func distribution(turns []sample) [][2]float64 {
	all := pooled(turns)
	const steps = 200
	xy := make([][2]float64, 0, steps)
	for i := 1; i <= steps; i++ {
		share := float64(i) / steps
		xy = append(xy, [2]float64{share, max(0.1, all.at(share))})
	}
	return xy
}
