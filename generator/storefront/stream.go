package storefront

import (
	"bufio"
	"fmt"
	"io"
	"time"
)

// Stream writes one object of any number of rows to w, uncompressed, undamaged and without its truth, in constant
// memory: for objects of gigabytes, as benchmarks need them. Rows carry defects as in Next. The error is w's, or
// about a moment before 2001-09-09.
func (s *Shop) Stream(w io.Writer, at time.Time, rows int) error {
	d, err := s.draft(at.UTC().Truncate(time.Microsecond))
	if err != nil {
		return err
	}
	d.rows = rows
	out := bufio.NewWriterSize(w, 1<<16)
	record := appendRecord(nil, d.layout.header)
	for {
		if _, err := out.Write(record); err != nil {
			return fmt.Errorf("write row %d: %w", d.written, err)
		}
		if d.written == rows {
			break
		}
		r := s.row(d)
		record = d.layout.appendRow(record[:0], &r)
		d.note(&r)
	}
	s.last = d.at
	s.count++
	if err := out.Flush(); err != nil {
		return fmt.Errorf("write the last rows: %w", err)
	}
	return nil
}
