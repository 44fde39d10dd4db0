package storefront

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"path"
	"slices"
	"strings"
)

// The shapes of objects.
const (
	ShapeShop     = "shop"     // the default: schema versions v1, v2, v3 under keys that are never used twice
	ShapeOriginal = "original" // the original pipeline's files: its columns, its defects, names used again in every run
)

// The compressions of objects. Mixed chooses for each object anew.
const (
	CompressionNone  = "none"
	CompressionGzip  = "gzip"
	CompressionZstd  = "zstd"
	CompressionMixed = "mixed"
)

// Limits of an object. Everything about an object is kept in memory, its truth included (about 2 KB a row).
const (
	DefaultRows = 100
	MaxRows     = 1_000_000
)

// damageShare is how many objects are damaged as a whole for each row that is, when only one figure is given.
const damageShare = 0.2

// Rows is how many rows an object has: a range with both ends in it. Equal ends give that number exactly.
type Rows struct{ Min, Max int }

// Options say what a shop produces. The zero value is valid: clean, uncompressed objects of version 2, 100 rows each.
type Options struct {
	Seed        uint64             // the same seed and times give the same bytes
	Prefix      string             // of keys, with or without a slash at its end
	Shape       string             // ShapeShop if empty
	Rows        Rows               // DefaultRows if zero
	Versions    map[string]float64 // weights of the schema versions v1, v2, v3; nil for v2 alone
	Compression string             // CompressionNone if empty

	// Defects is the share of rows that carry a defect, spread evenly over all classes of rows; a fifth as many objects
	// are damaged as a whole. 0 is clean, 1 spoils every row.
	Defects float64
	// Rates are the shares of single classes, of all rows or of all objects, instead of what Defects gives them.
	Rates map[string]float64
	// Redrops is the share of objects that are an earlier object's bytes under a new key.
	Redrops float64
	// NoFuture leaves out the classes that are only true if objects are stored close to their nominal time.
	NoFuture bool
}

// OptionError is one thing that is wrong with an option.
type OptionError struct {
	Option string // its name in lower case: rows, versions, compression, defects, defect, redrops, shape, key-prefix
	Text   string // what is wrong, and what to do
}

// Error is the option and what is wrong with it.
func (e *OptionError) Error() string { return e.Option + ": " + e.Text }

// Validate reports everything that is wrong with the options: nil, or joined errors of type *OptionError.
func (o Options) Validate() error {
	return errors.Join(slices.Concat(o.shapeFaults(), o.sizeFaults(), o.rateFaults(), o.originalFaults())...)
}

func fault(option, format string, args ...any) error {
	return &OptionError{Option: option, Text: fmt.Sprintf(format, args...)}
}

func (o Options) shapeFaults() (faults []error) {
	if !slices.Contains([]string{"", ShapeShop, ShapeOriginal}, o.Shape) {
		faults = append(faults, fault("shape", "%q is neither shop nor original", o.Shape))
	}
	if !slices.Contains([]string{"", CompressionNone, CompressionGzip, CompressionZstd, CompressionMixed}, o.Compression) {
		faults = append(faults, fault("compression", "%q is none of none, gzip, zstd, mixed", o.Compression))
	}
	if plain := "/" + strings.TrimSuffix(o.Prefix, "/"); o.Prefix != "" && (plain == "/" || path.Clean(plain) != plain) {
		faults = append(faults, fault("key-prefix", "%q is no plain prefix: write it like drop/shop", o.Prefix))
	}
	return faults
}

func (o Options) sizeFaults() []error {
	if o.Rows == (Rows{}) {
		return nil
	}
	if o.Rows.Min < 1 || o.Rows.Max > MaxRows {
		return []error{fault("rows", "an object has 1 to %d rows", MaxRows)}
	}
	if o.Rows.Min > o.Rows.Max {
		return []error{fault("rows", "%d-%d is no range: the smaller number comes first", o.Rows.Min, o.Rows.Max)}
	}
	return nil
}

func (o Options) rateFaults() []error {
	faults := o.weightFaults()
	if !isShare(o.Defects) {
		faults = append(faults, fault("defects", "%v is no share: it lies between 0 and 1", o.Defects))
	}
	if !isShare(o.Redrops) {
		faults = append(faults, fault("redrops", "%v is no share: it lies between 0 and 1", o.Redrops))
	}
	known := Classes()
	for _, name := range slices.Sorted(maps.Keys(o.Rates)) {
		if !slices.ContainsFunc(known, func(c Class) bool { return c.Name == name }) {
			faults = append(faults, fault("defect", "there is no class %q", name))
		} else if !isShare(o.Rates[name]) {
			faults = append(faults, fault("defect", "%s=%v: a share lies between 0 and 1", name, o.Rates[name]))
		}
	}
	if len(faults) == 0 {
		faults = o.sumFaults()
	}
	return faults
}

func (o Options) weightFaults() (faults []error) {
	sum := 0.0
	for _, name := range slices.Sorted(maps.Keys(o.Versions)) {
		weight := o.Versions[name]
		if !slices.ContainsFunc(shopLayouts(), func(l layout) bool { return l.version == name }) {
			faults = append(faults, fault("versions", "there is no version %q, only v1, v2, v3", name))
		}
		if !(weight >= 0) || math.IsInf(weight, 0) {
			faults = append(faults, fault("versions", "%s=%v is no weight: it is 0 or more", name, weight))
		}
		sum += weight
	}
	if o.Versions != nil && sum == 0 {
		faults = append(faults, fault("versions", "every version has the weight 0"))
	}
	return faults
}

// sumFaults finds shares that do not fit into a whole; rounding is forgiven.
func (o Options) sumFaults() (faults []error) {
	rows, objects := 0.0, o.Redrops
	for _, c := range Classes() {
		if c.Object {
			objects += o.objectRate(c.Name)
		} else {
			rows += o.rowRate(c.Name)
		}
	}
	if rows > 1+1e-9 {
		faults = append(faults, fault("defect", "the classes of rows add up to %.3g of all rows: lower some", rows))
	}
	if objects > 1+1e-9 {
		faults = append(faults, fault("defect", "damage and re-drops add up to %.3g of all objects: lower some", objects))
	}
	return faults
}

// originalFaults refuses what the original's files never had.
func (o Options) originalFaults() (faults []error) {
	if o.Shape != ShapeOriginal {
		return nil
	}
	if o.Compression != "" && o.Compression != CompressionNone {
		faults = append(faults, fault("compression", "the original's files are not compressed: leave it out"))
	}
	if o.Versions != nil {
		faults = append(faults, fault("versions", "the original has one schema of its own: leave it out"))
	}
	if o.Defects != 0 || len(o.Rates) > 0 || o.Redrops != 0 {
		faults = append(faults, fault("defects", "the original has defects and rates of its own: leave out all rates"))
	}
	return faults
}

// rowRate is the share of rows with a defect of this class.
func (o Options) rowRate(name string) float64 {
	if rate, ok := o.Rates[name]; ok {
		return rate
	}
	return o.Defects / float64(len(rowClasses()))
}

// objectRate is the share of objects with damage of this class.
func (o Options) objectRate(name string) float64 {
	if rate, ok := o.Rates[name]; ok {
		return rate
	}
	return o.Defects * damageShare / float64(len(objectClasses()))
}

func isShare(x float64) bool { return x >= 0 && x <= 1 }
