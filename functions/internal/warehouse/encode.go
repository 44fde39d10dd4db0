package warehouse

import (
	"encoding/binary"

	"eventdrop/functions/internal/dropzone"
)

// PostgreSQL's binary formats, of COPY's fields and of array elements alike: a length of four
// bytes, -1 for NULL, and the value as the type's send function writes it.

// postgresEpoch is 2000-01-01 in microseconds since 1970.
const postgresEpoch = 946_684_800_000_000

var null = [4]byte{0xff, 0xff, 0xff, 0xff} //nolint:gochecknoglobals // a constant that Go cannot write as one

// columnEncoding is what the encoder must know of a column.
type columnEncoding struct {
	typ   dropzone.Type
	scale int
}

// appendValue appends one field.
func appendValue(dst []byte, c columnEncoding, v *dropzone.Value) []byte {
	if !v.Present {
		return append(dst, null[:]...)
	}
	switch c.typ {
	case dropzone.Integer:
		return appendInt64(dst, v.Int)
	case dropzone.Timestamp:
		return appendTimestamp(dst, v.Int)
	case dropzone.Decimal:
		return appendNumeric(dst, v.Int, c.scale)
	case dropzone.Boolean:
		return append(dst, 0, 0, 0, 1, byte(v.Int&1))
	case dropzone.JSON:
		dst = append(appendLength(dst, len(v.Bytes)+1), 1) // version 1 of jsonb's format
		return append(dst, v.Bytes...)
	default:
		return append(appendLength(dst, len(v.Bytes)), v.Bytes...)
	}
}

// appendLength appends the length of a field, or another small number of four bytes.
func appendLength(dst []byte, n int) []byte {
	return binary.BigEndian.AppendUint32(dst, uint32(n)) //nolint:gosec // records and counts are bounded far below
}

// appendShort appends a small number of two bytes, which may be negative.
func appendShort(dst []byte, n int) []byte {
	return binary.BigEndian.AppendUint16(dst, uint16(n)) //nolint:gosec // counts of columns and digits
}

func appendInt64(dst []byte, n int64) []byte {
	return binary.BigEndian.AppendUint64(append(dst, 0, 0, 0, 8), bits(n))
}

// bits is n in two's complement.
func bits(n int64) uint64 { return uint64(n) } //nolint:gosec // no conversion of a number

// appendTimestamp takes microseconds since 1970.
func appendTimestamp(dst []byte, micros int64) []byte { return appendInt64(dst, micros-postgresEpoch) }

// appendNumeric writes n x 10^-scale as numeric: digits in base 10,000, the number of the first
// digit's position (weight), sign and decimal places (src/backend/utils/adt/numeric.c, numeric_send).
func appendNumeric(dst []byte, n int64, scale int) []byte {
	sign, u := 0, bits(n)
	if n < 0 {
		sign, u = 0x4000, -u
	}
	unit := pow10(scale)
	whole, fraction := u/unit, u%unit
	var digits [10]uint64 // five for the whole, up to two for the fraction
	first, last := 5, 5   // digits[first:last] are set
	for ; whole > 0; whole /= 10_000 {
		first--
		digits[first] = whole % 10_000
	}
	weight := 4 - first
	for left := scale; left > 0; left -= 4 {
		if left >= 4 {
			unit /= 10_000
			digits[last] = fraction / unit
			fraction %= unit
		} else {
			digits[last] = fraction * pow10(4-left)
		}
		last++
	}
	for first < last && digits[first] == 0 {
		first++
		weight--
	}
	for last > first && digits[last-1] == 0 {
		last--
	}
	if first == last {
		weight = 0
	}
	dst = appendLength(dst, 8+2*(last-first))
	for _, word := range []int{last - first, weight, sign, scale} {
		dst = appendShort(dst, word)
	}
	for _, d := range digits[first:last] {
		dst = appendShort(dst, int(d)) //nolint:gosec // below 10,000
	}
	return dst
}

func pow10(n int) uint64 {
	p := uint64(1)
	for range n {
		p *= 10
	}
	return p
}
