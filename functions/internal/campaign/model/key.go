package model

import "eventdrop/functions/internal/dropzone"

// KeyName is the name of a key in a bucket.
func KeyName(key int) string { return string("abcdefgh"[key]) + ".csv" }

// Sources are the source hashes of the keys of a bucket, below a prefix.
func Sources(bucket, prefix string) (hashes [Keys]int64) {
	for key := range hashes {
		hashes[key] = dropzone.Object{Bucket: bucket, Key: prefix + KeyName(key)}.SourceHash()
	}
	return hashes
}

// Events is how many keys an event of the universe may have.
const Events = IDs + 2*Times*values*maxRows

// EventKey numbers the key of a record: its id, or, where it has none, its content and how many equal
// records came before it in its object.
func EventKey(r Row, occurrence int) int {
	if r.ID > 0 {
		return int(r.ID) - 1
	}
	return IDs + ((int(r.Fault)*Times+int(r.Time))*values+int(r.Value))*maxRows + occurrence
}

// EachDerived gives every record without an id that a contract can accept, as often as one object can hold it.
func EachDerived(yield func(r Row, occurrence int)) {
	for fault := Sound; fault <= Fixable; fault++ {
		for time := range uint8(Times) {
			for value := range uint8(values) {
				for occurrence := range maxRows {
					yield(Row{Time: time, Value: value, Fault: fault}, occurrence)
				}
			}
		}
	}
}

// Occurrence counts the records equal to the one at a line that came before it.
func (b Body) Occurrence(line int) int {
	n := 0
	for _, before := range b.Rows[:line] {
		if before == b.Rows[line] {
			n++
		}
	}
	return n
}

// Equal reports whether two bodies are the same bytes.
func (b Body) Equal(other Body) bool {
	if b.Unreadable || other.Unreadable {
		return b.Unreadable == other.Unreadable
	}
	if len(b.Rows) != len(other.Rows) {
		return false
	}
	for i := range b.Rows {
		if b.Rows[i] != other.Rows[i] {
			return false
		}
	}
	return true
}
