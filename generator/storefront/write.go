package storefront

import (
	"bytes"
	"strings"
)

// appendRecord appends the cells of a record with its line end, quoted where they must be.
func appendRecord(dst []byte, cells []string) []byte {
	for i, cell := range cells {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendCell(dst, cell)
	}
	return append(dst, '\n')
}

func appendCell(dst []byte, cell string) []byte {
	if !strings.ContainsAny(cell, ",\"\r\n") {
		return append(dst, cell...)
	}
	dst = append(dst, '"')
	dst = append(dst, strings.ReplaceAll(cell, `"`, `""`)...)
	return append(dst, '"')
}

// appendRow appends a row in the layout's order.
func (l *layout) appendRow(dst []byte, r *row) []byte {
	for i, c := range l.columns {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendCell(dst, r.cells[c])
	}
	return append(dst, '\n')
}

// fill writes the header and the rows of an object, and the truth about each row.
func (s *Shop) fill(d *draft) {
	d.csv = appendRecord(d.csv, d.layout.header)
	d.truth.Lines = make([]Line, 0, d.rows)
	number := 2
	for range d.rows {
		r := s.row(d)
		begin := len(d.csv)
		d.csv = d.layout.appendRow(d.csv, &r)
		record := d.csv[begin : len(d.csv)-1]
		d.truth.Lines = append(d.truth.Lines, newLine(number, &r, d.layout, rawText(&r, record)))
		number += 1 + bytes.Count(record, []byte("\n"))
		d.note(&r)
	}
}

// rawText is the record as text where the truth needs it: for rejects.
func rawText(r *row, record []byte) string {
	if r.reason == "" {
		return ""
	}
	return string(record)
}

// note keeps a sound row with an id as something that may be written again.
func (d *draft) note(r *row) {
	d.written++
	if r.class == "" && r.want[colEventID] != "" {
		d.sound.add(r)
	}
	if r.blame == colEventTime && r.reason == reasonInFuture {
		d.future = true
	}
}
