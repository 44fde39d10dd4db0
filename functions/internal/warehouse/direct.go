package warehouse

import (
	"bytes"
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/jackc/pgx/v5"

	"eventdrop/functions/internal/dropzone"
)

// mergeDirect copies the rows of a large object straight into the table, which takes half the time of staging and merging
// them. It holds only for rows whose keys are new: the first one that is not ends it with dropzone.ErrStage.
func (l *load) mergeDirect(ctx context.Context, tx pgx.Tx) error {
	err := l.copyRows(ctx, tx, newDirectRows(l), l.w.table.copyDirect)
	if state := sqlState(err); state == uniqueViolation || state == deadlock { // another load may hold keys of this one, and wait for others
		return fmt.Errorf("%w: %w", dropzone.ErrStage, err)
	}
	if err == nil {
		l.count(l.rows.events, 0, l.rows.events)
	}
	return err
}

// seemsNew reports whether the rows of a large object may be copied straight into the table: among those that were read so far no
// key comes twice, none must be derived, and the first ones are not in the table.
func (l *load) seemsNew(ctx context.Context, tx pgx.Tx) (bool, error) {
	if l.run.Kind != dropzone.Load || l.run.Staged || l.rows.derived {
		return false, nil
	}
	rows := l.rows.locate(nil)
	sortByKey(rows, l.rows.encoded)
	for i := 1; i < len(rows); i++ {
		if bytes.Equal(rows[i-1].key(l.rows.encoded), rows[i].key(l.rows.encoded)) {
			return false, nil
		}
	}
	const enough = 1_000 // a file that was loaded before in another form, in whole or in part, begins so
	rows = rows[:min(len(rows), enough)]
	keys := appendArrayHead(nil, l.w.table.staged[l.w.table.key].elemOID, len(rows))
	for _, row := range rows {
		keys = append(appendLength(keys, len(row.key(l.rows.encoded))), row.key(l.rows.encoded)...)
	}
	known, err := l.w.query(ctx, tx, l.w.table.countKnown, [][]byte{keys}, 1)
	if err != nil {
		return false, fmt.Errorf("look for keys: %w", err)
	}
	return known[0][0] == 0, nil
}

// directRows gives COPY rows of the table itself, made of what rowReader encodes. Within a chunk they are sorted by key, so that
// PostgreSQL finds the pages of the index, which it fills, one beside the other.
type directRows struct {
	rows    *rowReader
	shared  []byte // the last columns, which are the same in all rows of the object
	recency int    // the column that is the first part of recency; -1: the object's last-modified, which is in shared
	columns int

	sorted []rowPlace // of the chunk: those that are still to be given
	begun  bool
	out    []byte // rows as COPY wants them
	offset int    // of what COPY has taken from out
}

// directChunk is how many encoded bytes are sorted at a time: 20,000 rows or so. Larger ones gain a little, and cost memory twice.
const directChunk = 4 << 20

func newDirectRows(l *load) *directRows {
	t, o := l.w.table, l.run.Object
	d := &directRows{rows: l.rows, recency: t.recency, columns: len(t.staged) - 1 + len(sharedColumns())}
	modified := o.LastModified.UnixMicro()
	if d.recency < 0 {
		d.shared = appendTimestamp(d.shared, modified)
	}
	d.shared = appendTimestamp(d.shared, modified)
	d.shared = appendInt64(d.shared, l.receipt.ObjectID)
	d.shared = appendInt64(d.shared, o.SourceHash())
	d.shared = append(appendLength(d.shared, 4), int4Param(l.dropOrder)...)
	d.shared = append(appendLength(d.shared, 4), int4Param(l.receipt.Revision)...)
	return d
}

// sharedColumns are the columns of a contract's table that follow the staged ones in directRows, in their order.
func sharedColumns() []string {
	return []string{"recency_at", "object_modified", "object_id", "source_hash", "drop_order", "revision"}
}

// Read implements io.Reader. It keeps the rows' own error, which COPY would hide.
func (d *directRows) Read(p []byte) (int, error) {
	if d.offset == len(d.out) {
		if err := d.refill(); err != nil {
			return 0, err
		}
	}
	n := copy(p, d.out[d.offset:])
	d.offset += n
	return n, nil
}

func (d *directRows) refill() error {
	if len(d.sorted) == 0 {
		if err := d.nextChunk(); err != nil {
			return err
		}
	}
	d.out, d.offset = d.out[:0], 0
	for len(d.out) < copyChunk && len(d.sorted) > 0 {
		d.appendRow(d.sorted[0])
		d.sorted = d.sorted[1:]
	}
	return nil
}

// nextChunk reads rows and sorts them. The first chunk was read already, before the transaction.
func (d *directRows) nextChunk() error {
	r := d.rows
	if d.begun {
		if r.err = r.timed(directChunk); r.err != nil {
			return r.err
		}
	}
	d.begun = true
	if r.derived {
		r.err = fmt.Errorf("%w: %w", dropzone.ErrStage, errDerived)
		return r.err
	}
	if len(r.encoded) == 0 {
		return io.EOF
	}
	d.sorted = r.locate(d.sorted[:0])
	sortByKey(d.sorted, r.encoded)
	return nil
}

var errDerived = errors.New("a record has no key, and only PostgreSQL derives one")

func (d *directRows) appendRow(row rowPlace) {
	encoded := d.rows.encoded
	d.out = appendShort(d.out, d.columns)
	d.out = append(d.out, encoded[row.begin+2:row.end-int32(len(null))]...) // without the hash for deriving a key, which is null
	if d.recency >= 0 {
		d.out = append(d.out, encoded[row.recencyAt:row.recencyAt+timestampSize]...)
	}
	d.out = append(d.out, d.shared...)
}

// timestampSize is that of an encoded timestamp, which is not null, with its length in front.
const timestampSize = 12

// rowPlace is where an encoded row and some of its fields are.
type rowPlace struct {
	keyBegin                             uint64 // the first bytes of the key, most significant first: they tell most keys apart
	begin, end, keyAt, keyEnd, recencyAt int32
}

func (p rowPlace) key(encoded []byte) []byte { return encoded[p.keyAt:p.keyEnd] }

// locate finds the rows that are encoded.
func (r *rowReader) locate(places []rowPlace) []rowPlace {
	for at := int32(0); int(at) < len(r.encoded); {
		place := rowPlace{begin: at}
		at += 2 // the number of fields
		for i := range r.table.staged {
			size := int32(binary.BigEndian.Uint32(r.encoded[at:])) //nolint:gosec // -1 or the size of a field
			if i == r.table.recency {
				place.recencyAt = at
			}
			at += 4
			if i == r.table.key {
				place.keyAt, place.keyEnd = at, at+max(size, 0)
			}
			at += max(size, 0)
		}
		place.end = at
		var first [8]byte
		copy(first[:], place.key(r.encoded))
		place.keyBegin = binary.BigEndian.Uint64(first[:])
		places = append(places, place)
	}
	return places
}

func sortByKey(rows []rowPlace, encoded []byte) {
	slices.SortFunc(rows, func(a, b rowPlace) int {
		if a.keyBegin != b.keyBegin {
			return cmp.Compare(a.keyBegin, b.keyBegin)
		}
		return bytes.Compare(a.key(encoded), b.key(encoded))
	})
}
