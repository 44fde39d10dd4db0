package model

import "slices"

// Drop is one appearance of bytes at a key.
type Drop struct {
	Key    uint8
	Body   uint8 // which of the schedule's bodies; equal ones have one number, as they have one ETag
	Second int32 // last-modified
	Opened bool  // somebody has read it
	Purged bool  // it was deleted for ever
	Place  int   // tells drops of one second apart, as a listing does: in the order in which they were put
}

// Bucket is an object store with a clock of its own.
type Bucket struct {
	Second int32
	Drops  []Drop // in the order in which they were put
	Ranked bool   // places are ranks, which a real store has told

	versioned bool
	current   [Keys]int // what each key holds; -1: nothing
}

func (b *Bucket) reset(versioned bool) {
	b.versioned, b.Second, b.Drops, b.Ranked = versioned, 0, b.Drops[:0], false
	for key := range b.current {
		b.current[key] = -1
	}
}

func (b *Bucket) put(key, body uint8) (drop int) {
	b.Drops = append(b.Drops, Drop{Key: key, Body: body, Second: b.Second, Place: len(b.Drops)})
	b.current[key] = len(b.Drops) - 1
	return b.current[key]
}

// Current is the drop that a key holds; -1: none.
func (b *Bucket) Current(key uint8) int { return b.current[key] }

// purge deletes a version for ever and uncovers what it hid.
func (b *Bucket) purge(drop int) {
	key := b.Drops[drop].Key
	b.Drops[drop].Purged = true
	if b.current[key] != drop {
		return
	}
	b.current[key] = -1
	for older := drop - 1; older >= 0; older-- {
		if b.Drops[older].Key == key && !b.Drops[older].Purged {
			b.current[key] = older
			return
		}
	}
}

// Listed reports whether a listing shows the drop.
func (b *Bucket) Listed(drop int) bool {
	if b.versioned {
		return !b.Drops[drop].Purged
	}
	return b.current[b.Drops[drop].Key] == drop
}

// Rank orders a version among those of its key that are of one second.
func (b *Bucket) Rank(drop int) (rank int32) {
	d := b.Drops[drop]
	if b.Ranked {
		return int32(d.Place) //nolint:gosec // a rank has 31 bits
	}
	for _, older := range b.Drops {
		if older.Key == d.Key && older.Second == d.Second && older.Place < d.Place && !older.Purged {
			rank++
		}
	}
	return rank
}

// newest is the newest version of a key that has not been deleted for ever; -1: there is none.
func (b *Bucket) newest(key uint8) int {
	for drop, v := range slices.Backward(b.Drops) {
		if v.Key == key && !v.Purged {
			return drop
		}
	}
	return -1
}

// held is what a key holds, or the next one that holds something; -1: none does.
func (b *Bucket) held(key uint8) int {
	return from(key, func(key uint8) int { return b.current[key] })
}

// pick is one of the drops of a key, or of the next one that has any; -1: there is none.
func (b *Bucket) pick(key, pick uint8) int {
	return from(key, func(key uint8) int {
		var found [2 * maxSteps]int
		n := 0
		for drop := range b.Drops {
			if b.Drops[drop].Key == key && !b.Drops[drop].Purged {
				found[n] = drop
				n++
			}
		}
		if n == 0 {
			return -1
		}
		return found[int(pick)%n]
	})
}

// from asks one key after the other, beginning with a given one, for a drop; -1: there is none.
func from(key uint8, drop func(key uint8) int) int {
	for i := range uint8(Keys) {
		if found := drop((key + i) % Keys); found >= 0 {
			return found
		}
	}
	return -1
}
