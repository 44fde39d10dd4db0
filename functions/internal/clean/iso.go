package clean

import (
	"bytes"
	"time"
)

const (
	secondsPerDay = 24 * 60 * 60
	microsPerSec  = 1_000_000
)

// isoReader reads ISO 8601 as files write it: "T" or a space between date and time, seconds and
// their fraction optional, then nothing, "Z", an offset or the word UTC or GMT. A date alone is its
// midnight. Digits beyond microseconds are cut off. A time without a zone is in zone, and is refused
// if a clock change skipped it.
func isoReader(zone *time.Location) timeReader {
	return func(cell []byte) (int64, bool) {
		date, clock, ok := splitISO(cell)
		if !ok {
			return 0, false
		}
		year, month, day, ok := isoDate(date)
		if !ok {
			return 0, false
		}
		seconds, micros, rest, ok := isoClock(clock)
		if !ok {
			return 0, false
		}
		local := daysSince1970(year, month, day)*secondsPerDay + seconds
		offset, zoned, ok := isoOffset(rest)
		if !ok {
			return 0, false
		}
		if !zoned && zone != time.UTC {
			offset, ok = zoneOffset(local, zone)
		}
		return (local-offset)*microsPerSec + micros, ok
	}
}

// splitISO separates the ten bytes of the date from what follows its "T" or space.
func splitISO(cell []byte) (date, clock []byte, ok bool) {
	switch {
	case len(cell) == 10:
		return cell, nil, true
	case len(cell) < 16 || cell[10] != 'T' && cell[10] != 't' && cell[10] != ' ':
		return nil, nil, false
	}
	return cell[:10], cell[11:], true
}

// isoDate reads yyyy-mm-dd.
func isoDate(b []byte) (year, month, day int64, ok bool) {
	if b[4] != '-' || b[7] != '-' || !allDigits(b[:4]) || !allDigits(b[5:7]) || !allDigits(b[8:10]) {
		return 0, 0, 0, false
	}
	year, month, day = two(b)*100+two(b[2:]), two(b[5:]), two(b[8:])
	return year, month, day, year >= 1 && month >= 1 && month <= 12 && day >= 1 && day <= daysIn(year, month)
}

// isoClock reads hh:mm[:ss[.fraction]] and returns what follows it.
func isoClock(b []byte) (seconds, micros int64, rest []byte, ok bool) {
	if len(b) == 0 {
		return 0, 0, nil, true
	}
	if b[2] != ':' || !allDigits(b[:2]) || !allDigits(b[3:5]) || two(b) > 23 || two(b[3:]) > 59 {
		return 0, 0, nil, false
	}
	seconds, rest = two(b)*3600+two(b[3:])*60, b[5:]
	if len(rest) < 3 || rest[0] != ':' {
		return seconds, 0, rest, true
	}
	if !allDigits(rest[1:3]) || two(rest[1:]) > 59 {
		return 0, 0, nil, false
	}
	seconds, rest = seconds+two(rest[1:]), rest[3:]
	if len(rest) < 2 || rest[0] != '.' && rest[0] != ',' {
		return seconds, 0, rest, true
	}
	digits := 1
	for unit := int64(100_000); digits < len(rest) && rest[digits] >= '0' && rest[digits] <= '9'; unit /= 10 {
		micros += int64(rest[digits]-'0') * unit
		digits++
	}
	return seconds, micros, rest[digits:], digits > 1
}

// isoOffset reads the zone at the end, in seconds east of UTC.
func isoOffset(b []byte) (offset int64, zoned, ok bool) {
	b = bytes.TrimLeft(b, " ")
	switch {
	case len(b) == 0:
		return 0, false, true
	case len(b) == 1 && (b[0] == 'Z' || b[0] == 'z'), bytes.EqualFold(b, []byte("UTC")), bytes.EqualFold(b, []byte("GMT")):
		return 0, true, true
	}
	offset, ok = numericOffset(b)
	return offset, true, ok
}

// numericOffset reads +hh, +hhmm and +hh:mm, up to 15:59 either way, as PostgreSQL does.
func numericOffset(b []byte) (int64, bool) {
	sign, digits := cutSign(b)
	if len(digits) == 2 {
		digits = []byte{digits[0], digits[1], '0', '0'}
	} else if len(digits) == 5 && digits[2] == ':' {
		digits = []byte{digits[0], digits[1], digits[3], digits[4]}
	}
	if sign == 0 || len(digits) != 4 || !allDigits(digits) || two(digits) > 15 || two(digits[2:]) > 59 {
		return 0, false
	}
	offset := two(digits)*3600 + two(digits[2:])*60
	if sign == '-' {
		return -offset, true
	}
	return offset, true
}

// zoneOffset finds the offset of a local time, given as if it were UTC, in seconds east of UTC; false
// where a clock change skipped it. Of a time that comes twice it is the first.
func zoneOffset(local int64, zone *time.Location) (int64, bool) {
	wall := time.Unix(local, 0).UTC()
	t := time.Date(wall.Year(), wall.Month(), wall.Day(), wall.Hour(), wall.Minute(), wall.Second(), 0, zone)
	_, offset := t.Zone()
	if t.Unix()+int64(offset) != local {
		return 0, false
	}
	return firstOffset(t, local, int64(offset)), true
}

// firstOffset returns the offset before the last clock change, if the local time also existed then.
func firstOffset(t time.Time, local, offset int64) int64 {
	change, _ := t.ZoneBounds()
	if change.IsZero() {
		return offset
	}
	_, before := change.Add(-time.Second).Zone()
	if local-int64(before) < change.Unix() {
		return int64(before)
	}
	return offset
}

// two reads two digits that are known to be digits.
func two(b []byte) int64 { return int64(b[0]-'0')*10 + int64(b[1]-'0') }

func daysIn(year, month int64) int64 {
	switch month {
	case 2:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	case 4, 6, 9, 11:
		return 30
	}
	return 31
}

// daysSince1970 counts in the proleptic Gregorian calendar, from year 1 on, years beginning in March
// (Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", days_from_civil).
func daysSince1970(year, month, day int64) int64 {
	if month <= 2 {
		year--
		month += 12
	}
	era := year / 400
	yearOfEra := year - era*400
	dayOfYear := (153*(month-3)+2)/5 + day - 1
	dayOfEra := yearOfEra*365 + yearOfEra/4 - yearOfEra/100 + dayOfYear
	return era*146097 + dayOfEra - 719468
}
