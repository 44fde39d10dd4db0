package clean

import (
	"bytes"
	"fmt"
	"strings"
	"time"

	"eventdrop/functions/internal/contract"
	"eventdrop/functions/internal/dropzone"
)

// timeReader reads a time in one format as microseconds since 1970.
type timeReader func(cell []byte) (int64, bool)

// timestampParser tries the column's formats in turn.
func timestampParser(c *contract.Contract, col *contract.Column) (parser, error) {
	var readers []timeReader
	for _, format := range col.Formats {
		switch format {
		case "iso":
			readers = append(readers, isoReader(c.Location()))
		case "epoch":
			readers = append(readers, readEpoch)
		default:
			layout, err := goLayout(format)
			if err != nil {
				return nil, err
			}
			readers = append(readers, layoutReader(layout, c.Location()))
		}
	}
	return func(cell []byte, v *dropzone.Value, _ *[]byte) verdict {
		for _, read := range readers {
			if micros, ok := read(cell); ok {
				v.Int = micros
				return verdict{}
			}
		}
		return verdict{reason: dropzone.InvalidTimestamp}
	}, nil
}

// readEpoch reads seconds, milliseconds, microseconds or nanoseconds since 1970: which one follows
// from the magnitude. Seconds may have a fraction.
func readEpoch(cell []byte) (int64, bool) {
	whole, fraction, fractional := bytes.Cut(cell, []byte{'.'})
	n, precision := parseDecimal(whole, 0)
	if precision != exact || n < 0 || !allDigits(whole) || !allDigits(fraction) {
		return 0, false
	}
	seconds := n < 1e11
	if fractional && !seconds && len(bytes.Trim(fraction, "0")) > 0 {
		return 0, false
	}
	switch {
	case seconds:
		micros, p := parseDecimal(cell, 6)
		return micros, p != overflow && p != malformed
	case n < 1e14:
		return n * 1000, true
	case n < 1e17:
		return n, true
	}
	return n / 1000, true
}

// layoutReader reads a time in a layout of package time. It is the slow way, for rare formats.
func layoutReader(layout string, zone *time.Location) timeReader {
	return func(cell []byte) (int64, bool) {
		if len(cell) > 64 {
			return 0, false
		}
		text := strings.ToUpper(string(cell)) // package time knows "PM", not "pm"
		t, err := time.ParseInLocation(layout, text, zone)
		if err != nil || !exists(t, layout, text) {
			return 0, false
		}
		return t.UnixMicro(), true
	}
}

// exists refuses a local time that a clock change skipped, which package time moves by an hour.
func exists(t time.Time, layout, text string) bool {
	utc, err := time.Parse(layout, text)
	return err == nil && utc.Hour() == t.Hour() && utc.Minute() == t.Minute()
}

// goLayout turns a pattern in the letters of Java and Spark into a layout of package time.
func goLayout(pattern string) (string, error) {
	var layout strings.Builder
	for rest := pattern; rest != ""; {
		n := 1
		for n < len(rest) && rest[n] == rest[0] {
			n++
		}
		element, ok := layoutElement(rest[:n])
		if !ok {
			return "", fmt.Errorf("format %q: %q is not understood", pattern, rest[:n])
		}
		layout.WriteString(element)
		rest = rest[n:]
	}
	return layout.String(), nil
}

func layoutElement(letters string) (string, bool) {
	elements := map[string]string{
		"yyyy": "2006", "yy": "06", "MM": "01", "M": "1", "MMM": "Jan", "MMMM": "January", "dd": "02", "d": "2",
		"HH": "15", "hh": "03", "h": "3", "mm": "04", "m": "4", "ss": "05", "s": "5", "SSS": "000", "SSSSSS": "000000",
		"a": "PM", "XXX": "Z07:00", "XX": "Z0700", "Z": "-0700", "z": "MST",
	}
	if element, ok := elements[letters]; ok {
		return element, true
	}
	isLetter := letters[0] >= 'A' && letters[0] <= 'Z' || letters[0] >= 'a' && letters[0] <= 'z'
	return letters, !isLetter || letters == "T"
}
