package csvfile

import "cmp"

// Options say what a [Reader] must know about the contract, and its bounds.
type Options struct {
	// Known reports whether a header name (as read, trimmed) is a column of the contract. It
	// decides between delimiters. Where it is nil, every name but the empty one is known.
	Known func(name string) bool
	// Header names the fields of objects without a header line, in their order; empty: every object has one. An object has
	// none where its first line has so many fields and not more than half of them are known names.
	Header []string
	// Limits are the bounds; zero fields mean the defaults.
	Limits Limits
	// FinalNewlineOptional accepts a last record without a line end. By default it is damaged
	// ([dropzone.MissingFinalNewline]), because a cut file looks just like it.
	FinalNewlineOptional bool
}

// Limits bound what one object may cost. A zero field means its default.
type Limits struct {
	// RecordBytes bounds a record and the header, without the line end; default 1 MiB.
	// It also bounds how far a quoted field is followed over line ends.
	RecordBytes int
	// Columns bounds the width of the header; default 1,000.
	Columns int
	// DecompressedBytes bounds the text of a compressed object; default 8 GiB. (The size of any
	// other object is known before it is opened.)
	DecompressedBytes int64
	// Ratio bounds how many times larger than the compressed bytes the text may be; default
	// 200. It is checked after the first 16 MiB of text, which do no harm whatever they are.
	Ratio int
	// RawBytes is how much is kept of a record that is larger than RecordBytes; default 8 KiB.
	RawBytes int
}

func (l Limits) withDefaults() Limits {
	return Limits{
		RecordBytes:       cmp.Or(l.RecordBytes, 1<<20),
		Columns:           cmp.Or(l.Columns, 1000),
		DecompressedBytes: cmp.Or(l.DecompressedBytes, 8<<30),
		Ratio:             cmp.Or(l.Ratio, 200),
		RawBytes:          cmp.Or(l.RawBytes, 8<<10),
	}
}

func (o Options) known(name string) bool {
	if o.Known == nil {
		return name != ""
	}
	return o.Known(name)
}
