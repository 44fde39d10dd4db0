package storefront

import "fmt"

// Shares of the original's files. A reader of tables there turned a whole column of ids into floats when one was empty.
const (
	originalSessions = 0.25 // of files have a session_id
	originalFloats   = 0.87 // of files have user ids like 123.0
	originalNoUser   = 0.02 // of rows have no user_id; all of them in files with floats
)

// originalColumns are the original's, in its order; the last one is absent in most files.
func originalColumns() []column {
	return []column{colUserID, colEventType, colProductID, colProductName, colPrice, colEventTime, colSessionID}
}

// originalSheets are the four variants of the original's files with their weights.
func originalSheets() (all odds[*sheet]) {
	for _, sessions := range []bool{false, true} {
		for _, floats := range []bool{false, true} {
			all.add(originalSheet(sessions, floats), share(sessions, originalSessions)*share(floats, originalFloats))
		}
	}
	return all
}

// share is the probability of a variant, given that of the positive one.
func share(positive bool, p float64) float64 {
	if positive {
		return p
	}
	return 1 - p
}

func originalSheet(sessions, floats bool) *sheet {
	header := []string{"user_id", "action", "product_id", "product_name", "price", "timestamp", "session_id"}
	l := layout{
		version: "original", header: header, columns: originalColumns(), clock: clockOriginal,
		original: true, floatUsers: floats,
	}
	if !sessions {
		last := len(header) - 1
		l.header, l.columns = l.header[:last], l.columns[:last]
	}
	return &sheet{layout: l, defects: originalDefects(&l)}
}

// originalDefects are the defects of the original's rows: what its generator planted, at the rates measured.
func originalDefects(l *layout) (defects odds[*class]) {
	add := func(name string, rate float64) {
		if c := namedClass(name); l.has(c.column) {
			defects.add(c, rate)
		}
	}
	add("time_space", 0.05)
	add("time_empty", 0.028)
	add("time_invalid", 0.019)
	add("type_empty", 0.0075)
	add("product_minus_one", 0.015)
	add("name_empty", 0.01)
	add("session_empty", 0.1)
	add("price_negative", 0.0007)
	if l.floatUsers {
		add("user_empty", originalNoUser/originalFloats)
	}
	for _, c := range originalTypes() {
		defects.add(&c, 0.0075)
	}
	return defects
}

// originalTypes are the odd actions of the original: null, VIEW and Purchase, and no other spellings.
func originalTypes() []class {
	null := refused(colEventType, reasonMissing, "type_null", "", "null")
	upper, title := *namedClass("type_upper"), *namedClass("type_title")
	upper.fits = func(r *row) bool { return r.cells[colEventType] == kindView }
	title.fits = func(r *row) bool { return r.cells[colEventType] == kindPurchase }
	return []class{null, upper, title}
}

// originalKinds are the actions that the original knows.
func originalKinds() []string { return []string{kindView, kindPurchase} }

// originalName is the name of the original's n-th file, counted from 0. Each run uses the same names again.
func originalName(n uint64) string { return fmt.Sprintf("events_batch_%03d.csv", n) }
