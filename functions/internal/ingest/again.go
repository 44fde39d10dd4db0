package ingest

import (
	"bytes"
	"errors"
	"math"

	"eventdrop/functions/internal/clean"
	"eventdrop/functions/internal/csvfile"
	"eventdrop/functions/internal/dropzone"
)

// errWholeObject says that quarantined rows cannot be judged one by one: only the whole object tells what they are.
var errWholeObject = errors.New("rows cannot be run one by one")

// rowsAgain runs quarantined records of a drop through the contract. Their verdicts are those that
// a replay of the whole object would come to; where that is not certain the error is errWholeObject.
func (p *Pipeline) rowsAgain(drop dropzone.Drop, next func() (dropzone.Quarantined, error)) (dropzone.Rows, error) {
	if drop.Order == nil || drop.Dialect == nil || drop.Dialect.Delimiter == "" {
		return nil, errWholeObject
	}
	records := &recordsAgain{
		next: next, dialect: *drop.Dialect,
		options: csvfile.Options{Limits: p.Limits.CSV, FinalNewlineOptional: p.Cleaner.Contract().FinalNewline == "optional"},
	}
	rows, err := p.Cleaner.Rows(drop.Object, records, math.MaxInt) // what was kept of a record stays
	return &cleanedAgain{Rows: rows, records: records}, err
}

// cleanedAgain are rows that were in quarantine.
type cleanedAgain struct {
	*clean.Rows

	records *recordsAgain
}

// Next refuses an event without a key: it would be derived from the number of equal records before it in
// the object, and they are not here.
func (r *cleanedAgain) Next() (*dropzone.Event, *dropzone.Reject, error) {
	event, reject, err := r.Rows.Next()
	switch {
	case event != nil && event.Derived:
		return nil, nil, errWholeObject
	case reject != nil:
		reject.RawCut = r.records.present.RawCut
	}
	return event, reject, err
}

// recordsAgain reads quarantined records again, in the dialect of their object.
type recordsAgain struct {
	next    func() (dropzone.Quarantined, error)
	dialect dropzone.Dialect
	options csvfile.Options
	present dropzone.Quarantined
	damaged csvfile.Record
}

// Header implements clean.Records.
func (r *recordsAgain) Header() []string { return r.dialect.Header }

// Next gives a record that was damaged as it was: the contract has no say in that, and its neighbours, which may
// have been at fault, are not here. Only a line end that was missing may be none of its business today.
func (r *recordsAgain) Next() (*csvfile.Record, error) {
	var err error
	if r.present, err = r.next(); err != nil {
		return nil, err
	}
	q := &r.present
	switch {
	case q.Reason == dropzone.MissingFinalNewline && r.options.FinalNewlineOptional:
		return nil, errWholeObject
	case q.Reason.Damage():
		r.damaged = csvfile.Record{Line: q.Line, Raw: q.Raw, Damage: q.Reason}
		return &r.damaged, nil
	case q.RawCut:
		return nil, errWholeObject
	}
	record, ok := csvfile.Again(q.Raw, r.ended(), r.dialect, r.options)
	if !ok {
		return nil, errWholeObject
	}
	record.Line = q.Line
	return record, nil
}

// ended reports whether the present record had a line end: all have but the last one of a file without.
func (r *recordsAgain) ended() bool {
	last := r.present.Line + int64(bytes.Count(r.present.Raw, []byte{'\n'}))
	return r.dialect.FinalNewline || last < r.dialect.Lines
}
