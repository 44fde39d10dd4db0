package storefront

import (
	"strconv"
	"time"
)

// Distances of planted times from the moment of the drop. A loader tolerates one hour into the future, so what lies in
// the future here stays there as long as the object is stored less than an hour after that moment.
const (
	futureHours = 2 * time.Hour
	futureDay   = 24 * time.Hour
	lateFrom    = 30 * time.Minute
	lateTo      = 6 * time.Hour
)

// zoneEast and zoneWest are the offsets of shops abroad, in seconds east of UTC.
const (
	zoneEast = 2 * 60 * 60
	zoneWest = -(3*60 + 30) * 60
)

func timeClasses() []class {
	c := colEventTime
	return []class{
		clock("time_iso_z", "2006-01-02T15:04:05Z", time.Second),
		clock("time_naive", "2006-01-02T15:04:05.000", time.Millisecond),
		offsetTime(),
		clock("time_microseconds", clockTruth, time.Microsecond),
		clock("time_space", "2006-01-02 15:04:05", time.Second),
		clock("time_utc_suffix", "2006-01-02 15:04:05 UTC", time.Second),
		clock("time_dmy", "02-01-2006, 15:04:05", time.Second),
		clock("time_us_ampm", "01/02/2006 3:04 PM", time.Minute),
		epoch("time_epoch_s", time.Second), epoch("time_epoch_ms", time.Millisecond), epoch("time_epoch_us", time.Microsecond),
		refused(c, reasonMissing, "time_empty", "no event_time", ""),
		refused(c, reasonInvalidTimestamp, "time_invalid", "INVALID_DATE", "INVALID_DATE"),
		futureTime("time_future_2h", futureHours), futureTime("time_future_1d", futureDay),
		lateTime(),
		refused(c, reasonTooOld, "time_very_old", "a time before the year 2000",
			"1970-01-01T00:00:00.000Z", "1999-12-31T23:59:59.999Z", "1899-12-30T00:00:00.000Z"),
	}
}

// clock writes the time in another format, of which the precision survives.
func clock(name, format string, precision time.Duration) class {
	return class{name: name, column: colEventTime, text: format + ": kept", plant: func(r *row, _ *draft) {
		when := r.time.Truncate(precision)
		r.write(colEventTime, when.Format(format), when.Format(clockTruth))
	}}
}

// epoch writes the time as the number of units since 1970.
func epoch(name string, unit time.Duration) class {
	text := unit.String() + " since 1970: kept"
	return class{name: name, column: colEventTime, text: text, plant: func(r *row, _ *draft) {
		count := r.time.UnixMicro() / unit.Microseconds()
		r.write(colEventTime, strconv.FormatInt(count, 10), r.time.Truncate(unit).Format(clockTruth))
	}}
}

func offsetTime() class {
	return class{
		name: "time_offset", column: colEventTime, text: "a time with the offset of its zone: kept",
		plant: func(r *row, d *draft) {
			zone := time.FixedZone("", pick(d.rng, []int{zoneEast, zoneWest}))
			when := r.time.Truncate(time.Millisecond)
			r.write(colEventTime, when.In(zone).Format("2006-01-02T15:04:05.000-07:00"), when.Format(clockTruth))
		},
	}
}

func futureTime(name string, ahead time.Duration) class {
	text := ahead.String() + " after the drop: " + reasonInFuture
	return class{name: name, column: colEventTime, text: text, plant: func(r *row, d *draft) {
		r.write(colEventTime, d.at.Add(ahead).Format(clockShop), "")
		r.refuse(colEventTime, reasonInFuture)
	}}
}

func lateTime() class {
	text := lateFrom.String() + " to " + lateTo.String() + " before the drop: kept"
	return class{name: "time_late", column: colEventTime, text: text, plant: func(r *row, d *draft) {
		late := lateFrom + time.Duration(d.rng.Int64N(int64(lateTo-lateFrom)))
		when := d.at.Add(-late).Truncate(time.Millisecond)
		r.write(colEventTime, when.Format(clockShop), when.Format(clockTruth))
	}}
}

// future tells whether the class depends on the object being stored close to its nominal time.
func (c *class) future() bool { return c.name == "time_future_2h" || c.name == "time_future_1d" }
