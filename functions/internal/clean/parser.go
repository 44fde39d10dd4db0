package clean

import (
	"fmt"
	"maps"
	"math"
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

// plainLength is the length in bytes up to which a column's parser takes any cell as it is.
func plainLength(col *contract.Column) int {
	switch {
	case col.Type() != dropzone.Identifier && col.Type() != dropzone.Text:
		return -1
	case col.MaxLength == 0:
		return math.MaxInt
	}
	return col.MaxLength
}

// enumParser accepts the enum's values and their synonyms, folded; the value is the enum's own spelling.
func enumParser(col *contract.Column) parser {
	words := newWordTable(spellings(col))
	return func(cell []byte, v *dropzone.Value, arena *[]byte) verdict {
		value := words.value(cell) // as most are spelled
		if value == nil {
			start := len(*arena)
			*arena = contract.AppendFold(*arena, cell)
			value = words.value((*arena)[start:])
			*arena = (*arena)[:start]
		}
		if value == nil {
			return verdict{reason: dropzone.UnknownValue}
		}
		v.Bytes = value
		return verdict{}
	}
}

// spellings maps each spelling to its value: folded, and, to save most cells the folding, as the
// contract has it.
func spellings(col *contract.Column) map[string][]byte {
	folded, all := map[string][]byte{}, map[string][]byte{}
	for value, synonyms := range col.Values {
		for _, spelling := range append([]string{value}, synonyms...) {
			folded[contract.Fold(spelling)], all[spelling] = []byte(value), []byte(value)
		}
	}
	maps.Copy(all, folded)
	return all
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
