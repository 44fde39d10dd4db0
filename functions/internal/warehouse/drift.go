package warehouse

import "github.com/jackc/pgx/v5"

// Change says how a column drifted.
type Change string

// The changes of columns. Renamed columns that the contract has an alias for, and reordered ones, are none.
const (
	Appeared Change = "appeared" // the contract does not know the column
	Absent   Change = "missing"  // the header lacks a column of the contract
)

// queueDrift notes the object's new and missing columns, each of which is written down only once: loads of producers
// that are at different versions change nothing for each other.
func (l *load) queueDrift(batch *pgx.Batch) {
	var columns []string
	var changes []Change
	note := func(change Change, names []string) {
		for _, name := range names {
			columns, changes = append(columns, name), append(changes, change)
		}
	}
	note(Appeared, l.receipt.Dialect.Unknown)
	note(Absent, l.receipt.Dialect.Absent)
	if len(columns) > 0 {
		batch.Queue(l.w.queries["note_drift"], l.receipt.Contract, l.receipt.Revision, l.receipt.ObjectID, columns, changes)
	}
}
