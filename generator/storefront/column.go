package storefront

// column is one value of an event. The order is the one in which a loader judges them.
type column int

const (
	colEventID column = iota
	colEventType
	colEventTime
	colUserID
	colSessionID
	colProductID
	colProductName
	colCategory
	colPrice
	colQuantity
	colTotal
	colCurrency
	colDevice
	colCampaign // in version 3 only; the contract does not know it
	colReferrer // the same
	columns     // how many there are
)

// String is the contract's name of the column, or the header's where the contract has none.
func (c column) String() string {
	return [...]string{
		"event_id", "event_type", "event_time", "user_id", "session_id", "product_id", "product_name", "category",
		"price", "quantity", "total", "currency", "device", "campaign", "referrer",
	}[c]
}

// extra tells whether the contract does not know the column, so that its values survive in extras only.
func (c column) extra() bool { return c >= colCampaign }

// Why a loader rejects a row or parks an object: the stored codes, spelled here a second time on purpose.
const (
	reasonMissing             = "missing"
	reasonInvalidUUID         = "invalid_uuid"
	reasonInvalidInteger      = "invalid_integer"
	reasonInvalidDecimal      = "invalid_decimal"
	reasonInvalidTimestamp    = "invalid_timestamp"
	reasonUnknownValue        = "unknown_value"
	reasonBelowMinimum        = "below_minimum"
	reasonAboveMaximum        = "above_maximum"
	reasonNeedsProduct        = "purchase_needs_product"
	reasonNeedsQuantity       = "purchase_needs_quantity"
	reasonAmountMismatch      = "amount_mismatch"
	reasonInFuture            = "in_future"
	reasonTooOld              = "too_old"
	reasonMissingFinalNewline = "missing_final_newline"

	reasonNoKnownColumn      = "no_known_column"
	reasonBinaryContent      = "binary_content"
	reasonDamagedCompression = "damaged_compression"
	reasonTooLarge           = "too_large"
	reasonSuspiciousRatio    = "suspicious_ratio"
)
