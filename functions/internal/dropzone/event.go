package dropzone

// Type is the type of a column, as a contract declares it.
type Type uint8

// The column types. What each accepts is documented with the contract.
const (
	UUID       Type = iota + 1 // 16 bytes
	Identifier                 // text, normalised: trimmed, "123.0" is "123"
	Text                       // UTF-8 text
	Enum                       // one of the contract's values
	Integer                    // 64 bits, signed
	Decimal                    // exact, with the fixed scale of its column
	Timestamp                  // microseconds, UTC
	Boolean                    // true or false
	JSON                       // a JSON document; only the column of unknown columns has it
)

// Value is one typed cell of an event. The zero Value is absent (SQL NULL).
// Which field holds the value follows from the column's [Type].
type Value struct {
	// Bytes holds UUID (16 bytes), Identifier, Text, Enum and JSON.
	Bytes []byte
	// Int holds Integer, Boolean (0 or 1), Timestamp (microseconds since 1970, UTC) and
	// Decimal (the number without its point: 12.50 at scale 2 is 1250).
	Int int64
	// Present is false for an absent value.
	Present bool
}

// Event is one clean, typed row.
//
// It lives in a buffer that is used again: it and all that it points to are valid only
// until the next one is asked for.
type Event struct {
	// Values has one value for each column of the contract, in the contract's order.
	Values []Value
	// Line is the physical line on which the record begins, counted from 1.
	Line int64
	// RecencyAt is the first part of the event's recency in microseconds since 1970: the
	// column that the contract names, or else the object's last-modified.
	RecencyAt int64
	// RecordHash identifies the normalised record. It is set where the record has no key of
	// its own (Derived), and the key is then derived from it.
	RecordHash [16]byte
	// Derived reports that the key column is absent and must be derived from RecordHash.
	Derived bool
}

// Reject is a record that the contract refuses, with all that is needed to explain it.
//
// Like an event it is valid only until the next one is asked for.
type Reject struct {
	// Line is the physical line on which the record begins, counted from 1.
	Line int64
	// Reason says why, in a code that never changes.
	Reason Reason
	// Column is the contract's column that was at fault; empty for damage of the whole record.
	Column string
	// Value is the offending value as it was read, bounded.
	Value string
	// Raw is the record as it was read, without its line end, bounded.
	Raw []byte
	// RawCut reports that Raw was longer than its bound.
	RawCut bool
}

// QualityCount says how often one rule touched one column of an object.
type QualityCount struct {
	// Rule is a reject's reason or the name of a repair, such as "rounded".
	Rule string
	// Column is empty for rules about the whole record.
	Column string
	// Repaired tells a repair (the record went on) from a reject.
	Repaired bool
	// Count is the number of records.
	Count int64
}
