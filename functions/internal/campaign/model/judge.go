package model

import (
	"cmp"
	"fmt"
	"slices"

	"eventdrop/functions/internal/campaign"
)

// Claim is what a subject's ledger says of a drop that is settled, loaded or parked.
type Claim struct {
	Drop int // where there are versions
	// Where bytes are replaced, a drop is known by its key, bytes and last-modified, and has a number.
	Key    uint8
	Body   uint8
	Second int32
	Number int32

	Parked bool
	// Loaded is the highest revision under which the whole object was run, Rows that under which rows of its
	// quarantine were run one by one; 0: none.
	Loaded, Rows int32
	// Quarantined has a bit for each line that is in quarantine, from the first row on.
	Quarantined uint64
}

// Verdict is how far a subject is from what must be.
type Verdict struct {
	campaign.Differences

	Complaint string // the first one; empty: none
}

func (v *Verdict) complain(format string, args ...any) {
	if v.Complaint == "" {
		v.Complaint = fmt.Sprintf(format, args...)
	}
}

// Judge compares a subject that has come to rest with the bucket: every object that is listed must be settled,
// every quarantine right and the table the fold over the bucket's versions or, where bytes
// are replaced, over a sub-sequence of what was put that has all that was delivered in time, and ends with what the bucket holds.
func (l *Life) Judge(claims []Claim, got *Table, sources *[Keys]int64) (v Verdict) {
	var buffer [2 * maxSteps]Run
	runs := buffer[:0]
	if l.Versioned {
		runs = l.versions(claims, runs, &v)
	} else {
		runs = l.replacements(claims, runs, &v)
	}
	for i := range runs {
		l.judgeRun(runs[i], claims[i], &v)
	}
	var want Table
	l.Fold(runs, sources, &want)
	v.compare(got, &want)
	return v
}

// versions finds the version of each claim, and a claim for each version.
func (l *Life) versions(claims []Claim, runs []Run, v *Verdict) []Run {
	var settled [2 * maxSteps]bool
	for _, c := range claims {
		if l.Drops[c.Drop].Purged || settled[c.Drop] {
			v.complain("drop %d is settled twice, or was never there: %+v", c.Drop, c)
		}
		settled[c.Drop] = true
		runs = append(runs, Run{Drop: c.Drop, Order: l.Rank(c.Drop), Loaded: c.Loaded, Rows: c.Rows})
	}
	for drop := range l.Drops {
		if l.Listed(drop) && !settled[drop] {
			v.complain("drop %d of %s is listed and not settled", drop, KeyName(int(l.Drops[drop].Key)))
		}
	}
	return runs
}

// replacements finds what was put for each claim: of each key a sub-sequence, which ends with what the key holds.
func (l *Life) replacements(claims []Claim, runs []Run, v *Verdict) []Run {
	slices.SortFunc(claims, func(a, b Claim) int { return cmp.Or(cmp.Compare(a.Key, b.Key), cmp.Compare(a.Number, b.Number)) })
	var newest [Keys]int
	next, key := 0, -1
	for i, c := range claims {
		if int(c.Key) != key {
			next, key = 0, int(c.Key)
		} else if c.Number == claims[i-1].Number {
			v.complain("two drops of %s have one number: %+v and %+v", KeyName(key), claims[i-1], c)
		}
		for next < len(l.Drops) && !l.isPut(next, c) {
			next++
		}
		if next == len(l.Drops) {
			v.complain("nobody put what the ledger knows, or not in this order: %+v", c)
			return runs[:0]
		}
		runs = append(runs, Run{Drop: next, Order: c.Number, Loaded: c.Loaded, Rows: c.Rows})
		next++
		newest[key] = next // one more, so that 0 is none
	}
	for drop := range l.promised {
		if l.promised[drop].delivered && !slices.ContainsFunc(runs, func(r Run) bool {
			return l.Drops[r.Drop].Key == l.Drops[drop].Key && l.sameBytes(r.Drop, drop)
		}) {
			v.complain("drop %d was delivered while its key held it, and is not settled", drop)
		}
	}
	for key, drop := range l.current {
		if drop >= 0 && (newest[key] == 0 || !l.sameBytes(newest[key]-1, drop)) {
			v.complain("what %s holds, drop %d, is not the newest that is settled", KeyName(key), drop)
		}
	}
	return runs
}

func (l *Life) isPut(drop int, c Claim) bool {
	d := l.Drops[drop]
	return d.Key == c.Key && d.Body == c.Body && d.Second == c.Second
}

// sameBytes reports whether a store tells two drops of one key apart.
func (l *Life) sameBytes(a, b int) bool {
	return l.Drops[a].Body == l.Drops[b].Body && l.Drops[a].Second == l.Drops[b].Second
}

func (l *Life) judgeRun(run Run, c Claim, v *Verdict) {
	body := l.Bodies[l.Drops[run.Drop].Body]
	if c.Parked == body.Loadable(c.Loaded) {
		v.complain("parked: %t, under revision %d: %s", c.Parked, c.Loaded, body)
	}
	promised := l.promised[run.Drop]
	if run.Loaded < promised.replayed {
		v.complain("drop %d was replayed under revision %d, but: %+v", run.Drop, promised.replayed, c)
	}
	if run.Loaded > l.Revision || run.Rows > l.Revision {
		v.complain("run under a revision that is not yet in force: %+v", c)
	}
	var quarantined uint64
	for i, row := range body.Rows {
		if body.Loadable(c.Loaded) && run.Revision(row) == 0 {
			quarantined |= 1 << i
		}
		if !c.Parked && row.Accepted(promised.redriven) && run.Revision(row) == 0 {
			v.complain("drop %d was redriven under revision %d, but a row that it accepts is in quarantine: %s", run.Drop, promised.redriven, row)
		}
	}
	if c.Quarantined != quarantined {
		v.complain("lines in quarantine %b, want %b: %+v of %s", c.Quarantined, quarantined, c, body)
	}
}

func (v *Verdict) compare(got, want *Table) {
	for key := range want {
		g, w := got[key], want[key]
		switch {
		case g == w:
			continue
		case !g.Present:
			v.Lost++
		case !w.Present:
			v.Doubled++
		default:
			v.Wrong++
		}
		v.complain("event %d\n got %+v\nwant %+v", key, g, w)
	}
}
