package clean

import (
	"bytes"
	"encoding/binary"
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
		minutes, rest, ok := isoMinutes(cell)
		if !ok {
			return 0, false
		}
		seconds, micros, rest, ok := isoSeconds(rest)
		if !ok {
			return 0, false
		}
		local := minutes*60 + seconds
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

// isoMinutes reads yyyy-mm-dd[Thh:mm] as minutes since 1970 and returns what follows.
func isoMinutes(cell []byte) (minutes int64, rest []byte, ok bool) {
	text := cell
	if len(cell) == 10 {
		midnight := [16]byte{10: 'T', '0', '0', ':', '0', '0'}
		copy(midnight[:], cell)
		text = midnight[:]
	}
	if len(text) < 16 || text[10] != 'T' && text[10] != 't' && text[10] != ' ' {
		return 0, nil, false
	}
	date, isDate := pairs(binary.LittleEndian.Uint64(text), dateLayout, dateMarks)
	clock, isClock := pairs(binary.LittleEndian.Uint64(text[8:])&^anyByte, clockLayout, clockMarks)
	year, month, day := date.at(0)*100+date.at(2), date.at(5), clock.at(0)
	hour, minute := clock.at(3), clock.at(6)
	if !isDate || !isClock || year < 1 || month < 1 || month > 12 || day < 1 || day > daysIn(year, month) || hour > 23 || minute > 59 {
		return 0, nil, false
	}
	return (daysSince1970(year, month, day)*24+hour)*60 + minute, cell[min(16, len(cell)):], true
}

// Eight bytes of a time as a word, the first of them lowest: zeros stand for digits, and the marks are where
// neither a digit nor just any byte may stand.
const (
	dateLayout  = 0x2d30302d30303030 // "0000-00-"
	dateMarks   = 0xff0000ff00000000
	clockLayout = 0x30303a3030003030 // "00T00:00", but for the "T"
	clockMarks  = 0x0000ff0000000000
	anyByte     = 0x0000000000ff0000
)

// numbers are the numbers of two digits that begin at each of eight bytes.
type numbers uint64

func (n numbers) at(i int) int64 { return int64(n >> (8 * i) & 0xff) }

// pairs reads all numbers of two digits in a text that should have this layout, at once.
func pairs(text, layout, marks uint64) (n numbers, ok bool) {
	digits := text ^ layout // 0 to 9 for each digit, 0 for each mark
	ok = (digits|(digits+eachByte*(0x80-10)))&(eachByte*0x80) == 0 && digits&marks == 0
	return numbers(digits*10 + digits>>8), ok
}

// isoSeconds reads [:ss[.fraction]] and returns what follows it.
func isoSeconds(b []byte) (seconds, micros int64, rest []byte, ok bool) {
	if len(b) < 3 || b[0] != ':' {
		return 0, 0, b, true
	}
	if seconds = two(b[1:]); seconds > 59 {
		return 0, 0, nil, false
	}
	micros, rest, ok = isoFraction(b[3:])
	return seconds, micros, rest, ok
}

// isoFraction reads [.fraction], which may have any number of digits.
func isoFraction(b []byte) (micros int64, rest []byte, ok bool) {
	if len(b) < 2 || b[0] != '.' && b[0] != ',' {
		return 0, b, true
	}
	digits := 1
	for unit := int64(100_000); digits < len(b) && b[digits]-'0' <= 9; unit /= 10 {
		micros += int64(b[digits]-'0') * unit
		digits++
	}
	return micros, b[digits:], digits > 1
}

// isoOffset reads the zone at the end, in seconds east of UTC.
func isoOffset(b []byte) (offset int64, zoned, ok bool) {
	if len(b) > 0 && b[0] == ' ' {
		b = bytes.TrimLeft(b, " ")
	}
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
	if sign == 0 || len(digits) != 4 || two(digits) > 15 || two(digits[2:]) > 59 {
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

// two reads two digits; what is none gives a number above all that two digits can say.
func two(b []byte) int64 {
	tens, ones := b[0]-'0', b[1]-'0'
	if tens > 9 || ones > 9 {
		return 100
	}
	return int64(tens)*10 + int64(ones)
}

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
