package bench

import (
	"context"
	"fmt"
	"time"
)

const (
	// enough is the share of what is offered that must be sustained, or the rate is too high.
	enough = 0.9
	// storable is the share that must have been stored, or the report says how much was: then the store was the limit, not the loader.
	storable = 0.95
	// largerFrom is the rate from which objects have more rows, as producers in a hurry write them: the store is not what is measured.
	largerFrom = 5_000
	largerRows = 500
)

// saturation offers more and more rows a second, until they are too many.
func saturation(ctx context.Context, l *lab, r *Result) error {
	if l.minio == nil {
		return errNoNotices
	}
	m := &saturated{lab: l}
	for _, offered := range l.Sizes.Offered {
		s, err := m.step(ctx, offered)
		if err != nil {
			return fmt.Errorf("%d rows/s: %w", offered, err)
		}
		m.steps = append(m.steps, s)
		l.tell("saturation at %d rows/s: stored %.0f, sustained %.0f", offered, s.stored, s.sustained)
		if s.sustained < enough*s.offered {
			break
		}
	}
	m.report(r)
	if m.lost != 0 || m.doubled != 0 {
		return fmt.Errorf("%d rows were lost and %d came twice", m.lost, m.doubled)
	}
	return nil
}

// saturated is what came of all rates.
type saturated struct {
	*lab

	steps         []offering
	lost, doubled int64
}

// offering is one rate and what came of it, in rows a second. Each counts from the first upload's begin: stored until the last one's
// answer, sustained until the last row was visible, and none before its time.
type offering struct{ offered, stored, sustained float64 }

// step offers rows to a new loader, in a bucket of its own: at its start it would load all that it finds in another's.
func (m *saturated) step(ctx context.Context, offered int) (s offering, err error) {
	p, remove, err := m.newPlace(ctx)
	if err != nil {
		return s, err
	}
	defer remove()
	rows := smallRows
	if offered >= largerFrom {
		rows = largerRows
	}
	every := time.Second * time.Duration(rows) / time.Duration(offered)
	supply, err := newSupply(m.Seed)
	if err != nil {
		return s, err
	}
	length := max(m.Sizes.For/3, 3*time.Second)
	drops, err := supply.drops(during(length, every), rows, every)
	if err != nil {
		return s, err
	}
	err = p.serving(ctx, func(ctx context.Context) error {
		w, err := p.observe(ctx, drops, wideLook)
		if err != nil {
			return err
		}
		s = newOffering(float64(offered), float64(len(drops)*rows), time.Duration(len(drops))*every, w)
		return m.count(ctx, p, len(drops)*rows)
	})
	return s, err
}

func newOffering(offered, rows float64, window time.Duration, w *watcher) offering {
	stored, visible := w.ends()
	return offering{offered, rows / seconds(max(stored, window)), rows / seconds(max(visible, window))}
}

// count adds up what is wrong in the tables.
func (m *saturated) count(ctx context.Context, p *place, rows int) error {
	lost, doubled, err := p.wrong(ctx, rows)
	m.lost, m.doubled = m.lost+lost, m.doubled+doubled
	return err
}

func (m *saturated) report(r *Result) {
	r.add("rows lost", "rows", sample{float64(m.lost)}, atMost(0, 0))
	r.add("rows that came twice", "rows", sample{float64(m.doubled)}, atMost(0, 0))
	var highest float64
	var offered, sustained [][2]float64
	for _, s := range m.steps {
		highest = max(highest, s.sustained)
		offered, sustained = append(offered, [2]float64{s.stored, s.stored}), append(sustained, [2]float64{s.stored, s.sustained})
	}
	r.add("highest rate that was sustained", "rows/s", sample{highest}, nil)
	for _, s := range m.steps {
		r.add("sustained of "+quantity(s.offered)+" rows/s", "rows/s", sample{s.sustained}, nil)
		if s.stored < storable*s.offered {
			r.add("no more was stored of "+quantity(s.offered)+" rows/s than", "rows/s", sample{s.stored}, nil)
		}
	}
	r.Plots = append(r.Plots, Plot{
		Name: "saturation", Title: "Offered and sustained rows a second",
		X: Axis{Label: "rows stored a second", Log: true}, Y: Axis{Label: "rows visible a second", Log: true},
		Curves: []Curve{{"eventdrop", sustained}, {"as many as were stored", offered}},
	})
}
