package kill

import (
	"context"
	"fmt"
	"strings"

	"github.com/minio/minio-go/v7"
)

// storeOne stores an object, deletes it perhaps, and decides what happens to its notice.
func (v *delivery) storeOne(ctx context.Context, i int) (*drop, error) {
	random := v.drill.Rand(i)
	o := &drop{bucket: v.bucket.name, number: i + 1, copies: 1 + random.IntN(5), late: random.IntN(10) == 0}
	if random.IntN(5) == 0 {
		o.copies = 0
	}
	o.atOnce = o.copies > 1 && random.IntN(3) == 0
	slot := v.shelf.pick(random.IntN(1 << 30))
	if v.versioned && random.IntN(3) > 0 {
		slot = nil
	}
	if err := v.upload(ctx, o, slot); err != nil {
		return o, err
	}
	if fate := random.IntN(100); v.versioned && fate < 5 {
		if err := v.remove(ctx, o, fate < 2 && slot == nil); err != nil {
			return o, err
		}
	}
	v.count(o)
	return o, nil
}

// upload stores the object under its slot's key, or under one of its own.
func (v *delivery) upload(ctx context.Context, o *drop, s *slot) error {
	key, body := fmt.Sprintf("drop/%08d.csv", o.number), overlapping(o.number)
	o.replaced = func() bool { return false }
	if s != nil {
		s.Lock()
		defer s.Unlock()
		serial := s.last + 1
		key, body = s.key(), s.body(serial)
		o.replaced = func() bool {
			s.Lock()
			defer s.Unlock()
			return s.last > serial
		}
	}
	info, err := v.bucket.put(ctx, key, body)
	if err != nil {
		return err
	}
	o.key, o.version, o.etag, o.size = key, info.VersionID, info.ETag, len(body)
	if s != nil {
		s.last, s.etag, s.announced = s.last+1, info.ETag, o.copies > 0
	}
	return nil
}

// overlapping is an object that shares half of its events with its neighbours: recency decides who wins.
func overlapping(number int) []byte {
	const neighbours = 20
	var b strings.Builder
	b.WriteString(header)
	for row := range 1 + number%neighbours {
		b.WriteString(event(1<<20+number, row, "own", "own"))
		b.WriteString(event(1<<30+number/neighbours, row, "shared", session(number)))
	}
	return []byte(b.String())
}

// remove hides the key behind a delete marker, or removes the very version.
func (v *delivery) remove(ctx context.Context, o *drop, version bool) error {
	o.deleted, o.gone = true, version
	var options minio.RemoveObjectOptions
	if version {
		options.VersionID = o.version
	}
	if err := v.bucket.RemoveObject(ctx, v.bucket.name, o.key, options); err != nil {
		return fmt.Errorf("delete %s: %w", o.key, err)
	}
	return nil
}

func (v *delivery) count(o *drop) {
	switch {
	case o.copies == 0:
		v.drill.Reached("lost")
	case o.copies > 1:
		v.drill.Reached("doubled")
	}
	switch {
	case o.gone && o.copies > 0:
		v.gone.Add(1)
	case o.gone:
	case o.copies > 0:
		v.announced.Add(1)
	default:
		v.lost.Add(1)
	}
}
