package clean

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

const noTime = "refused: invalid_timestamp a"

// at is a time of 2024-05-06 in the canonical form.
func at(clock string) string { return "2024-05-06T" + clock + "Z" }

func TestISOTimes(t *testing.T) {
	t.Parallel()
	testCells(t, "type: timestamp, formats: [iso]", [][2]string{
		{"2024-05-06T07:08:09Z", at("07:08:09.000000")},
		{"2024-05-06t07:08:09z", at("07:08:09.000000")},
		{"2024-05-06T07:08:09", at("07:08:09.000000")},
		{"2024-05-06 07:08:09", at("07:08:09.000000")},
		{"2024-05-06T07:08", at("07:08:00.000000")},
		{"2024-05-06T07:08Z", at("07:08:00.000000")},
		{"2024-05-06", at("00:00:00.000000")},
		{"2024-05-06T07:08:09.1", at("07:08:09.100000")},
		{"2024-05-06T07:08:09,123456", at("07:08:09.123456")},
		{"2024-05-06T07:08:09.123456789123Z", at("07:08:09.123456")},
		{"2024-05-06T07:08:09.9999999Z", at("07:08:09.999999")},
		{"2024-05-06 07:08:09 UTC", at("07:08:09.000000")},
		{"2024-05-06 07:08:09.5 gmt", at("07:08:09.500000")},
		{"2024-05-06T07:08:09UTC", at("07:08:09.000000")},
		{"2024-05-06T07:08:09+05:30", at("01:38:09.000000")},
		{"2024-05-06T07:08:09+0530", at("01:38:09.000000")},
		{"2024-05-06T07:08:09+05", at("02:08:09.000000")},
		{"2024-05-06 07:08:09.25 -03:30", at("10:38:09.250000")},
		{"2024-05-06T07:08:09-00:00", at("07:08:09.000000")},
		{"  2024-05-06T07:08:09Z \t", at("07:08:09.000000")},
		{"2024-02-29", "2024-02-29T00:00:00.000000Z"},
		{"2000-02-29", "2000-02-29T00:00:00.000000Z"},
		{"0001-01-01", "0001-01-01T00:00:00.000000Z"},
		{"9999-12-31T23:59:59.999999Z", "9999-12-31T23:59:59.999999Z"},
		{"1969-12-31T23:59:59.999999Z", "1969-12-31T23:59:59.999999Z"},
		{"2024-05-06T24:00:00Z", noTime},
		{"2024-05-06T23:59:60Z", noTime},
		{"2016-12-31T23:59:60Z", noTime},
		{"2024-05-06T07:60:00", noTime},
		{"2023-02-29", noTime},
		{"1900-02-29", noTime},
		{"2024-04-31", noTime},
		{"2024-13-01", noTime},
		{"2024-00-01", noTime},
		{"2024-01-00", noTime},
		{"0000-05-06", noTime},
		{"10000-01-01", noTime},
		{"10000-01-01T00:00:00Z", noTime},
		{"+2024-05-06T00:00:00Z", noTime},
		{"9999-12-31T23:59:59-01:00", noTime},
		{"0001-01-01T00:00:00+01:00", noTime},
		{"2024-05-06T07:08:09.", noTime},
		{"2024-05-06T07:08:", noTime},
		{"2024-05-06T07:08:9", noTime},
		{"2024-05-06T07", noTime},
		{"2024-05-06T", noTime},
		{"2024-05-06T07:08:09+5", noTime},
		{"2024-05-06T07:08:09+16:00", noTime},
		{"2024-05-06T07:08:09+05:60", noTime},
		{"2024-05-06T07:08:09+053", noTime},
		{"2024-05-06T07:08:09 CET", noTime},
		{"2024-05-06T07:08:09ZZ", noTime},
		{"2024-05-06T07:08:09Z+01:00", noTime},
		{"2024-05-06_07:08:09", noTime},
		{"2024/05/06", noTime},
		{"20240506", noTime},
		{"06.05.2024", noTime},
		{"INVALID_DATE", noTime},
		{"today", noTime},
		{"２０２４-05-06", noTime},
	})
}

func TestEpochTimes(t *testing.T) {
	t.Parallel()
	testCells(t, "type: timestamp, formats: [epoch]", [][2]string{
		{"1714979289", at("07:08:09.000000")},
		{"1714979289123", at("07:08:09.123000")},
		{"1714979289123456", at("07:08:09.123456")},
		{"1714979289123456789", at("07:08:09.123456")},
		{"1714979289.5", at("07:08:09.500000")},
		{"1714979289.1234569", at("07:08:09.123456")},
		{"1714979289.9999999", at("07:08:09.999999")},
		{"1714979289.", at("07:08:09.000000")},
		{"1714979289.0", at("07:08:09.000000")},
		{"1714979289123.0", at("07:08:09.123000")},
		{"0", "1970-01-01T00:00:00.000000Z"},
		{"99999999999", "5138-11-16T09:46:39.000000Z"},
		{"100000000000", "1973-03-03T09:46:40.000000Z"},
		{"1714979289123.5", noTime},
		{"-1", noTime},
		{"+1714979289", noTime},
		{"1.7e9", noTime},
		{".5", noTime},
		{"1714979289 s", noTime},
		{"9223372036854775807", "2262-04-11T23:47:16.854775Z"},
		{"9223372036854775808", noTime},
		{strings.Repeat("9", 40), noTime},
	})
}

func TestPatterns(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ pattern, cell, want string }{
		{"dd-MM-yyyy, HH:mm:ss", "06-05-2024, 07:08:09", at("07:08:09.000000")},
		{"dd-MM-yyyy, HH:mm:ss", "31-04-2024, 07:08:09", noTime},
		{"dd-MM-yyyy, HH:mm:ss", "06-05-2024, 24:00:00", noTime},
		{"dd-MM-yyyy, HH:mm:ss", "06-05-2024", noTime},
		{"MM/dd/yyyy h:mm a", "05/06/2024 2:30 PM", at("14:30:00.000000")},
		{"MM/dd/yyyy h:mm a", "05/06/2024 12:30 am", at("00:30:00.000000")},
		{"MM/dd/yyyy h:mm a", "05/06/2024 13:30 PM", noTime},
		{"yyyy-MM-dd'T'HH:mm:ss.SSSXXX", "2024-05-06T07:08:09.123+05:30", at("01:38:09.123000")},
		{"yyyy-MM-dd'T'HH:mm:ss.SSSXXX", "2024-05-06T07:08:09.123Z", at("07:08:09.123000")},
		{"yyyy-MM-dd'T'HH:mm:ss.SSSXXX", "2024-05-06T07:08:09.1234Z", noTime},
		{"yyyy-MM-ddTHH:mm:ss,SSSSSS", "2024-05-06T07:08:09,123456", at("07:08:09.123456")},
		{"yyyy-MM-dd HH:mm:ss.SSSSSSSSS Z", "2024-05-06 07:08:09.123456789 +0100", at("06:08:09.123456")},
		{"d. MMMM yyyy 'um' H:mm 'Uhr'", "6. may 2024 um 7:08 uhr", at("07:08:00.000000")},
		{"EEE, dd MMM yyyy HH:mm:ss xx", "Mon, 06 May 2024 07:08:09 +0000", at("07:08:09.000000")},
		{"h 'o''clock' a, MMM d, yyyy", "7 o'clock PM, May 6, 2024", at("19:00:00.000000")},
		{"yyyy''MM''dd", "2024'05'06", at("00:00:00.000000")},
		{"yyyy年MM月dd日", "2024年05月06日", at("00:00:00.000000")},
		{"yyyyMMdd", "20240506", at("00:00:00.000000")},
		{"yy-MM-dd", "24-05-06", at("00:00:00.000000")},
	} {
		got := one(t, "type: timestamp, formats: ["+strconv.Quote(c.pattern)+"]", c.cell).get("a")
		if got != c.want {
			t.Errorf("%s: %q is %s, want %s", c.pattern, c.cell, got, c.want)
		}
	}
}

func TestPatternsThatCannotBeReadFaithfullyAreRefused(t *testing.T) {
	t.Parallel()
	for pattern, want := range map[string]string{
		"yyyy-MM-dd '2'":              "literal",
		"yyyy-MM-dd 1":                "literal",
		"yyyy-MM-dd 'Jan'":            "", // compared in upper case: JAN is no element
		"yyyy-MM-dd 'pm'":             "literal",
		"yyyy-MM-dd 'mst'":            "literal",
		"yyyy_M_d":                    "literal", // _2 is a day padded with a space
		"yyyy-MM-dd HHMs":             "literal", // 1 and 5 are 15, the hour
		"'":                           "does not end",
		"yyyy-MM-dd'T":                "does not end",
		"yyyy-MM-dd HH:mm:ssSSS":      "after a point",
		"yyyy-MM-dd ss.SSSSSSSSSS":    "at most nine",
		"SSS yyyy-MM-dd":              "after a point",
		"yyyy-MM-dd hh:mm":            "need each other",
		"yyyy-MM-dd HH:mm a":          "need each other",
		"HH:mm:ss":                    "year, month and day",
		"":                            "year, month and day",
		"yyyy-MM-dd HH:mm:ss z":       "not understood",
		"YYYY-MM-dd":                  "not understood",
		"yyyy-mm-dd":                  "year, month and day",
		"ISO":                         "not understood",
		"yyyy-MM-ddTTHH:mm":           "not understood",
		"yyyy-MM-dd'T'HH:mm:ss[.SSS]": "", // brackets are literals here
	} {
		_, err := newLayout(pattern)
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", pattern, err, want)
		}
	}
}

func TestTimesWithoutAZoneAreInTheContractsZone(t *testing.T) {
	t.Parallel()
	c := cleanerOf(t, `  - {name: a, type: timestamp, formats: [iso, epoch, "dd.MM.yyyy HH:mm", "dd.MM.yyyy HH:mm xxx"]}`, "timezone: Europe/Berlin")
	for cell, want := range map[string]string{
		"2024-05-06T09:08:09":     at("07:08:09.000000"),
		"2024-05-06T09:08:09Z":    at("09:08:09.000000"),
		"2024-05-06T09:08:09 UTC": at("09:08:09.000000"),
		"2024-05-06":              "2024-05-05T22:00:00.000000Z",
		"06.05.2024 09:08":        at("07:08:00.000000"),
		"06.05.2024 09:08 +00:00": at("09:08:00.000000"),
		"1714979289":              at("07:08:09.000000"),
		"2024-03-31T01:59:59":     "2024-03-31T00:59:59.000000Z",
		"2024-03-31T02:00:00":     noTime, // skipped
		"2024-03-31T02:59:59":     noTime,
		"31.03.2024 02:30":        noTime,
		"31.03.2024 02:30 +01:00": "2024-03-31T01:30:00.000000Z",
		"2024-03-31T03:00:00":     "2024-03-31T01:00:00.000000Z",
		"2024-10-27T02:30:00":     "2024-10-27T00:30:00.000000Z", // comes twice: the first
		"27.10.2024 02:30":        "2024-10-27T00:30:00.000000Z",
		"2024-10-27T03:00:00":     "2024-10-27T02:00:00.000000Z",
	} {
		if got := all(t, c, rowsOf(t, c, "a\n"+quoted(cell)+"\n"))[0].get("a"); got != want {
			t.Errorf("%q is %s, want %s", cell, got, want)
		}
	}
}

// A local time is read as the first instant at which clocks showed it, west and east of Greenwich.
func TestZoneOffsetInvertsTheClock(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.SampledFrom([]string{"Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "Europe/Amsterdam"}).Draw(t, "zone")
		zone, err := time.LoadLocation(name)
		if err != nil {
			t.Fatal(err)
		}
		instant := rapid.Int64Range(-3_000_000_000, 3_000_000_000).Draw(t, "instant")
		_, offset := time.Unix(instant, 0).In(zone).Zone()
		local := instant + int64(offset)
		got, ok := zoneOffset(local, zone)
		if _, shown := time.Unix(local-got, 0).In(zone).Zone(); !ok || int64(shown) != got || local-got > instant {
			t.Errorf("%s: %d is read with offset %d (%v), shown with %d", name, instant, got, ok, offset)
		}
	})
}

func TestZoneOffsetTakesTheFirstOfTwo(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"America/New_York": "2024-11-03T05:30:00Z", // 01:30 EDT, not EST
		"Europe/London":    "2024-11-03T01:30:00Z", // no change that day
	} {
		zone, err := time.LoadLocation(name)
		if err != nil {
			t.Fatal(err)
		}
		micros, ok := isoReader(zone)([]byte("2024-11-03T01:30:00"))
		if got := time.UnixMicro(micros).UTC().Format(time.RFC3339); !ok || got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
}

func TestISOReaderAgreesWithPackageTime(t *testing.T) {
	t.Parallel()
	read := isoReader(time.UTC)
	rapid.Check(t, func(t *rapid.T) {
		micros := rapid.Int64Range(earliestTime+86400*microsPerSec, latestTime-86400*microsPerSec).Draw(t, "micros")
		zone := time.FixedZone("", 60*rapid.IntRange(-15*60, 15*60).Draw(t, "offset"))
		text := time.UnixMicro(micros).In(zone).Format("2006-01-02T15:04:05.000000-07:00")
		if got, ok := read([]byte(text)); !ok || got != micros {
			t.Errorf("%s is %d (%v), want %d", text, got, ok, micros)
		}
	})
}

func TestCalendarAgreesWithPackageTime(t *testing.T) {
	t.Parallel()
	day := time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC)
	for ; day.Year() < 2500; day = day.AddDate(0, 0, 1) {
		got := daysSince1970(int64(day.Year()), int64(day.Month()), int64(day.Day()))
		if got*secondsPerDay != day.Unix() {
			t.Fatalf("%s is day %d", day, got)
		}
	}
}
