package clean

import (
	"bytes"
	"strings"
	"time"

	"eventdrop/functions/internal/contract"
	"eventdrop/functions/internal/dropzone"
)

// timeReader reads a time in one format as microseconds since 1970.
type timeReader func(cell []byte) (int64, bool)

// Times of the years 1 to 9999 are accepted: what ISO 8601 can write, and PostgreSQL and every other
// reader can read. In microseconds since 1970, both inclusive.
const (
	earliestTime = -62_135_596_800 * microsPerSec
	latestTime   = 253_402_300_800*microsPerSec - 1
)

// timestampParser tries the column's formats in turn.
func timestampParser(c *contract.Contract, col *contract.Column) (parser, error) {
	var readers []timeReader
	for _, format := range col.Formats {
		reader, err := newTimeReader(format, c.Location())
		if err != nil {
			return nil, err
		}
		readers = append(readers, reader)
	}
	return func(cell []byte, v *dropzone.Value, _ *[]byte) verdict {
		for _, read := range readers {
			if micros, ok := read(cell); ok && micros >= earliestTime && micros <= latestTime {
				v.Int = micros
				return verdict{}
			}
		}
		return verdict{reason: dropzone.InvalidTimestamp}
	}, nil
}

func newTimeReader(format string, zone *time.Location) (timeReader, error) {
	switch format {
	case "iso":
		return isoReader(zone), nil
	case "epoch":
		return readEpoch, nil
	}
	l, err := newLayout(format)
	if err != nil {
		return nil, err
	}
	return layoutReader(l, zone), nil
}

// readEpoch reads seconds, milliseconds, microseconds or nanoseconds since 1970: which one follows
// from the magnitude. Seconds may have a fraction, of which microseconds are kept; negative numbers
// are refused.
func readEpoch(cell []byte) (int64, bool) {
	whole, fraction, _ := bytes.Cut(cell, []byte{'.'})
	count, state := parseDecimal(whole, 0)
	if !allDigits(whole) || !allDigits(fraction) || state != exact {
		return 0, false
	}
	switch {
	case count < 1e11:
		micros, _ := parseDecimal(cell[:min(len(cell), len(whole)+len(".000000"))], 6)
		return micros, true
	case len(bytes.Trim(fraction, "0")) > 0:
		return 0, false
	case count < 1e14:
		return count * 1000, true
	case count < 1e17:
		return count, true
	}
	return count / 1000, true
}

// maxLayoutLength is longer than any time in a layout, in bytes. It bounds the work on prose.
const maxLayoutLength = 64

// layoutReader reads a time in a layout of package time. It is the slow way, for rare formats.
func layoutReader(l layout, zone *time.Location) timeReader {
	return func(cell []byte) (int64, bool) {
		if len(cell) > maxLayoutLength {
			return 0, false
		}
		t, err := time.Parse(l.text, strings.ToUpper(string(cell))) // package time knows "PM", not "pm"
		if err != nil || l.zoned {
			return t.UnixMicro(), err == nil
		}
		offset, ok := zoneOffset(t.Unix(), zone)
		return t.UnixMicro() - offset*microsPerSec, ok
	}
}
