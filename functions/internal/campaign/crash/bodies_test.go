package crash

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

const header = "event_id,event_type,event_time,user_id\n"

// body is an object's content: so many records of a family of ids, in any order, with duplicates.
type body struct {
	family, ids, rows int
	rejects           int  // in every 100 records
	derived           int  // records without an id, in every 100
	glances           int  // records of a type that only one contract knows, in every 100
	onlyNew           bool // ids come once
	again             bool // the last record comes twice
}

func (b body) text(r *rand.Rand) string {
	var text strings.Builder
	text.WriteString(header)
	record := ""
	for i := range b.rows {
		kind := "view"
		if r.IntN(100) < b.glances {
			kind = "glance"
		}
		record = fmt.Sprintf("%s,%s,2026-11-23T09:00:00Z,u%d\n", b.id(i, r), kind, r.IntN(1000))
		text.WriteString(record)
	}
	if b.again {
		text.WriteString(record)
	}
	return text.String()
}

func (b body) id(i int, r *rand.Rand) string {
	switch n := r.IntN(100); {
	case n < b.rejects:
		return "nonsense"
	case n < b.rejects+b.derived:
		return ""
	case !b.onlyNew:
		i = r.IntN(b.ids)
	}
	return fmt.Sprintf("%08d-1111-4111-8111-%012d", i, b.family)
}

// between is a number from low to high.
func between(r *rand.Rand, low, high int) int { return low + r.IntN(high-low+1) }

// small is an object of a few rows of every kind: at least one, so that something can be half visible.
func small(r *rand.Rand) body {
	return body{ids: between(r, 1, 30), rows: between(r, 3, 40), rejects: 15, derived: 15}
}
