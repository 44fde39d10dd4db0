package clean

import (
	"encoding/binary"
	"strings"

	"eventdrop/functions/internal/dropzone"
)

// parseUUID reads the 36 characters of RFC 9562 or the 32 digits alone, in any case, with or without
// braces or the prefix of a URN.
func parseUUID(cell []byte, v *dropzone.Value, arena *[]byte) verdict {
	digits, ok := uuidDigits(cell)
	start := len(*arena)
	for i := 0; i < len(digits) && ok; i++ {
		var four uint32
		four, ok = unhex(digits[i])
		*arena = binary.LittleEndian.AppendUint32(*arena, four)
	}
	if !ok {
		return verdict{reason: dropzone.InvalidUUID}
	}
	v.Bytes = (*arena)[start:]
	return verdict{}
}

// uuidDigits gives what should be digits, in four words, and drops what should be none.
func uuidDigits(cell []byte) (digits [4]uint64, ok bool) {
	if len(cell) != 36 && len(cell) != 32 {
		cell = unwrapUUID(cell)
	}
	word, half := binary.LittleEndian.Uint64, binary.LittleEndian.Uint32
	switch {
	case len(cell) == 32:
		return [4]uint64{word(cell), word(cell[8:]), word(cell[16:]), word(cell[24:])}, true
	case len(cell) != 36 || cell[8] != '-' || cell[13] != '-' || cell[18] != '-' || cell[23] != '-':
		return digits, false
	}
	return [4]uint64{
		word(cell),
		uint64(half(cell[9:])) | uint64(half(cell[14:]))<<32,
		uint64(half(cell[19:])) | uint64(half(cell[24:]))<<32,
		word(cell[28:]),
	}, true
}

// unwrapUUID drops the braces or the prefix.
func unwrapUUID(cell []byte) []byte {
	const urn = "urn:uuid:"
	if len(cell) > 2 && cell[0] == '{' && cell[len(cell)-1] == '}' {
		return cell[1 : len(cell)-1]
	} else if len(cell) > len(urn) && strings.EqualFold(string(cell[:len(urn)]), urn) {
		return cell[len(urn):]
	}
	return cell
}

// eachByte, times a byte, is that byte eight times.
const eachByte = 0x0101010101010101

// unhex turns eight hexadecimal digits in any case, the first of them lowest, into four bytes in the
// same order. It works on all eight at once: in bytes below 0x80 a sum sets the highest bit exactly if
// the byte has reached a limit.
func unhex(digits uint64) (four uint32, ok bool) {
	const high = eachByte * 0x80
	lower := digits | eachByte*0x20
	number := (digits + eachByte*(0x80-'0')) &^ (digits + eachByte*(0x80-'9'-1))
	letter := (lower + eachByte*(0x80-'a')) &^ (lower + eachByte*(0x80-'f'-1)) & high
	if digits&high != 0 || (number|letter)&high != high {
		return 0, false
	}
	nibbles := digits&(eachByte*0x0f) + letter>>7*9 // an "a" is 0x61
	pairs := (nibbles<<4 | nibbles>>8) & 0x00ff00ff00ff00ff
	pairs = (pairs | pairs>>8) & 0x0000ffff0000ffff
	return uint32(pairs | pairs>>16), true //nolint:gosec // the upper half is a copy of a part
}
