package bench

import (
	"context"
	"time"
)

const (
	// poisonEvery makes 10 objects a second, so 1,000 rows.
	poisonEvery = 100 * time.Millisecond
	// goodPerPoison makes one object in ten poison.
	goodPerPoison = 9
)

// poisonBeside stores small objects at a steady rate, and by turns the same with objects beside them that cannot be read.
func poisonBeside(ctx context.Context, l *lab, r *Result) error {
	if l.minio == nil {
		return errNoNotices
	}
	p, remove, err := l.newPlace(ctx)
	if err != nil {
		return err
	}
	defer remove()
	m := &poisoned{place: p, made: map[string]poison{}}
	if err := m.prepare(); err != nil {
		return err
	}
	if err := p.serving(ctx, m.measure); err != nil {
		return err
	}
	m.report(r)
	return nil
}

// poisoned are latencies with and without poison.
type poisoned struct {
	*place

	warm  []drop
	pairs [][2][]drop       // without poison and with it
	made  map[string]poison // by key
	rows  int               // that must be there at the end

	stored int // poison objects so far

	clean, beside []sample
}

func (m *poisoned) prepare() (err error) {
	s, err := newSupply(m.Seed)
	if err != nil {
		return err
	}
	if m.warm, err = m.arm(s, 2*warmUp, true); err != nil {
		return err
	}
	for range m.Sizes.Runs {
		var pair [2][]drop
		for i := range pair {
			if pair[i], err = m.arm(s, m.Sizes.For/2, i == 1); err != nil {
				return err
			}
		}
		m.pairs = append(m.pairs, pair)
	}
	return nil
}

// arm makes the objects of one measurement. Poison comes at the very moment of a good object.
func (m *poisoned) arm(s *supply, length time.Duration, with bool) ([]drop, error) {
	good, err := s.drops(during(length, poisonEvery), smallRows, poisonEvery)
	if err != nil {
		return nil, err
	}
	m.rows += len(good) * smallRows
	var all []drop
	for i := range good {
		if with && i%goodPerPoison == goodPerPoison/2 { // so that short measurements have some, too
			bad, err := m.poison(s)
			if err != nil {
				return nil, err
			}
			bad.at = good[i].at
			all = append(all, bad)
		}
		all = append(all, good[i])
	}
	return all, nil
}

// measure takes the pairs, each arm as often first as second.
func (m *poisoned) measure(ctx context.Context) error {
	if _, err := m.take(ctx, m.warm); err != nil {
		return err
	}
	for i, pair := range m.pairs {
		var got [2]sample
		for _, arm := range []int{i % 2, 1 - i%2} {
			var err error
			if got[arm], err = m.take(ctx, pair[arm]); err != nil {
				return err
			}
		}
		m.clean, m.beside = append(m.clean, got[0]), append(m.beside, got[1])
		m.tell("poison %d of %d: p95 %.1f ms, without %.1f ms", i+1, len(m.pairs), got[1].at(0.95), got[0].at(0.95))
	}
	if err := m.ended(ctx); err != nil {
		return err
	}
	return m.exactly(ctx, m.rows)
}

// take measures one arm, and waits until all its poison has its outcome: none is at work in the next.
func (m *poisoned) take(ctx context.Context, drops []drop) (sample, error) {
	w, err := m.observe(ctx, drops, closeLook)
	if err != nil {
		return nil, err
	}
	for i := range drops {
		if drops[i].poison {
			m.stored++
		}
	}
	return w.latencies(), m.settled(ctx)
}

func (m *poisoned) report(r *Result) {
	with, without := shares(m.beside, 0.95), shares(m.clean, 0.95)
	r.add("p95 against the same without poison", "x", ratios(with, without), atMost(2, 1.2))
	r.addLatency("p95 with poison", m.beside, 0.95, nil)
	r.addLatency("p95 without", m.clean, 0.95, nil)
	r.addLatency("p50 with poison", m.beside, 0.5, nil)
	r.addLatency("p50 without", m.clean, 0.5, nil)
	r.add("poison objects", "objects", sample{float64(len(m.made))}, nil)
}
