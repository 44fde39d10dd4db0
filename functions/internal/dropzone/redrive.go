package dropzone

import "time"

// Filter selects rows in quarantine that were not resolved. Its zero value selects all of them.
type Filter struct {
	// Reason is why they were rejected last.
	Reason Reason
	// Bucket and Key name an object, in all its versions. Without a bucket the key is looked for in
	// every bucket, and among the files of this machine.
	Bucket, Key string
	// Since and Until bound when they were rejected last: from Since on, and before Until.
	Since, Until time.Time
}

// Quarantined is one row in quarantine.
type Quarantined struct {
	// Line is the physical line on which the record begins, counted from 1.
	Line   int64
	Reason Reason
	// Raw is the record as it was read, without its line end.
	Raw []byte
	// RawCut reports that only the beginning of the record was kept.
	RawCut bool
}

// Drop is an object as the ledger knows it, with what was found out when it was loaded.
type Drop struct {
	Object Object
	// Number counts the drops of one key where bytes can be replaced; it is 1 where there are versions.
	Number int32
	// Order is the drop's part of recency; nil: the ledger does not know it.
	Order *int32
	// Dialect is nil where the ledger does not know it.
	Dialect *Dialect
}

// RedriveRun is one run of quarantined rows of one object.
type RedriveRun struct {
	// ID is a UUID made for this run. The same ID again means that the outcome of the last try is unknown.
	ID       string
	ObjectID int64
	Filter   Filter
	// Rows takes the drop's quarantined rows through the contract. It pulls them by next, which gives
	// io.EOF where it must pause, too: the rows then do the same, and go on when they are asked again.
	Rows func(drop Drop, next func() (Quarantined, error)) (Rows, error)
	// DryRun does everything and rolls back.
	DryRun bool
	// Started is when the run began, for its timings.
	Started time.Time
}
