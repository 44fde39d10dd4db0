package crash

import (
	"testing"

	"eventdrop/functions/internal/campaign/world"
)

// scenario is something that the program does, and can die of.
type scenario struct {
	name    string
	options world.Options
	// prepare fills the bucket and the tables, in this process.
	prepare func(*scene)
	// command is what the program is asked for; the key a.csv is meant where it takes an object.
	command string
	// again is what is done once more after a death, because no reconcile does it; nil: nothing.
	again func(*scene)
	// independent objects are loaded or not loaded each for itself.
	independent bool
	// onlyHere marks an end that a rebuild from the bucket does not know.
	onlyHere bool
}

// scenarios are all that is killed. A new way through the pipeline belongs here: the drill fails when a function is
// reached by none of them.
func scenarios(t *testing.T) []scenario {
	t.Helper()
	versioned := world.Options{Versioned: true}
	return []scenario{
		{name: "small object", options: versioned, command: "load", prepare: put(small)},
		{name: "small object whose bytes can be replaced", command: "load", prepare: put(small)},
		{name: "object of many rows", options: versioned, command: "load", prepare: put(manyRows)},
		{name: "object of many new rows", options: versioned, command: "load", prepare: put(manyNewRows)},
		{name: "object of many rows that are new but for one", options: versioned, command: "load", prepare: put(manyAlmostNewRows)},
		{name: "object of many rejects", command: "load", prepare: put(manyRejects)},
		{name: "object without events", options: versioned, command: "load", prepare: put(onlyRejects)},
		{name: "newest of several versions", options: versioned, command: "load", prepare: overwritten},
		{name: "newest of several drops", command: "load", prepare: overwritten},
		{name: "dry run", options: versioned, command: "load --dry-run", prepare: put(small)},
		{name: "object that is loaded already", command: "load", prepare: loaded},
		{name: "unreadable object", options: versioned, command: "load", prepare: unreadable},
		{name: "too many rejects", options: strict(t), command: "load", prepare: put(manyBad)},
		{name: "object that is gone", options: versioned, command: "reconcile", prepare: gone},
		{name: "bytes that were replaced", command: "reconcile", prepare: replaced},
		{name: "failed object that is due", options: versioned, command: "reconcile", prepare: failed},
		{name: "failed drop that is due", command: "reconcile", prepare: failed},
		{name: "failed object whose version was not known", options: versioned, command: "reconcile", prepare: nameless},
		{name: "object that three loaders died of", options: versioned, command: "reconcile", prepare: deadly(3)},
		{name: "object that five loaders died of", command: "reconcile", prepare: deadly(5), onlyHere: true},
		{name: "version with a too low rank", options: versioned, command: "reconcile", prepare: misordered},
		{name: "replay", options: versioned, command: "replay", again: replay, prepare: loaded},
		{name: "replay of the newest drop", command: "replay", again: replay, prepare: overwrittenAndLoaded},
		{name: "replay of a parked object", options: versioned, command: "replay", again: replay, prepare: parked},
		{name: "redrive", options: tolerant(t, true), command: "redrive --all", again: redrive, prepare: quarantined(0)},
		{name: "redrive of a drop without ids", options: tolerant(t, false), command: "redrive --all", again: redrive, prepare: quarantined(30)},
		{name: "redrive of replaced bytes", options: tolerant(t, false), command: "redrive --all", again: redrive, prepare: quarantinedAndReplaced},
		{name: "redrive that only looks", options: tolerant(t, true), command: "redrive --all --dry-run", prepare: quarantined(0), onlyHere: true},
		{name: "backlog", options: versioned, command: "reconcile", independent: true, prepare: backlog},
		{name: "backlog that is loaded together", options: versioned, command: "reconcile --set workers=1", independent: true, prepare: backlog},
		{name: "reconcile that only looks", options: versioned, command: "reconcile --dry-run", prepare: backlog},
	}
}
