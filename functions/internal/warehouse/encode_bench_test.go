package warehouse

import (
	"encoding/binary"
	"io"
	"testing"

	"eventdrop/functions/internal/contract"
	"eventdrop/functions/internal/dropzone"
)

// typical gives so many events of an online shop, with keys in no order.
type typical struct {
	dropzone.Rows

	event dropzone.Event
	left  uint64
}

func newTypical(c *contract.Contract, n int) *typical {
	values := make([]dropzone.Value, len(c.Columns)+1)
	for i := range c.Columns {
		values[i] = dropzone.Value{Present: true, Int: 1_795_000_000_000_000 + int64(i), Bytes: []byte("abcdefghijkl")}
		if c.Columns[i].Type() == dropzone.UUID {
			values[i].Bytes = make([]byte, 16)
		}
	}
	return &typical{event: dropzone.Event{Values: values}, left: uint64(n)}
}

// Next implements dropzone.Rows.
func (t *typical) Next() (*dropzone.Event, *dropzone.Reject, error) {
	if t.left == 0 {
		return nil, nil, io.EOF
	}
	t.left--
	t.event.Line++
	binary.BigEndian.PutUint64(t.event.Values[0].Bytes, t.left*0x9e3779b97f4a7c15)
	return &t.event, nil, nil
}

// What COPY is sent, of rows that are staged and of rows that are sorted and copied straight into the table: nanoseconds and
// allocations of 100,000 events.
func BenchmarkCopyStream(b *testing.B) {
	const events = 100_000
	c, err := contract.Default()
	if err != nil {
		b.Fatal(err)
	}
	w := &Warehouse{contract: c, table: newTable(c)}
	for name, stream := range map[string]func(*load) io.Reader{
		"staged": func(l *load) io.Reader { return l.rows },
		"direct": func(l *load) io.Reader { return newDirectRows(l) },
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				l := w.newLoad(dropzone.Run{Rows: newTypical(c, events)})
				if err := l.rows.readHead(); err != nil {
					b.Fatal(err)
				}
				n, err := io.Copy(io.Discard, stream(l))
				if err != nil {
					b.Fatal(err)
				}
				b.SetBytes(n)
			}
		})
	}
}
