package dropzone

import "time"

// State is the state of an object in the ledger.
type State string

// The states of an object. A parked object's key loads again by itself when a new version or
// drop arrives; superseded and gone objects load when a listing shows them again.
const (
	Loaded     State = "loaded"     // its rows are in the table
	Failed     State = "failed"     // tried, and will be tried again
	Parked     State = "parked"     // can never load as it is
	Superseded State = "superseded" // its bytes were replaced before they could be read
	Gone       State = "gone"       // it was deleted before it could be read
)

// Kind says why a run happened.
type Kind string

// The kinds of runs.
const (
	Load    Kind = "load"    // the first time, or a retry
	Replay  Kind = "replay"  // again, on purpose
	Redrive Kind = "redrive" // quarantined rows only
)

// Receipt is the outcome of one run of one object: an immutable row of the ledger's books.
type Receipt struct {
	RunID    string // a UUID, made by the loader before it asks for anything
	ObjectID int64  // the ledger's number of the object; 0 where nothing was recorded
	Object   Object
	Kind     Kind
	State    State

	// Already reports that the object had been loaded before: this run wrote nothing.
	Already bool
	// Held reports that the pipeline is paused: the notice was counted, and nothing else was done.
	Held bool
	// DryRun reports that everything was done and then rolled back.
	DryRun bool

	Contract string // the contract's name
	Revision int32  // the contract's revision

	Books
	Rejects []ReasonCount // by reason and column, most frequent first
	Repairs []QualityCount

	Dialect    Dialect
	OutputHash [32]byte // a hash of the cleaned output: equal for equal bytes under one revision

	// Reason, Hint and Detail explain a parked or failed object.
	Reason Reason
	Hint   string
	Detail string

	ReadDuration  time.Duration // reading and cleaning, as far as it was waited for
	TotalDuration time.Duration // from the look at the object to the end of the commit
}

// Books are the counts of one run. They always balance:
//
//	RowsRead = Inserted + Updated + Stale + Duplicate + Rejected
type Books struct {
	RowsRead  int64 `json:"rows_read"`
	Inserted  int64 `json:"inserted"`  // new keys
	Updated   int64 `json:"updated"`   // keys whose row was older than this event
	Stale     int64 `json:"stale"`     // keys whose row was newer, or this very event
	Duplicate int64 `json:"duplicate"` // the same key twice in the object
	Rejected  int64 `json:"rejected"`
}

// Balance reports whether every row that was read is accounted for.
func (b Books) Balance() bool {
	return b.RowsRead == b.Inserted+b.Updated+b.Stale+b.Duplicate+b.Rejected
}

// Add returns the sum of two books.
func (b Books) Add(c Books) Books {
	return Books{
		RowsRead: b.RowsRead + c.RowsRead, Inserted: b.Inserted + c.Inserted, Updated: b.Updated + c.Updated,
		Stale: b.Stale + c.Stale, Duplicate: b.Duplicate + c.Duplicate, Rejected: b.Rejected + c.Rejected,
	}
}

// ReasonCount is the number of rejects with one reason in one column.
type ReasonCount struct {
	Reason Reason `json:"reason"`
	Column string `json:"column,omitempty"`
	Count  int64  `json:"count"`
}

// Dialect is what was found out about the form of one object.
type Dialect struct {
	Compression  string   `json:"compression"`   // "", "gzip", "zstd", "bzip2"
	Charset      string   `json:"charset"`       // "utf-8", "utf-16le", "utf-16be"
	BOM          bool     `json:"bom"`           // a byte order mark stood in front
	Delimiter    string   `json:"delimiter"`     // one character; empty for an empty object
	LineEnd      string   `json:"line_end"`      // "lf" or "crlf", of the header line
	FinalNewline bool     `json:"final_newline"` // the last line had its end
	Header       []string `json:"header"`        // column names as read, trimmed
	Unknown      []string `json:"unknown"`       // columns that the contract does not know: kept in extras
	Absent       []string `json:"absent"`        // columns of the contract that the header does not have

	// Physical lines add up: Lines = HeaderLines + Records + BlankLines + ContinuationLines.
	Lines             int64 `json:"lines"`
	HeaderLines       int64 `json:"header_lines"`
	Records           int64 `json:"records"`
	BlankLines        int64 `json:"blank_lines"`
	ContinuationLines int64 `json:"continuation_lines"`
}
