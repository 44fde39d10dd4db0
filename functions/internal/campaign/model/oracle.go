package model

// Recency is the total order that decides which version of an event wins.
type Recency struct {
	At       int32
	Modified int32
	Source   int64
	Drop     int32
	Line     int32
	Revision int32
}

// Newer reports whether r wins over other.
func (r Recency) Newer(other Recency) bool {
	switch {
	case r.At != other.At:
		return r.At > other.At
	case r.Modified != other.Modified:
		return r.Modified > other.Modified
	case r.Source != other.Source:
		return r.Source > other.Source
	case r.Drop != other.Drop:
		return r.Drop > other.Drop
	case r.Line != other.Line:
		return r.Line > other.Line
	}
	return r.Revision > other.Revision
}

// Event is a row of the table.
type Event struct {
	Present bool
	Time    uint8
	Value   uint8
	Fault   Fault
	Recency
}

// Table is the table of events, by [EventKey].
type Table [Events]Event

// Count is the number of rows.
func (t *Table) Count() (n int) {
	for i := range t {
		if t[i].Present {
			n++
		}
	}
	return n
}

// Run is what the table is folded over: a drop, its order within its key, and under which revisions of the
// contract it was loaded and its quarantined rows were redriven.
type Run struct {
	Drop   int
	Order  int32
	Loaded int32
	Rows   int32 // 0: not redriven one by one
}

// Revision is the one under which a row of the drop was accepted last; 0: by none.
func (r Run) Revision(row Row) int32 {
	switch {
	case row.Accepted(r.Loaded):
		return r.Loaded
	case row.Accepted(r.Rows):
		return r.Rows
	}
	return 0
}

// Fold is the oracle: of all versions of each event, the one with the highest recency.
func (l *Life) Fold(runs []Run, sources *[Keys]int64, table *Table) {
	for _, run := range runs {
		drop := l.Drops[run.Drop]
		body := l.Bodies[drop.Body]
		if !body.Loadable(run.Loaded) {
			continue
		}
		for i, row := range body.Rows {
			revision := run.Revision(row)
			if revision == 0 {
				continue
			}
			event := Event{Present: true, Time: row.Time, Value: row.Value, Fault: row.Fault, Recency: Recency{
				At: drop.Second, Modified: drop.Second, Source: sources[drop.Key], Drop: run.Order, Line: int32(i), Revision: revision,
			}}
			if l.ByEventTime {
				event.At = int32(row.Time)
			}
			if held := &table[EventKey(row, body.Occurrence(i))]; !held.Present || event.Newer(held.Recency) {
				*held = event
			}
		}
	}
}
