package bench

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strconv"
)

// memory loads objects of several sizes and tells how much memory the loader had at its highest.
func memory(ctx context.Context, l *lab, r *Result) error {
	if peakMemory(os.Getpid()) == 0 {
		return missingError("this system does not tell the memory of a process in /proc: run it on Linux, a container will do")
	}
	p, remove, err := l.newPlace(ctx)
	if err != nil {
		return err
	}
	defer remove()
	sizes := slices.Compact(slices.Sorted(slices.Values(l.Sizes.Memory)))
	objects, err := p.putSizes(ctx, sizes)
	if err != nil {
		return err
	}
	peaks := make([]sample, len(sizes))
	for i := range l.Sizes.Runs {
		for j, o := range objects {
			used, err := p.loadLarge(ctx, o.key, o.rows)
			if err != nil {
				return err
			}
			peaks[j] = append(peaks[j], used.peak)
			l.tell("memory %d of %d, %d MB: %.1f MiB", i+1, l.Sizes.Runs, o.megabytes, used.peak)
		}
	}
	r.addMemory(sizes, peaks)
	return nil
}

func (r *Result) addMemory(sizes []int, peaks []sample) {
	last := len(sizes) - 1
	r.add("peak at the largest object", "MiB", peaks[last], atMost(64, 48))
	if last > 0 {
		r.add(fmt.Sprintf("%s MB against %s MB", grouped(int64(sizes[last])), grouped(int64(sizes[0]))), "x", ratios(peaks[last], peaks[0]), nil)
	}
	curve := Curve{Name: "peak"}
	for i, size := range sizes {
		r.add("peak at "+grouped(int64(size))+" MB", "MiB", peaks[i], nil)
		curve.XY = append(curve.XY, [2]float64{float64(size), peaks[i].median()})
	}
	if last == 0 {
		return // one point is no curve
	}
	r.Plots = append(r.Plots, Plot{
		Name: "memory", Title: "Peak of the loader's memory over the size of the object",
		X: Axis{Label: "size of the object, MB", Log: true}, Y: Axis{Label: "resident memory, MiB"}, Curves: []Curve{curve},
	})
}

// largeObject is one that was put.
type largeObject struct {
	key       string
	megabytes int
	rows      int
}

// putSizes stores an object of each size.
func (p *place) putSizes(ctx context.Context, megabytes []int) ([]largeObject, error) {
	some, err := p.file(1_000)
	if err != nil {
		return nil, err
	}
	objects := make([]largeObject, len(megabytes))
	for i, size := range megabytes {
		objects[i] = largeObject{key: strconv.Itoa(size) + ".csv", megabytes: size, rows: size * 1e6 / (len(some) / 1_000)}
		stored, err := p.putLarge(ctx, objects[i].key, objects[i].rows)
		if err != nil {
			return nil, err
		}
		p.tell("memory: an object of %s MB, %s rows", quantity(float64(stored)/1e6), grouped(int64(objects[i].rows)))
	}
	return objects, nil
}
