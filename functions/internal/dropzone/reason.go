package dropzone

// Reason is a stored code that says why a record was rejected or an object was parked.
// Codes are values in users' tables and dashboards: they are added to, never changed.
type Reason string

// Why a record is rejected: damage, found while the file is read.
const (
	WrongFieldCount     Reason = "wrong_field_count"     // fewer or more fields than the header names
	MalformedQuotes     Reason = "malformed_quotes"      // text after a closing quote
	UnbalancedQuote     Reason = "unbalanced_quote"      // a quote that never closes, or closes only beyond sound records
	InvalidEncoding     Reason = "invalid_encoding"      // bytes that are not UTF-8
	NulByte             Reason = "nul_byte"              // a NUL, which PostgreSQL's text cannot hold
	RecordTooLarge      Reason = "record_too_large"      // longer than the limit for one record
	MissingFinalNewline Reason = "missing_final_newline" // the file's last record has no line end: it may have been cut
)

// Damage reports whether the reason is damage, found while the file was read: the contract has no say in it.
func (r Reason) Damage() bool {
	switch r {
	case WrongFieldCount, MalformedQuotes, UnbalancedQuote, InvalidEncoding, NulByte, RecordTooLarge, MissingFinalNewline:
		return true
	default:
		return false
	}
}

// Why a record is rejected: a value or a rule of the contract.
const (
	Missing          Reason = "missing"           // a required value is absent
	InvalidUUID      Reason = "invalid_uuid"      // not a UUID
	InvalidInteger   Reason = "invalid_integer"   // not a whole number
	InvalidDecimal   Reason = "invalid_decimal"   // not a decimal number
	InvalidTimestamp Reason = "invalid_timestamp" // not a time in any of the contract's formats
	InvalidBoolean   Reason = "invalid_boolean"   // not true or false
	UnknownValue     Reason = "unknown_value"     // not one of the values of an enum, nor a synonym
	BelowMinimum     Reason = "below_minimum"     // smaller than the column's lower bound
	AboveMaximum     Reason = "above_maximum"     // larger than the column's upper bound
	TooLong          Reason = "too_long"          // more characters than the column allows

	PurchaseNeedsProduct  Reason = "purchase_needs_product"  // a purchase of nothing
	PurchaseNeedsQuantity Reason = "purchase_needs_quantity" // a purchase of zero pieces
	AmountMismatch        Reason = "amount_mismatch"         // price x quantity is not the total
	InFuture              Reason = "in_future"               // later than the object that reports it, plus the tolerance
	TooOld                Reason = "too_old"                 // before the contract's earliest time
)

// Why an object is parked.
const (
	NoKnownColumn      Reason = "no_known_column"     // the header names no column of the contract
	DuplicateColumn    Reason = "duplicate_column"    // two columns of the header are the same column of the contract
	TooManyColumns     Reason = "too_many_columns"    // the header is wider than the limit
	HeaderTooLarge     Reason = "header_too_large"    // the header is longer than the limit for one record
	BinaryContent      Reason = "binary_content"      // not text
	DamagedCompression Reason = "damaged_compression" // a compressed stream that is cut or corrupt
	TooLarge           Reason = "too_large"           // more bytes than the limit, as stored or decompressed
	SuspiciousRatio    Reason = "suspicious_ratio"    // a decompression bomb
	TooManyRejects     Reason = "too_many_rejects"    // above the contract's thresholds
	LoaderDied         Reason = "loader_died"         // several attempts ended without any outcome
)

// SourceGone says why a redrive or a replay was refused: it needs the object's bytes, and the store has them no more.
const SourceGone Reason = "source_gone"
