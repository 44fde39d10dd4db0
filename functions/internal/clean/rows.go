package clean

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"eventdrop/functions/internal/contract"
	"eventdrop/functions/internal/csvfile"
	"eventdrop/functions/internal/dropzone"
)

// Records is where the records come from: the reader of package csvfile.
type Records interface {
	// Header returns the column names; nil for an empty object.
	Header() []string
	// Next returns the next record, valid until the following call, or io.EOF.
	Next() (*csvfile.Record, error)
}

// maxValue bounds how much of an offending value a reject carries, in bytes.
const maxValue = 256

// Rows cleans the records of one object. It is not safe for concurrent use.
type Rows struct {
	cleaner *Cleaner
	records Records

	cells    []int // the field of each column of the contract; -1: the header does not have it
	extras   []extra
	unknown  []string
	absent   []string
	event    dropzone.Event
	reject   dropzone.Reject
	arena    []byte
	hash     hasher
	repairs  []countKey // of this record; they count only if it becomes an event
	quality  counts
	modified int64 // the object's last-modified in microseconds
	maxRaw   int
}

// Rows binds the contract to the header of one object. It returns a *dropzone.UnreadableError
// when the header names one column of the contract twice. maxRaw bounds the raw text that a reject
// carries, in bytes.
func (c *Cleaner) Rows(object dropzone.Object, records Records, maxRaw int) (*Rows, error) {
	r := &Rows{
		cleaner: c, records: records, maxRaw: maxRaw, quality: counts{},
		cells: slices.Repeat([]int{-1}, len(c.columns)), modified: object.LastModified.UnixMicro(),
	}
	r.event.Values = make([]dropzone.Value, len(c.columns)+1)
	names := nameSet{}
	for field, name := range records.Header() {
		column, known := c.names[contract.Fold(name)]
		switch {
		case !known:
			r.unknown = append(r.unknown, name)
			r.extras = append(r.extras, names.newExtra(name, field))
		case r.cells[column] >= 0:
			return nil, duplicateColumn(records.Header(), r.cells[column], field, c.columns[column].name)
		default:
			r.cells[column] = field
		}
	}
	slices.SortFunc(r.extras, func(a, b extra) int { return strings.Compare(a.name, b.name) })
	r.findAbsent()
	return r, nil
}

func duplicateColumn(header []string, first, second int, column string) error {
	return &dropzone.UnreadableError{
		Reason: dropzone.DuplicateColumn,
		Hint: fmt.Sprintf("the header names column %s twice, as %q and as %q: rename or remove one of them and drop the file again",
			column, header[first], header[second]),
	}
}

func (r *Rows) findAbsent() {
	if len(r.records.Header()) == 0 {
		return
	}
	for i, field := range r.cells {
		if field < 0 {
			r.absent = append(r.absent, r.cleaner.columns[i].name)
		}
	}
}

// Next returns the next row: an event or a reject, never both. At the end it returns io.EOF; every
// other error is the reader's. What it returns is valid until the following call.
func (r *Rows) Next() (*dropzone.Event, *dropzone.Reject, error) {
	record, err := r.records.Next()
	if err != nil {
		return nil, nil, err
	}
	if record.Damage != "" {
		return nil, r.refuse(record, record.Damage, "", nil), nil
	}
	if column, reason := r.clean(record); reason != "" {
		return nil, r.refuse(record, reason, r.cleaner.columns[column].name, r.field(column, record)), nil
	}
	return &r.event, nil, nil
}

// clean fills the event from the record, or returns the first fault: the columns in the contract's
// order, then the rules.
func (r *Rows) clean(record *csvfile.Record) (column int, reason dropzone.Reason) {
	r.begin(record)
	columns, values, fields := r.cleaner.columns, r.event.Values, record.Fields
	for i, at := range r.cells {
		var field []byte
		if at >= 0 {
			field = fields[at]
		}
		switch col := &columns[i]; { // first what cleanCell, too, would say of most empty cells and texts
		case len(field) == 0 && col.optional:
			values[i] = dropzone.Value{}
		case len(field) <= col.plain && col.ends.settle(field) && !r.event.Derived:
			values[i] = dropzone.Value{Bytes: field, Present: true}
		default:
			if reason := r.cleanCell(i, field); reason != "" {
				return i, reason
			}
		}
	}
	r.collectExtras(record.Fields)
	for i := range r.cleaner.rules {
		rule := &r.cleaner.rules[i]
		if !rule.holds(r.event.Values, r.modified) {
			return rule.column, rule.reason
		}
	}
	r.finish(record)
	return 0, ""
}

func (r *Rows) begin(record *csvfile.Record) {
	r.arena, r.repairs = r.arena[:0], r.repairs[:0]
	key := &r.cleaner.columns[r.cleaner.key]
	if field := r.field(r.cleaner.key, record); key.ends.settle(field) {
		r.event.Derived = false
	} else {
		_, r.event.Derived = key.read(field, &r.arena)
	}
	if r.event.Derived {
		r.hash.reset(len(r.cleaner.columns))
	}
}

// finish sets what follows from the values.
func (r *Rows) finish(record *csvfile.Record) {
	r.quality.repair(r.repairs)
	r.event.Line = record.Line
	r.event.RecencyAt = r.modified
	if at := r.cleaner.recency; at >= 0 {
		r.event.RecencyAt = r.event.Values[at].Int
	}
	r.event.RecordHash = [16]byte{}
	if r.event.Derived {
		r.event.RecordHash = r.hash.sum(r.cleaner, r.extras, record.Fields)
	}
}

// cleanCell reads one field into its value: absent, invalid or fine, each as the column's policy says.
func (r *Rows) cleanCell(i int, field []byte) dropzone.Reason {
	col, v := &r.cleaner.columns[i], &r.event.Values[i]
	cell, absent := field, false
	if !col.ends.settle(field) {
		cell, absent = col.read(field, &r.arena)
	}
	if absent {
		return r.absentCell(i)
	}
	v.Present = true
	var how verdict
	if len(cell) <= col.plain {
		v.Bytes = cell
	} else {
		how = col.parse(cell, v, &r.arena)
	}
	if r.event.Derived {
		r.hash.note(i, cell, v, how)
	}
	if how.reason == "" && how.repair == "" {
		return ""
	}
	return r.unsoundCell(i, how)
}

// unsoundCell treats a cell that had to be repaired or is invalid.
func (r *Rows) unsoundCell(i int, verdict verdict) dropzone.Reason {
	if verdict.repair != "" {
		r.noteRepair(verdict.repair, i)
	}
	if verdict.reason != "" {
		return r.invalidCell(i, verdict.reason)
	}
	return ""
}

func (r *Rows) absentCell(i int) dropzone.Reason {
	p := &r.cleaner.columns[i].absent
	r.apply(p, i)
	switch p.action {
	case contract.RejectRow:
		return dropzone.Missing
	case contract.UseDefault:
		r.noteRepair("absent_defaulted", i)
	default: // null needs no count: nothing was changed
	}
	return ""
}

func (r *Rows) invalidCell(i int, reason dropzone.Reason) dropzone.Reason {
	p := &r.cleaner.columns[i].invalid
	if reason == dropzone.BelowMinimum {
		p = &r.cleaner.columns[i].low
	}
	r.apply(p, i)
	switch p.action {
	case contract.UseNull:
		r.noteRepair(string(reason)+"_nulled", i)
	case contract.UseDefault:
		r.noteRepair(string(reason)+"_defaulted", i)
	default:
		return reason
	}
	return ""
}

func (r *Rows) noteRepair(rule string, column int) {
	r.repairs = append(r.repairs, countKey{rule, r.cleaner.columns[column].name, true})
}

// field returns the field of a column as it was read; nil where the header does not have the column.
func (r *Rows) field(column int, record *csvfile.Record) []byte {
	if at := r.cells[column]; at >= 0 {
		return record.Fields[at]
	}
	return nil
}

// refuse counts and explains a reject. A record that is too large comes with its beginning only.
func (r *Rows) refuse(record *csvfile.Record, reason dropzone.Reason, column string, field []byte) *dropzone.Reject {
	r.quality.reject(reason, column)
	raw := cut(record.Raw, r.maxRaw)
	r.reject = dropzone.Reject{
		Line: record.Line, Reason: reason, Column: column, Value: string(cut(field, maxValue)),
		Raw: raw, RawCut: len(raw) < len(record.Raw) || reason == dropzone.RecordTooLarge,
	}
	return &r.reject
}

// cut returns the beginning of a text, at most limit bytes and no half of a character.
func cut(text []byte, limit int) []byte {
	if len(text) <= limit {
		return text
	}
	end := limit
	for end > 0 && limit-end < utf8.UTFMax && !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end]
}

// Unknown returns the header's columns that the contract does not know, in the header's order.
func (r *Rows) Unknown() []string { return r.unknown }

// Absent returns the contract's columns that the header does not have.
func (r *Rows) Absent() []string { return r.absent }

// Quality returns how often each rule was met so far, in a fixed order.
func (r *Rows) Quality() []dropzone.QualityCount { return r.quality.list() }
