package storefront

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"path"
	"time"

	"github.com/oklog/ulid/v2"
)

// window is the longest time before a drop in which its events happened.
const window = 5 * time.Minute

// earliest is the first moment that Next accepts: from then on, every way to write a time is unambiguous.
const earliest = 1_000_000_000 // Unix seconds: 2001-09-09

// Shop produces objects one after the other. It is not safe for concurrent use.
type Shop struct {
	options Options
	sheets  odds[*sheet]
	damages odds[objectClass]
	crowd   crowd

	count   uint64            // objects so far
	last    time.Time         // moment of the last drop
	owed    []*class          // drawn, and waiting for a row that fits
	earlier map[string]*ring  // sound rows of earlier objects, by schema version
	dropped []remembered      // earlier objects, oldest first
	bombs   map[string][]byte // built so far, by schema version
}

// sheet is a layout and the defects of its rows.
type sheet struct {
	layout  layout
	defects odds[*class]
}

// draft is an object in the making.
type draft struct {
	rng       *rand.Rand
	at, since time.Time // its events happened after since and not after at
	sheet     *sheet
	layout    *layout
	rows      int // how many it shall have
	written   int // how many it has

	csv    []byte
	body   []byte
	truth  Manifest
	sound  ring // rows that may be written again
	future bool // a row of it is in the future
}

// New opens a shop. Its error joins one *[OptionError] for everything that is wrong with the options.
func New(options Options) (*Shop, error) {
	if err := options.Validate(); err != nil {
		return nil, err
	}
	s := &Shop{options: options.withDefaults(), earlier: make(map[string]*ring), bombs: make(map[string][]byte)}
	s.crowd = crowd{funnel: defaultFunnel(), catalogue: newCatalogue(options.Seed)}
	if options.Shape == ShapeOriginal {
		s.crowd.kinds = originalKinds()
		s.sheets = originalSheets()
		return s, nil
	}
	s.sheets = s.options.sheets()
	s.damages = s.options.damages()
	return s, nil
}

func (o Options) withDefaults() Options {
	if o.Rows == (Rows{}) {
		o.Rows = Rows{Min: DefaultRows, Max: DefaultRows}
	}
	if o.Versions == nil {
		o.Versions = map[string]float64{"v2": 1}
	}
	return o
}

func (o Options) sheets() (all odds[*sheet]) {
	classes := rowClasses()
	for _, l := range shopLayouts() {
		sheet := &sheet{layout: l}
		for i := range classes {
			if c := &classes[i]; l.has(c.column) && (!o.NoFuture || !c.future()) {
				sheet.defects.add(c, o.rowRate(c.name))
			}
		}
		all.add(sheet, o.Versions[l.version])
	}
	return all
}

func (o Options) damages() (all odds[objectClass]) {
	for _, c := range objectClasses() {
		all.add(c, o.objectRate(c.name))
	}
	all.add(objectClass{name: Redrop, spoil: redrop}, o.Redrops)
	return all
}

// Next makes the object that is dropped at the given moment (microseconds count). Events of sound rows happened in the
// five minutes before it, and after the object before; the moments should therefore not decrease. What Next returns
// depends on the options and on the moments so far, and on nothing else. Its error is about a moment before 2001-09-09,
// or a compressor that fails.
func (s *Shop) Next(at time.Time) (Object, error) {
	d, err := s.draft(at.UTC().Truncate(time.Microsecond))
	if err != nil {
		return Object{}, err
	}
	if damage, ok := s.damages.draw(d.rng); ok {
		d.truth.Class = damage.name
		if err := damage.spoil(s, d); err != nil {
			return Object{}, fmt.Errorf("make object %d: %w", s.count, err)
		}
	} else if err := s.compose(d); err != nil {
		return Object{}, fmt.Errorf("make object %d: %w", s.count, err)
	}
	s.finish(d)
	return Object{Key: d.truth.Key, Body: d.body, Truth: d.truth}, nil
}

// draft plans the next object.
func (s *Shop) draft(at time.Time) (*draft, error) {
	if at.Unix() < earliest {
		return nil, fmt.Errorf("drop at %s: choose a moment after 2001-09-09", at.Format(time.RFC3339))
	}
	d := &draft{rng: newRand(s.options.Seed, s.count), at: at, since: at.Add(-window)}
	if s.last.After(d.since) && !s.last.After(at) {
		d.since = s.last
	}
	d.sheet = s.sheets.choose(d.rng)
	d.layout = &d.sheet.layout
	d.rows = s.options.Rows.Min + d.rng.IntN(s.options.Rows.Max-s.options.Rows.Min+1)
	d.truth = Manifest{
		At: at, Seed: s.options.Seed, Sequence: s.count, Version: d.layout.version,
		Compression: s.options.compression(d.rng), Outcome: OutcomeLoaded,
	}
	return d, nil
}

func (o Options) compression(rng *rand.Rand) string {
	switch o.Compression {
	case "":
		return CompressionNone
	case CompressionMixed:
		return pick(rng, packers())
	default:
		return o.Compression
	}
}

// when is the time of the next row: the rows share the time between two drops evenly, with some jitter.
func (d *draft) when() time.Time {
	share := (float64(d.written) + d.rng.Float64()) / float64(d.rows)
	return d.since.Add(time.Duration(share * float64(d.at.Sub(d.since)))).Truncate(time.Microsecond)
}

// compose makes an object without damage.
func (s *Shop) compose(d *draft) error {
	s.fill(d)
	return d.pack()
}

// pack makes the body from the text.
func (d *draft) pack() (err error) {
	d.body, err = pack(d.csv, d.truth.Compression)
	return err
}

// finish names the object and remembers it.
func (s *Shop) finish(d *draft) {
	d.truth.Rows = len(d.truth.Lines)
	d.truth.Key = s.key(d)
	s.remember(d)
	s.last = d.at
	s.count++
}

// key names an object by its day and a ULID. The ULID's random part depends on the bytes too: whoever finds the key
// taken has found the same object.
func (s *Shop) key(d *draft) string {
	if s.options.Shape == ShapeOriginal {
		return path.Join(s.options.Prefix, originalName(s.count))
	}
	var id ulid.ULID
	milliseconds := binary.BigEndian.AppendUint64(nil, ulid.Timestamp(d.at))
	copy(id[:6], milliseconds[2:])
	copy(id[6:], s.entropy(d.body))
	return path.Join(s.options.Prefix, d.at.Format("2006/01/02"), id.String()+extension(d.truth.Compression))
}

func (s *Shop) entropy(body []byte) []byte {
	hash := sha256.New()
	_ = binary.Write(hash, binary.BigEndian, [2]uint64{s.options.Seed, s.count}) // a hash takes every byte
	hash.Write(body)
	return hash.Sum(nil)
}
