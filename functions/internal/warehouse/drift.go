package warehouse

import "github.com/jackc/pgx/v5"

// Change says how a column drifted.
type Change string

// The changes of columns. Renamed columns that the contract has an alias for, and reordered ones, are none.
const (
	Appeared Change = "appeared" // the contract does not know the column
	Absent   Change = "missing"  // the header lacks a column of the contract
)

// queueDrift notes the new and missing columns of all objects of a transaction, each of which is written down only once: loads of
// producers that are at different versions change nothing for each other.
func (w *Warehouse) queueDrift(batch *pgx.Batch, loads []*load) {
	var objects []int64
	var columns []string
	var changes []Change
	for _, l := range loads {
		note := func(change Change, names []string) {
			for _, name := range names {
				objects, columns, changes = append(objects, l.receipt.ObjectID), append(columns, name), append(changes, change)
			}
		}
		note(Appeared, l.receipt.Dialect.Unknown)
		note(Absent, l.receipt.Dialect.Absent)
	}
	if len(columns) > 0 {
		batch.Queue(w.queries["note_drift"], w.contract.Name, w.contract.Revision, objects, columns, changes)
	}
}
