package clean

import (
	"encoding/hex"
	"fmt"
	"strings"
	"unicode/utf8"

	"eventdrop/functions/internal/contract"
	"eventdrop/functions/internal/dropzone"
)

// parser reads one normal, non-null cell into a value. Text that must differ from the cell is
// appended to the arena, which lives as long as the row. It does not set Present.
type parser func(cell []byte, v *dropzone.Value, arena *[]byte) verdict

// verdict is what a parser says of a cell. The zero verdict is a plain success.
type verdict struct {
	reason dropzone.Reason // why the cell is invalid
	repair string          // what was done to make it valid
}

// newParser names the column's field that an error is about.
func newParser(c *contract.Contract, col *contract.Column) (parse parser, field string, err error) {
	switch col.Type() {
	case dropzone.UUID:
		return parseUUID, "", nil
	case dropzone.Identifier, dropzone.Text:
		return textParser(col.MaxLength), "", nil
	case dropzone.Enum:
		return enumParser(col), "", nil
	case dropzone.Integer, dropzone.Decimal:
		return numberParser(col)
	case dropzone.Timestamp:
		parse, err = timestampParser(c, col)
		return parse, "formats", err
	case dropzone.Boolean:
		return parseBoolean, "", nil
	default:
		return nil, "type", fmt.Errorf("type %d has no parser", col.Type())
	}
}

// textParser takes a text as it is. maxLength is in characters; 0 means no limit.
func textParser(maxLength int) parser {
	return func(cell []byte, v *dropzone.Value, _ *[]byte) verdict {
		if maxLength > 0 && len(cell) > maxLength && utf8.RuneCount(cell) > maxLength {
			return verdict{reason: dropzone.TooLong}
		}
		v.Bytes = cell
		return verdict{}
	}
}

// enumParser accepts the enum's values and their synonyms, folded; the value is the enum's own spelling.
func enumParser(col *contract.Column) parser {
	values := map[string][]byte{}
	for value, synonyms := range col.Values {
		for _, spelling := range append([]string{value}, synonyms...) {
			values[contract.Fold(spelling)] = []byte(value)
		}
	}
	return func(cell []byte, v *dropzone.Value, arena *[]byte) verdict {
		value, ok := values[string(cell)] // as most are spelled
		if !ok {
			start := len(*arena)
			*arena = contract.AppendFold(*arena, cell)
			value, ok = values[string((*arena)[start:])]
			*arena = (*arena)[:start]
		}
		if !ok {
			return verdict{reason: dropzone.UnknownValue}
		}
		v.Bytes = value
		return verdict{}
	}
}

func parseBoolean(cell []byte, v *dropzone.Value, _ *[]byte) verdict {
	switch strings.ToLower(string(cell)) {
	case "true", "t", "yes", "y", "on", "1":
		v.Int = 1
	case "false", "f", "no", "n", "off", "0":
		v.Int = 0
	default:
		return verdict{reason: dropzone.InvalidBoolean}
	}
	return verdict{}
}

// parseUUID reads the 36 characters of RFC 9562 or the 32 digits alone, in any case, with or without
// braces or the prefix of a URN.
func parseUUID(cell []byte, v *dropzone.Value, arena *[]byte) verdict {
	digits, ok := uuidDigits(cell)
	if !ok {
		return verdict{reason: dropzone.InvalidUUID}
	}
	var id [16]byte
	if _, err := hex.Decode(id[:], digits[:]); err != nil {
		return verdict{reason: dropzone.InvalidUUID}
	}
	start := len(*arena)
	*arena = append(*arena, id[:]...)
	v.Bytes = (*arena)[start:]
	return verdict{}
}

// uuidDigits drops what is no digit. The digits are not checked.
func uuidDigits(cell []byte) (digits [32]byte, ok bool) {
	const urn = "urn:uuid:"
	if len(cell) > 2 && cell[0] == '{' && cell[len(cell)-1] == '}' {
		cell = cell[1 : len(cell)-1]
	} else if len(cell) > len(urn) && strings.EqualFold(string(cell[:len(urn)]), urn) {
		cell = cell[len(urn):]
	}
	switch {
	case len(cell) == 32:
		return [32]byte(cell), true
	case len(cell) != 36 || cell[8] != '-' || cell[13] != '-' || cell[18] != '-' || cell[23] != '-':
		return digits, false
	}
	*(*[8]byte)(digits[0:]) = [8]byte(cell) // by fixed lengths: each is one move
	*(*[4]byte)(digits[8:]) = [4]byte(cell[9:])
	*(*[4]byte)(digits[12:]) = [4]byte(cell[14:])
	*(*[4]byte)(digits[16:]) = [4]byte(cell[19:])
	*(*[12]byte)(digits[20:]) = [12]byte(cell[24:])
	return digits, true
}
