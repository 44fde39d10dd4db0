package storefront

import "time"

// What a shop remembers of its objects: enough to drop some of them again, never much memory.
const (
	rememberedObjects = 16
	rememberedBytes   = 4 << 20 // larger objects are not remembered
	futureHolds       = 30 * time.Minute
)

// remembered is an object that may be dropped again.
type remembered struct {
	body   []byte
	truth  Manifest
	future bool // it has rows that are in the future, but would not be if it were dropped hours later
}

// remember keeps a sound object and its sound rows.
func (s *Shop) remember(d *draft) {
	if d.truth.Class != "" {
		return
	}
	earlier := s.earlier[d.layout.version]
	if earlier == nil {
		earlier = new(ring)
		s.earlier[d.layout.version] = earlier
	}
	for i := range d.sound.rows {
		earlier.add(&d.sound.rows[i])
	}
	if len(d.body) <= rememberedBytes && s.options.Redrops > 0 {
		s.keep(remembered{body: d.body, truth: d.truth, future: d.future})
	}
}

func (s *Shop) keep(r remembered) {
	if len(s.dropped) == rememberedObjects {
		s.dropped = append(s.dropped[:0], s.dropped[1:]...)
	}
	s.dropped = append(s.dropped, r)
}

// redrop is the object class of re-drops. Where there is nothing to drop again, the object is an ordinary one.
func redrop(s *Shop, d *draft) error {
	var able []remembered
	for _, r := range s.dropped {
		if !r.future || d.at.Sub(r.truth.At) < futureHolds {
			able = append(able, r)
		}
	}
	if len(able) == 0 {
		d.truth.Class = ""
		return s.compose(d)
	}
	r := pick(d.rng, able)
	truth := r.truth
	truth.RedropOf, truth.Class = truth.Key, Redrop
	truth.At, truth.Sequence = d.truth.At, d.truth.Sequence
	d.body, d.truth = r.body, truth
	return nil
}
