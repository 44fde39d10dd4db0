package bench

import (
	"context"
	"fmt"
	"time"
)

// backlog lets objects wait and then drains them with `eventdrop reconcile`, by turns with the same merges fed from memory. The loader
// has as many workers as the settings say, which is 4 where they say nothing, and the floor as many connections.
func backlog(ctx context.Context, l *lab, r *Result) error {
	p, remove, err := l.newPlace(ctx)
	if err != nil {
		return err
	}
	defer remove()
	if err := p.fillBacklog(ctx); err != nil {
		return err
	}
	if _, err := p.drain(ctx); err != nil { // the first is for what the floor is fed with
		return err
	}
	merges, err := p.rememberMerges(ctx)
	if err != nil {
		return err
	}
	var ours, floor, cpu sample
	for i := range l.Sizes.Runs {
		merged, err := p.mergeAgain(ctx, merges)
		if err != nil {
			return err
		}
		used, err := p.drain(ctx)
		if err != nil {
			return err
		}
		floor, ours, cpu = append(floor, seconds(merged)), append(ours, seconds(used.wall)), append(cpu, seconds(used.cpu))
		l.tell("backlog %d of %d: %.2f s, floor %.2f s", i+1, l.Sizes.Runs, ours[i], floor[i])
	}
	speed := rate(l.Sizes.Backlog, ours)
	r.add("speed against the floor", "x", ratios(speed, rate(l.Sizes.Backlog, floor)), atLeast(0.5, 0.8))
	r.add("objects a second", "objects/s", speed, nil)
	r.add("rows a second", "rows/s", rate(l.Sizes.Backlog*smallRows, ours), nil)
	r.add("floor", "objects/s", rate(l.Sizes.Backlog, floor), nil)
	r.add("processor time of the loader", "s", cpu, nil)
	r.add("loaded side by side, by both", "objects", sample{float64(l.Config.Workers)}, nil)
	return nil
}

// fillBacklog stores the objects while nobody listens.
func (p *place) fillBacklog(ctx context.Context) error {
	s, err := newSupply(p.Seed)
	if err != nil {
		return err
	}
	begun := time.Now()
	const portion = 500 // what lies in memory at a time
	for left := p.Sizes.Backlog; left > 0; left -= portion {
		drops, err := s.drops(min(left, portion), smallRows, 0)
		if err == nil {
			err = p.offer(ctx, drops, nil)
		}
		if err != nil {
			return fmt.Errorf("fill the backlog: %w", err)
		}
	}
	p.tell("backlog: %d objects wait, stored in %.1f s", p.Sizes.Backlog, seconds(time.Since(begun)))
	return nil
}

// drain loads all that waits, from empty tables.
func (p *place) drain(ctx context.Context) (usage, error) {
	if err := p.renew(ctx); err != nil {
		return usage{}, err
	}
	used, err := p.eventdrop(ctx, "reconcile")
	if err != nil {
		return used, err
	}
	return used, p.exactly(ctx, p.Sizes.Backlog*smallRows)
}
