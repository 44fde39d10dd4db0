package storefront

import "math/rand/v2"

// owedLimit bounds how many planned defects wait for a row that fits.
const owedLimit = 1000

// ring remembers the last few rows.
type ring struct {
	rows []row
	next int
}

// ringSize is how many rows a ring remembers.
const ringSize = 64

func (g *ring) add(r *row) {
	if len(g.rows) < ringSize {
		g.rows = append(g.rows, *r)
		return
	}
	g.rows[g.next] = *r
	g.next = (g.next + 1) % ringSize
}

func (g *ring) pick(rng *rand.Rand) (row, bool) {
	if g == nil || len(g.rows) == 0 {
		return row{}, false
	}
	return pick(rng, g.rows), true
}

// row is the next row of the object: a repeated one, or the next step of a shopper, sound or spoilt.
func (s *Shop) row(d *draft) row {
	c, _ := d.sheet.defects.draw(d.rng)
	if c != nil && c.repeat != nil {
		if r, ok := c.repeat(d, s).pick(d.rng); ok {
			r.class = c.name
			return r
		}
		c = nil // nothing to repeat yet
	}
	who, did := s.crowd.next(d.rng)
	r := newRow(d.rng, d.layout, who, did, d.when())
	if c = s.due(c, &r, d.layout); c != nil {
		r.class = c.name
		c.plant(&r, d)
	}
	r.judge()
	return r
}

// due decides which defect the row gets. One that does not fit waits for the first row that it fits, so that a rate
// is a share of all rows, also for defects that only few rows can have.
func (s *Shop) due(drawn *class, r *row, l *layout) *class {
	if drawn != nil && drawn.possible(r, l) {
		return drawn
	}
	if drawn != nil && len(s.owed) < owedLimit {
		s.owed = append(s.owed, drawn)
	}
	for i, c := range s.owed {
		if c.possible(r, l) {
			s.owed = append(s.owed[:i], s.owed[i+1:]...)
			return c
		}
	}
	return nil
}
