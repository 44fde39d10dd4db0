package main

import (
	"crypto/rand"
	"encoding/binary"
	"errors"
	"os"
	"strings"
	"time"

	"eventdrop/generator/storefront"
)

// Defaults of flags that depend on others.
const (
	defaultObjects        = 10
	defaultDefects        = 0.05
	defaultVersions       = "v1=1,v2=3,v3=1"
	defaultInterval       = time.Second
	defaultBucketInterval = time.Millisecond // never ahead of the clock
)

// truthHolds is how far the nominal moment of a drop may be from the real one: beyond it, rows that a manifest calls
// sound would lie in the future, or the other way round.
const truthHolds = 30 * time.Minute

// job is what the command line and the settings ask for.
type job struct {
	options  storefront.Options
	objects  int // 0: no limit
	rate     float64
	span     time.Duration // 0: no limit
	start    time.Time
	interval time.Duration

	place     place
	truths    *os.Root // where manifests go; nil: nobody wants the truth
	bucket    bool     // the place notes its own times: nominal and real moments must be close
	overwrite bool
	quiet     bool
	notices   []string
	std       streams
}

// readJob makes a job of the command line and the settings. Its error names every fault, or is errAnswered.
func readJob(args []string, std streams) (*job, error) {
	c, err := parse(args, std)
	if err != nil {
		return nil, err
	}
	var f faults
	set := readSettings(&f)
	j := &job{std: std, quiet: c.Quiet, overwrite: c.Shape == storefront.ShapeOriginal, bucket: c.Out == ""}
	j.readPace(&f, c, time.Now().UTC())
	j.readOptions(&f, c, set)
	j.readPlace(&f, c, set)
	if len(f) > 0 {
		return nil, errors.Join(f...)
	}
	return j, nil
}

// readPace reads how many objects are dropped when.
func (j *job) readPace(f *faults, c *commandLine, now time.Time) {
	first, interval := defaultStart(), defaultInterval
	if j.bucket {
		first, interval = now, defaultBucketInterval
	}
	j.rate = f.number("--rate", c.Rate, 0)
	j.span = f.duration("--for", c.For)
	j.start = f.instant("--start", c.Start, first)
	if j.interval = f.duration("--interval", c.Interval); j.interval == 0 {
		j.interval = interval
		if j.rate > 0 {
			j.interval = time.Duration(float64(time.Second) / j.rate)
		}
	}
	otherwise := defaultObjects
	if c.For != "" {
		otherwise = 0
	}
	j.objects = f.whole("--objects", c.Objects, otherwise)
	j.checkStart(f, now)
}

// checkStart compares the start with the clock where a bucket notes the time of each drop.
func (j *job) checkStart(f *faults, now time.Time) {
	switch behind := now.Sub(j.start); {
	case !j.bucket:
	case behind < -truthHolds:
		f.add("--start: %s has not come yet, a loader would reject every row: leave it out, or use --out",
			j.start.Format(time.RFC3339))
	case behind > truthHolds:
		j.options.NoFuture = true
		j.notices = append(j.notices, "The start is long past: no rows from the future are planted "+
			"(time_future_2h, time_future_1d), for a bucket notes today as the time of every drop.")
	}
}

// readOptions reads what the shop produces.
func (j *job) readOptions(f *faults, c *commandLine, set settings) {
	o := &j.options
	o.Seed = f.seed("--seed", c.Seed, randomSeed)
	o.Shape, o.Compression = c.Shape, c.Compression
	o.Rows = f.rows("--rows", c.Rows)
	o.Prefix = set.Prefix
	if c.KeyPrefix != nil {
		o.Prefix = *c.KeyPrefix
	}
	o.Redrops = f.number("--redrops", c.Redrops, 0)
	o.Rates = f.shares("--defect", c.Defect)
	defects, versions := defaultDefects, defaultVersions
	if c.Shape == storefront.ShapeOriginal {
		defects, versions = 0, ""
	}
	o.Defects = f.number("--defects", c.Defects, defects)
	if c.Versions != "" {
		versions = c.Versions
	}
	if versions != "" {
		o.Versions = f.shares("--versions", strings.Split(versions, ","))
	}
	f.options(o.Validate())
}

// readPlace finds out where the objects and the truth about them go.
func (j *job) readPlace(f *faults, c *commandLine, set settings) {
	if c.Out == "" {
		j.place = set.bucket(f)
		if c.Manifest != "" {
			j.truths = f.folder("--manifest", c.Manifest)
		}
		return
	}
	if c.Manifest != "" {
		f.add("--manifest: with --out the truth lies beside each object: leave it out")
	}
	if j.objects == 0 && j.span == 0 {
		f.add("--objects: 0 would fill the directory of --out without end: add --for, or give a number")
	}
	root := f.folder("--out", c.Out)
	j.place, j.truths = directory{root}, root
}

// randomSeed is short enough to be typed again.
func randomSeed() uint64 {
	var seed [4]byte
	_, _ = rand.Read(seed[:]) // never fails
	return uint64(binary.BigEndian.Uint32(seed[:]))
}

// announce says how to get the same bytes again, and what else the user should know before it starts.
func (j *job) announce() {
	if j.quiet {
		return
	}
	say(j.std.err, "Dropping into %s. For the same bytes again: --seed %d --start %s --interval %s\n",
		j.place, j.options.Seed, j.start.Format(time.RFC3339Nano), j.interval)
	for _, notice := range j.notices {
		say(j.std.err, "%s\n", notice)
	}
}
