package storefront

import (
	"bytes"
	"encoding/binary"
	"slices"
	"strings"

	"github.com/klauspost/compress/gzip"
)

// bombBytes is the size of a decompressed bomb: small, but more than 1,000 times its compressed size.
const bombBytes = 64 << 20

// bombPart is how much of a bomb is in memory while it is built.
const bombPart = 1 << 20

// objectClass is damage to a whole object.
type objectClass struct {
	name, text string
	spoil      func(s *Shop, d *draft) error
}

// objectClasses are all kinds of damage to whole objects.
func objectClasses() []objectClass {
	return []objectClass{
		{"object_empty", "no bytes at all: loaded, 0 rows", spoilEmpty},
		{"object_header_only", "a header and nothing else: loaded, 0 rows", spoilHeaderOnly},
		{"object_cut", "ends inside its last record: loaded, the last row is " + reasonMissingFinalNewline, spoilCut},
		{"object_binary", "an image by mistake: parked", spoilBinary},
		{"object_prose", "a letter by mistake: parked", spoilProse},
		{"object_gzip_cut", "a gzip stream that ends too early: parked", spoilGzipCut},
		{"object_gzip_bomb", "64 MiB in 64 KB: parked", spoilGzipBomb},
		{"object_unknown_header", "somebody else's CSV: parked", spoilUnknownHeader},
	}
}

// park notes that the object must be parked, for one of the reasons.
func (d *draft) park(reasons ...string) {
	d.truth.Outcome, d.truth.Reasons, d.truth.Lines = OutcomeParked, reasons, nil
}

// plain stores the text without compression, which belongs to the damage.
func (d *draft) plain(text []byte) error {
	d.truth.Compression, d.body = CompressionNone, text
	return nil
}

func spoilEmpty(_ *Shop, d *draft) error { return d.plain(nil) }

func spoilHeaderOnly(_ *Shop, d *draft) error {
	d.csv = appendRecord(nil, d.layout.header)
	return d.pack()
}

// spoilCut ends the text inside its last record.
func spoilCut(s *Shop, d *draft) error {
	s.fill(d)
	last := &d.truth.Lines[len(d.truth.Lines)-1]
	begin := lineStart(d.csv, last.Line)
	d.csv = d.csv[:begin+cutPoint(d, d.csv[begin:])]
	*last = Line{
		Line: last.Line, Class: d.truth.Class, Outcome: OutcomeReject, Reason: reasonMissingFinalNewline,
		Raw: string(d.csv[begin:]),
	}
	return d.pack()
}

// lineStart is where the line begins, counted from 1.
func lineStart(text []byte, number int) int {
	at := 0
	for range number - 1 {
		at += bytes.IndexByte(text[at:], '\n') + 1
	}
	return at
}

// cutPoint is a random length below that of the record without its line end, and never inside quotes: there, an
// unbalanced quote would be as good a reason as the missing line end.
func cutPoint(d *draft, record []byte) int {
	var points []int
	quoted := false
	for i, b := range record[:len(record)-1] {
		if !quoted && i > 0 {
			points = append(points, i)
		}
		quoted = quoted != (b == '"')
	}
	return pick(d.rng, points)
}

// spoilBinary stores a picture: the start of a PNG file, then noise.
func spoilBinary(_ *Shop, d *draft) error {
	picture := []byte("\x89PNG\r\n\x1a\n\x00\x00\x00\x0dIHDR\x00\x00\x02\x80\x00\x00\x01\xe0")
	for range 512 {
		picture = binary.BigEndian.AppendUint64(picture, d.rng.Uint64())
	}
	d.park(reasonBinaryContent)
	return d.plain(picture)
}

func spoilProse(_ *Shop, d *draft) error {
	d.park(reasonNoKnownColumn)
	return d.plain([]byte(`Dear colleagues,

the export of last week did not work, as you have surely seen; we are looking into it.
Until then please use the figures that Anna, Bo and Chen sent around on Monday.

With kind regards, the reporting team
`))
}

// spoilGzipCut ends a gzip stream between a third and two thirds of its length.
func spoilGzipCut(s *Shop, d *draft) error {
	s.fill(d)
	d.truth.Compression = CompressionGzip
	if err := d.pack(); err != nil {
		return err
	}
	third := len(d.body) / 3
	d.body = d.body[:third+d.rng.IntN(third)]
	d.park(reasonDamagedCompression)
	return nil
}

// spoilGzipBomb stores a header and one endless record, compressed.
func spoilGzipBomb(s *Shop, d *draft) (err error) {
	d.truth.Compression = CompressionGzip
	d.park(reasonSuspiciousRatio, reasonTooLarge)
	d.body, err = s.bomb(d.layout)
	return err
}

// bomb builds the bomb of a layout when it is asked for the first time: it takes a good part of a second.
func (s *Shop) bomb(l *layout) ([]byte, error) {
	if packed, ok := s.bombs[l.version]; ok {
		return packed, nil
	}
	parts := slices.Repeat([][]byte{bytes.Repeat([]byte("a"), bombPart)}, bombBytes/bombPart)
	packed, err := packGzip(gzip.BestCompression, append([][]byte{appendRecord(nil, l.header)}, parts...)...)
	s.bombs[l.version] = packed
	return packed, err
}

// spoilUnknownHeader stores a table of something else.
func spoilUnknownHeader(_ *Shop, d *draft) error {
	d.csv = []byte("sensor,reading,battery,firmware\n" + strings.Repeat("kitchen,21.5,87,2.0.1\nhall,19.0,64,2.0.1\n", 5))
	d.park(reasonNoKnownColumn)
	return d.pack()
}
