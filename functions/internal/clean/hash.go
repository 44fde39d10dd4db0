package clean

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"

	"eventdrop/functions/internal/dropzone"
)

// recordHashVersion names the normalisation below. Keys of stored events were derived with it: a
// change of what enters the hash needs a new version and a migration.
const recordHashVersion = "eventdrop record 1\n"

// origin says how a cell entered the hash, so that no two ways can be mistaken for each other.
type origin byte

const (
	asTyped   origin = 't' // in its type's own form
	asRead    origin = 'r' // as it was read
	asUnknown origin = 'u' // of a column that the contract does not know, as it was read
)

// hasher derives the identity of a record that has no key: a hash of its normalised cells, before
// any default or repair. A cell that its type accepts as it stands enters in the type's own form, so
// that 12.5 and 12.50 are alike; any other cell enters in the form in which it was read. Absent cells do not
// enter: a column that appears empty changes no identity.
type hasher struct {
	cells []hashedCell // per column
	text  []byte       // where typed numbers are written
	input []byte
}

// hashedCell is the normalised form of one cell.
type hashedCell struct {
	origin origin // 0: absent
	text   []byte
}

func (h *hasher) reset(columns int) {
	if h.cells == nil {
		h.cells = make([]hashedCell, columns)
	}
	clear(h.cells)
	h.text = h.text[:0]
}

// note remembers the normalised form of one cell.
func (h *hasher) note(column int, cell []byte, v *dropzone.Value, verdict verdict) {
	switch {
	case verdict.reason != "", verdict.repair != "":
		h.cells[column] = hashedCell{asRead, cell}
	case v.Bytes != nil:
		h.cells[column] = hashedCell{asTyped, v.Bytes}
	default:
		start := len(h.text)
		h.text = binary.BigEndian.AppendUint64(h.text, uint64(v.Int)) //nolint:gosec // the bits, whatever the sign
		h.cells[column] = hashedCell{asTyped, h.text[start:]}
	}
}

// sum hashes the cells by column name, then the unknown columns by theirs, each with its lengths in
// front so that no two records share an input. The result is cut to 128 bits.
func (h *hasher) sum(c *Cleaner, extras []extra, fields [][]byte) [16]byte {
	h.input = append(h.input[:0], recordHashVersion...)
	for _, column := range c.hashed {
		if cell := h.cells[column]; cell.origin != 0 {
			h.add(cell.origin, c.columns[column].name, cell.text)
		}
	}
	for i := range extras {
		if cell := bytes.TrimSpace(fields[extras[i].field]); len(cell) > 0 {
			h.add(asUnknown, extras[i].name, cell)
		}
	}
	sum := sha256.Sum256(h.input)
	return [16]byte(sum[:16])
}

func (h *hasher) add(from origin, name string, cell []byte) {
	h.input = append(h.input, byte(from))
	h.input = binary.AppendUvarint(h.input, uint64(len(name)))
	h.input = append(h.input, name...)
	h.input = binary.AppendUvarint(h.input, uint64(len(cell)))
	h.input = append(h.input, cell...)
}
