package main

import (
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/alecthomas/kong"

	"eventdrop/generator/storefront"
)

// errAnswered says that the command line was a question (--help, --classes), which is answered.
var errAnswered = errors.New("answered")

// commandLine is what kong reads. Numbers and times are texts here: job.go reads them, to report all faults at once.
type commandLine struct {
	Objects string `help:"How many objects; 0 is no limit. Default: 10, or no limit with --for." placeholder:"N"`
	Rows    string `help:"Rows per object, exact or from a range." default:"100" placeholder:"N|N-M"`
	Rate    string `help:"Objects per second. Default: as fast as possible." placeholder:"X"`
	For     string `help:"Stop after this time." placeholder:"30s"`

	Seed     string `help:"Same seed, start and options: same bytes. Default: a random one, which is printed." placeholder:"N"`
	Start    string `help:"Moment of the first drop. Default: now, or 2026-01-01T00:00:00Z with --out." placeholder:"TIME"`
	Interval string `help:"Nominal time between drops. Default: what --rate says, else 1s with --out, else 1ms." placeholder:"1s"`

	Shape       string `help:"shop, or original: the original pipeline's files, whose names are used again." default:"shop"`
	Versions    string `help:"Weights of the schema versions. Default: v1=1,v2=3,v3=1." placeholder:"v1=1,v2=3"`
	Compression string `help:"none, gzip, zstd or mixed." default:"none"`

	Defects string   `help:"Share of rows with a defect, over all classes; a fifth as many objects are damaged. Default: 0.05." placeholder:"X"`
	Defect  []string `help:"Share of one class, of all rows or objects; may be repeated." placeholder:"CLASS=X" sep:"none"`
	Redrops string   `help:"Share of objects that are an earlier one again. Default: 0." placeholder:"X"`
	Classes bool     `help:"List the classes of defects and stop."`

	Out       string  `help:"Write into this directory instead of a bucket, with the truth beside each object." placeholder:"DIR"`
	Manifest  string  `help:"Where to write the truth about objects in a bucket." placeholder:"DIR"`
	KeyPrefix *string `help:"Prefix of keys. Default: EVENTDROP_S3_PREFIX." placeholder:"PREFIX"`
	Quiet     bool    `help:"No progress." short:"q"`
}

const description = `Drops realistic CSV objects of shop events with planted defects, and the truth about them.

The bucket comes from the environment: EVENTDROP_S3_BUCKET, EVENTDROP_S3_ENDPOINT, EVENTDROP_S3_REGION,
EVENTDROP_S3_ACCESS_KEY, EVENTDROP_S3_SECRET_KEY and EVENTDROP_S3_PREFIX.`

// parse reads the command line. It returns errAnswered if there is nothing more to do.
func parse(args []string, std streams) (*commandLine, error) {
	var c commandLine
	answered := false
	parser, err := kong.New(&c,
		kong.Name("generator"), kong.Description(description),
		kong.Writers(std.out, std.err), kong.Exit(func(int) { answered = true }))
	if err != nil {
		return nil, fmt.Errorf("define the flags: %w", err)
	}
	_, err = parser.Parse(args)
	switch {
	case answered:
		return nil, errAnswered
	case err != nil:
		return nil, fmt.Errorf("command line: %w", err)
	case c.Classes:
		listClasses(std.out)
		return nil, errAnswered
	}
	return &c, nil
}

func listClasses(out io.Writer) {
	for _, c := range storefront.Classes() {
		of := "row"
		if c.Object {
			of = "object"
		}
		say(out, "%-24s %-7s %s\n", c.Name, of, c.Text)
	}
}

// defaultStart is when the first object of a directory is dropped, so that a seed alone gives the same bytes.
func defaultStart() time.Time { return time.Date(2026, time.January, 1, 0, 0, 0, 0, time.UTC) }
