package propose

import (
	"bytes"
	"fmt"
	"slices"

	"eventdrop/functions/internal/clean"
	"eventdrop/functions/internal/contract"
	"eventdrop/functions/internal/dropzone"
)

// mostPlaces is the largest scale of a decimal.
const mostPlaces = 8

// probes are the types that a cell is tried against.
type probes struct {
	uuid, boolean, integer *clean.Probe
	decimal                [mostPlaces + 1]*clean.Probe // by scale
	formats                []format
	epoch                  *clean.Probe
}

// format is a way to write times.
type format struct {
	text  string
	twin  string // the same with day and month changed over; empty where the order is clear
	hazy  bool   // numbers and versions look like it, too: only the column's name makes it a time
	probe *clean.Probe
}

func newProbes(dayFirst bool) (*probes, error) {
	p := &probes{formats: formats(dayFirst)}
	for _, build := range []struct {
		to  **clean.Probe
		def contract.Column
	}{
		{&p.uuid, columnOf(dropzone.UUID)},
		{&p.boolean, columnOf(dropzone.Boolean)},
		{&p.integer, columnOf(dropzone.Integer)},
		{&p.epoch, timeColumn("epoch")},
	} {
		var err error
		if *build.to, err = clean.NewProbe(build.def); err != nil {
			return nil, err
		}
	}
	for scale := range p.decimal {
		def := columnOf(dropzone.Decimal)
		def.Scale = scale
		var err error
		if p.decimal[scale], err = clean.NewProbe(def); err != nil {
			return nil, err
		}
	}
	for i := range p.formats {
		var err error
		if p.formats[i].probe, err = clean.NewProbe(timeColumn(p.formats[i].text)); err != nil {
			return nil, fmt.Errorf("format %q: %w", p.formats[i].text, err)
		}
	}
	return p, nil
}

func columnOf(t dropzone.Type) contract.Column {
	return contract.Column{Name: "a", TypeID: contract.TypeName(t), Invalid: contract.Policy{Action: contract.RejectRow}}
}

func timeColumn(format string) contract.Column {
	c := columnOf(dropzone.Timestamp)
	c.Formats = []string{format}
	return c
}

// formats lists ways to write times, at most 256; the earlier one of two that fit equally well is taken.
func formats(dayFirst bool) []format {
	list := []format{{text: "iso"}, {text: "epoch", hazy: true}}
	clocks := []string{"", " HH:mm", " HH:mm:ss", ", HH:mm", ", HH:mm:ss", " h:mm a", " h:mm:ss a"}
	for _, year := range []string{"yyyy", "yy"} {
		for _, separator := range []string{".", "-", "/"} {
			for _, padded := range []bool{true, false} {
				for _, clock := range clocks {
					list = append(list, numeric(year, separator, clock, padded, dayFirst)...)
				}
			}
		}
	}
	for _, date := range []string{
		"yyyy/MM/dd", "yyyy/M/d", "yyyy.MM.dd", "d MMM yyyy", "d MMMM yyyy", "MMM d, yyyy", "MMMM d, yyyy", "EEE, d MMM yyyy", "d-MMM-yyyy",
	} {
		for _, clock := range clocks {
			list = append(list, format{text: date + clock})
		}
	}
	return append(list, format{text: "EEE, d MMM yyyy HH:mm:ss Z"}, format{text: "d/MMM/yyyy:HH:mm:ss Z"}, format{text: "EEE MMM d HH:mm:ss yyyy"},
		format{text: "yyyyMMdd", hazy: true}, format{text: "yyyyMMddHHmmss", hazy: true})
}

// numeric are the two readings of a date of numbers whose year is at the end. A point means the day
// first everywhere; with a slash, it depends on who writes.
func numeric(year, separator, clock string, padded, dayFirst bool) []format {
	day, month := "d", "M"
	if padded {
		day, month = "dd", "MM"
	}
	first := day + separator + month + separator + year + clock
	second := month + separator + day + separator + year + clock
	hazy := year == "yy" && clock == ""
	if separator == "." {
		return []format{{text: first, hazy: hazy}}
	}
	both := []format{{text: first, twin: second, hazy: hazy}, {text: second, twin: first, hazy: hazy}}
	twelve := clock == " h:mm a" || clock == " h:mm:ss a"
	if separator == "/" && (twelve || !dayFirst) {
		slices.Reverse(both)
	}
	return both
}

// longestTime is longer than any time, in bytes.
const longestTime = 40

// times returns the formats that read a cell, as their numbers; skipped ones are not tried.
func (p *probes) times(cell []byte, skip []bool) (fitting []byte) {
	if len(cell) < 6 || len(cell) > longestTime || !bytes.ContainsAny(cell, "0123456789") {
		return nil
	}
	for i := range p.formats {
		if skip != nil && skip[i] {
			continue
		}
		if at, fits, _ := p.formats[i].probe.Fits(cell); fits && (!p.formats[i].hazy || isOurTime(at)) {
			fitting = append(fitting, byte(i))
		}
	}
	return fitting
}

// isOurTime reports whether microseconds since 1970 lie in the years 1990 to 2099.
func isOurTime(micros int64) bool {
	const from, to = 631_152_000_000_000, 4_102_444_800_000_000
	return micros >= from && micros < to
}
