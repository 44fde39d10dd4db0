package bench

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"time"

	"eventdrop/generator/storefront"
)

// scalingObjects are enough that eight loaders are busy nearly to the end.
const scalingObjects = 80

// width is what is measured with a number of loaders.
type width struct {
	loaders int
	took    sample // in seconds
	cpu     sample // of PostgreSQL in seconds
}

// scaling has one loader, two, four and eight drain the same objects by turns, and asks each time what PostgreSQL's processes took.
func scaling(ctx context.Context, l *lab, r *Result) error {
	if l.postgres == nil {
		return missingError("the processor time of a given PostgreSQL cannot be seen from here: leave EVENTDROP_DATABASE_URL empty, and one is started")
	}
	if _, err := os.Stat("/proc/self/stat"); err != nil {
		return missingError("this system does not tell the processor time of a process in /proc: run it on Linux, a container will do")
	}
	p, remove, err := l.newPlace(ctx)
	if err != nil {
		return err
	}
	defer remove()
	rows, err := p.putShares(ctx)
	if err != nil {
		return err
	}
	widths := []width{{loaders: 1}, {loaders: 2}, {loaders: 4}, {loaders: 8}}
	for i := range l.Sizes.Runs {
		for j := range widths {
			if err := p.drainWith(ctx, &widths[j], rows); err != nil {
				return err
			}
			l.tell("scaling %d of %d, %d loaders: %.2f s, PostgreSQL's processors %.2f s",
				i+1, l.Sizes.Runs, widths[j].loaders, widths[j].took[i], widths[j].cpu[i])
		}
	}
	r.addScaling(widths, rows)
	return nil
}

func (r *Result) addScaling(widths []width, rows int) {
	one, most := &widths[0], &widths[len(widths)-1]
	r.add("processor time of PostgreSQL, 8 loaders against 1", "x", ratios(most.cpu, one.cpu), atMost(1.3, 1.1))
	speed := Curve{Name: "rows a second"}
	for i := range widths {
		w := &widths[i]
		name := strconv.Itoa(w.loaders) + " loaders"
		if w.loaders == 1 {
			name = "1 loader"
		}
		rates := rate(rows, w.took)
		r.add("rows a second, "+name, "rows/s", rates, nil)
		r.add("PostgreSQL's processor time per million rows, "+name, "s", w.cpu.times(1e6/float64(rows)), nil)
		speed.XY = append(speed.XY, [2]float64{float64(w.loaders), rates.median()})
	}
	r.Plots = append(r.Plots, Plot{
		Name: "scaling", Title: "Rows a second over loaders", X: Axis{Label: "loaders"}, Y: Axis{Label: "rows/s"}, Curves: []Curve{speed},
	})
}

// putShares puts the objects, and returns how many rows they have together: a fifth of the large object's.
func (p *place) putShares(ctx context.Context) (rows int, err error) {
	if err := p.hush(ctx); err != nil {
		return 0, err
	}
	each := max(1, p.Sizes.Rows/5/scalingObjects)
	shop, err := storefront.New(storefront.Options{Seed: p.Seed, Rows: storefront.Rows{Min: each, Max: each}})
	if err != nil {
		return 0, err
	}
	at := time.Now().Add(-time.Hour)
	for range scalingObjects {
		object, err := shop.Next(at)
		if err != nil {
			return 0, err
		}
		if err := p.store.Put(ctx, p.config.S3Bucket, object.Key, object.Body); err != nil {
			return 0, err
		}
		at = at.Add(time.Second)
	}
	return each * scalingObjects, nil
}

// drainWith loads everything into empty tables with so many loaders. Every row must be there then, once.
func (p *place) drainWith(ctx context.Context, w *width, rows int) error {
	if err := p.renew(ctx); err != nil {
		return err
	}
	before, err := serverTime(p.postgres.PID())
	if err != nil {
		return err
	}
	loaders := *p
	loaders.config.Workers = w.loaders
	used, err := loaders.eventdrop(ctx, "reconcile")
	if err != nil {
		return err
	}
	after, err := serverTime(p.postgres.PID())
	if err != nil {
		return err
	}
	w.took, w.cpu = append(w.took, seconds(used.wall)), append(w.cpu, after-before)
	if err := p.expectRows(ctx, rows); err != nil {
		return fmt.Errorf("%d loaders: %w", w.loaders, err)
	}
	return nil
}
