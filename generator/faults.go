package main

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"eventdrop/generator/storefront"
)

// faults collects everything that is wrong with flags and settings, to report it at once.
type faults []error

func (f *faults) add(format string, args ...any) { *f = append(*f, fmt.Errorf(format, args...)) }

// options takes over the faults of the shop's options, which are named like the flags.
func (f *faults) options(err error) {
	for _, one := range unjoin(err) {
		var fault *storefront.OptionError
		switch {
		case errors.As(one, &fault) && fault.Option == "defect":
			f.add("--defect: %s (--classes lists all)", fault.Text)
		default:
			f.add("--%w", one)
		}
	}
}

func unjoin(err error) []error {
	var joined interface{ Unwrap() []error }
	if errors.As(err, &joined) {
		return joined.Unwrap()
	}
	return nil
}

// whole reads a number of things.
func (f *faults) whole(flag, text string, otherwise int) int {
	if text == "" {
		return otherwise
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 {
		f.add("%s: %q is no number of objects: give 0 or more", flag, text)
	}
	return n
}

// number reads a decimal number that is not negative.
func (f *faults) number(flag, text string, otherwise float64) float64 {
	if text == "" {
		return otherwise
	}
	x, err := strconv.ParseFloat(text, 64)
	if err != nil || !(x >= 0 && x <= 1e9) {
		f.add("%s: %q is no number: write it like 0.05 or 20", flag, text)
		return otherwise
	}
	return x
}

// duration reads a positive time span, 0 if there is none.
func (f *faults) duration(flag, text string) time.Duration {
	if text == "" {
		return 0
	}
	d, err := time.ParseDuration(text)
	if err != nil || d <= 0 {
		f.add("%s: %q is no time span: write it like 30s, 5m or 1h30m", flag, text)
	}
	return d
}

// instant reads a moment.
func (f *faults) instant(flag, text string, otherwise time.Time) time.Time {
	if text == "" {
		return otherwise
	}
	t, err := time.Parse(time.RFC3339, text)
	if err != nil || t.Year() < 2002 {
		f.add("%s: %q is no moment since 2002: write it like 2026-11-23T10:00:00Z", flag, text)
		return otherwise
	}
	return t.UTC()
}

// seed reads a seed, or takes another one.
func (f *faults) seed(flag, text string, otherwise func() uint64) uint64 {
	if text == "" {
		return otherwise()
	}
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		f.add("%s: %q is no seed: give a whole number from 0 on", flag, text)
	}
	return n
}

// rows reads N or N-M.
func (f *faults) rows(flag, text string) storefront.Rows {
	low, high, isRange := strings.Cut(text, "-")
	if !isRange {
		high = low
	}
	from, err := strconv.Atoi(low)
	to, err2 := strconv.Atoi(high)
	if err != nil || err2 != nil || from < 1 {
		f.add("%s: %q is no number of rows: write it like 100 or 50-150", flag, text)
		return storefront.Rows{}
	}
	return storefront.Rows{Min: from, Max: to}
}

// shares reads assignments like v1=1.
func (f *faults) shares(flag string, assignments []string) map[string]float64 {
	all := make(map[string]float64, len(assignments))
	for _, assignment := range assignments {
		name, text, ok := strings.Cut(assignment, "=")
		if !ok || text == "" {
			f.add("%s: %q is no assignment: write it like %s", flag, assignment, exampleOf(flag))
			continue
		}
		all[strings.TrimSpace(name)] = f.number(flag+" "+name, text, 0)
	}
	return all
}

func exampleOf(flag string) string {
	if flag == "--versions" {
		return "v1=1,v2=3"
	}
	return "time_dmy=0.02"
}

// folder opens a directory, which is made if it is not there and nothing was wrong so far.
func (f *faults) folder(flag, path string) *os.Root {
	if len(*f) > 0 {
		return nil
	}
	if err := os.MkdirAll(path, dirRights); err != nil {
		f.add("%s: make the directory, or choose another one: %w", flag, err)
		return nil
	}
	root, err := os.OpenRoot(path)
	if err != nil {
		f.add("%s: %w", flag, err)
	}
	return root
}
