package clean

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf8"

	"eventdrop/functions/internal/contract"
	"eventdrop/functions/internal/dropzone"
)

// parser reads one trimmed, non-null cell into a value. Text that must differ from the cell is
// appended to the arena, which lives as long as the row. It does not set Present.
type parser func(cell []byte, v *dropzone.Value, arena *[]byte) verdict

// verdict is what a parser says of a cell. The zero verdict is a plain success.
type verdict struct {
	reason dropzone.Reason // why the cell is invalid
	repair string          // what was done to make it valid
}

func newParser(c *contract.Contract, col *contract.Column) (parser, error) {
	switch col.Type() {
	case dropzone.UUID:
		return parseUUID, nil
	case dropzone.Identifier:
		return textParser(col, true), nil
	case dropzone.Text:
		return textParser(col, false), nil
	case dropzone.Enum:
		return enumParser(col)
	case dropzone.Integer, dropzone.Decimal:
		return numberParser(col)
	case dropzone.Timestamp:
		return timestampParser(c, col)
	case dropzone.Boolean:
		return parseBoolean, nil
	}
	return nil, fmt.Errorf("type %d has no parser", col.Type())
}

// textParser reads a text, or an identifier, which loses the ".0" that float columns give to
// whole numbers.
func textParser(col *contract.Column, identifier bool) parser {
	return func(cell []byte, v *dropzone.Value, arena *[]byte) verdict {
		if identifier {
			cell = trimFloat(cell)
		}
		if col.MaxLength > 0 && len(cell) > col.MaxLength && utf8.RuneCount(cell) > col.MaxLength {
			return verdict{reason: dropzone.TooLong}
		}
		v.Bytes = changeCase(cell, col.Case, arena)
		return verdict{}
	}
}

// trimFloat turns "123.0" into "123" and leaves everything else alone.
func trimFloat(cell []byte) []byte {
	point := bytes.IndexByte(cell, '.')
	if point <= 0 {
		return cell
	}
	for i, b := range cell {
		isSign := i == 0 && b == '-' && point > 1
		switch {
		case i < point && (b < '0' || b > '9') && !isSign:
			return cell
		case i > point && b != '0':
			return cell
		}
	}
	return cell[:point]
}

func changeCase(cell []byte, to string, arena *[]byte) []byte {
	if to == "" {
		return cell
	}
	start := len(*arena)
	if to == "upper" {
		*arena = append(*arena, bytes.ToUpper(cell)...)
	} else {
		*arena = append(*arena, bytes.ToLower(cell)...)
	}
	return (*arena)[start:]
}

// enumParser accepts the enum's values and their synonyms, folded; the value is the enum's own spelling.
func enumParser(col *contract.Column) (parser, error) {
	values := map[string][]byte{}
	for value, synonyms := range col.Values {
		for _, spelling := range append([]string{value}, synonyms...) {
			folded := contract.Fold(spelling)
			if other, taken := values[folded]; taken && string(other) != value {
				return nil, fmt.Errorf("%q is a spelling of both %s and %s", spelling, other, value)
			}
			values[folded] = []byte(value)
		}
	}
	return func(cell []byte, v *dropzone.Value, arena *[]byte) verdict {
		start := len(*arena)
		*arena = contract.AppendFold(*arena, cell)
		value, ok := values[string((*arena)[start:])]
		*arena = (*arena)[:start]
		if !ok {
			return verdict{reason: dropzone.UnknownValue}
		}
		v.Bytes = value
		return verdict{}
	}, nil
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

// parseUUID reads the 36 characters of RFC 9562, or the 32 digits alone, with or without braces.
func parseUUID(cell []byte, v *dropzone.Value, arena *[]byte) verdict {
	invalid := verdict{reason: dropzone.InvalidUUID}
	if len(cell) == 38 && cell[0] == '{' && cell[37] == '}' {
		cell = cell[1:37]
	}
	if len(cell) != 36 && len(cell) != 32 {
		return invalid
	}
	start := len(*arena)
	dst := *arena
	for i := 0; i < len(cell); {
		if len(cell) == 36 && (i == 8 || i == 13 || i == 18 || i == 23) {
			if cell[i] != '-' {
				return invalid
			}
			i++
			continue
		}
		hi, lo := hexDigit(cell[i]), hexDigit(cell[i+1])
		if hi > 15 || lo > 15 {
			return invalid
		}
		dst = append(dst, hi<<4|lo)
		i += 2
	}
	*arena = dst
	v.Bytes = dst[start:]
	return verdict{}
}

// hexDigit returns the value of a hexadecimal digit, or 255.
func hexDigit(b byte) byte {
	switch {
	case b >= '0' && b <= '9':
		return b - '0'
	case b >= 'a' && b <= 'f':
		return b - 'a' + 10
	case b >= 'A' && b <= 'F':
		return b - 'A' + 10
	}
	return 255
}
