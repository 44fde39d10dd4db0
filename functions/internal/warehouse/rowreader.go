package warehouse

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"hash"
	"io"
	"runtime/debug"
	"time"

	"eventdrop/functions/internal/contract"
	"eventdrop/functions/internal/dropzone"
)

// Up to these bounds an object is small: it is read before its transaction opens and its rows
// travel as arrays. Above, its rows stream through COPY.
const (
	smallRows  = 5_000
	smallBytes = 2 << 20 // of encoded rows and rejects
)

// At these bounds the rejects that were collected must be written before reading goes on.
const (
	maxPendingRejects = 1_000
	maxPendingBytes   = 1 << 20
)

// rowReader pulls rows, encodes the events and collects the rejects.
//
// An encoded event is its number of fields and its fields, as COPY wants them.
type rowReader struct {
	rows     dropzone.Rows
	table    *table
	contract *contract.Contract

	encoded  []byte // events that wait to be staged
	offset   int    // of what COPY has taken from encoded
	events   int64  // read so far
	rejects  quarantine
	rejected int64
	derived  bool // some event has a derived key
	complete bool // io.EOF was seen
	err      error
	waited   time.Duration
	hash     hash.Hash
	sample   []dropzone.Reject
}

func newRowReader(rows dropzone.Rows, t *table, c *contract.Contract) *rowReader {
	return &rowReader{rows: rows, table: t, contract: c, hash: sha256.New()}
}

// readHead reads rows up to the bounds of a small object.
func (r *rowReader) readHead() error {
	began := time.Now()
	defer func() { r.waited += time.Since(began) }()
	for !r.complete && r.events < smallRows && len(r.encoded)+r.rejects.bytes < smallBytes && !r.rejects.full() {
		if err := r.next(); err != nil {
			return err
		}
	}
	return nil
}

// next reads one row: an event into encoded, a reject into rejects.
func (r *rowReader) next() error {
	event, reject, err := r.rows.Next()
	switch {
	case err == io.EOF: //nolint:errorlint // an error that wraps io.EOF is a fault, and no end
		r.complete = true
		return r.checkThresholds()
	case err != nil:
		return err
	case reject != nil:
		return r.addReject(reject)
	}
	start := len(r.encoded)
	r.encode(event)
	r.hash.Write(r.encoded[start:])
	r.events++
	r.derived = r.derived || event.Derived
	return nil
}

func (r *rowReader) encode(e *dropzone.Event) {
	b := appendShort(r.encoded, len(r.table.staged))
	for i, c := range r.table.encodings {
		b = appendValue(b, c, &e.Values[i])
	}
	b = appendInt64(b, e.Line)
	if e.Derived {
		b = append(append(b, 0, 0, 0, 16), e.RecordHash[:]...)
	} else {
		b = append(b, null[:]...)
	}
	r.encoded = b
}

// maxSample is how many rejects explain an object that is parked for having too many.
const maxSample = 10

func (r *rowReader) addReject(reject *dropzone.Reject) error {
	r.rejected++
	r.rejects.add(reject)
	r.hash.Write(binary.BigEndian.AppendUint64(nil, bits(reject.Line)))
	r.hash.Write([]byte(reject.Reason))
	if r.limited() && len(r.sample) < maxSample {
		kept := *reject
		kept.Raw = append([]byte(nil), reject.Raw...)
		r.sample = append(r.sample, kept)
	}
	if limit := r.contract.MaxRejectedRows; limit > 0 && r.rejected > limit {
		return r.tooManyRejects("more than %d records were rejected", limit)
	}
	return nil
}

func (r *rowReader) limited() bool {
	return r.contract.MaxRejectedRows > 0 || r.contract.MaxRejectedPercent > 0
}

// checkThresholds judges the share of rejects when all rows are known.
func (r *rowReader) checkThresholds() error {
	limit := r.contract.MaxRejectedPercent
	if limit > 0 && float64(r.rejected) > limit/100*float64(r.rejected+r.events) {
		return r.tooManyRejects("%d of %d records were rejected, more than %g %%", r.rejected, r.rejected+r.events, limit)
	}
	return nil
}

func (r *rowReader) tooManyRejects(format string, args ...any) error {
	return &dropzone.UnreadableError{
		Reason: dropzone.TooManyRejects,
		Hint: fmt.Sprintf(format, args...) + ": `eventdrop explain` shows the first of them; mend the file and drop it again, " +
			"or mend the contract and `eventdrop replay` the object",
		Sample: r.sample,
	}
}

func (r *rowReader) outputHash() [32]byte { return [32]byte(r.hash.Sum(nil)) }

// Read gives COPY its binary stream: what readHead collected, then row after row, until the rows end
// or the rejects must be written first. It keeps the rows' own error, which COPY would hide.
func (r *rowReader) Read(p []byte) (int, error) {
	if r.offset == len(r.encoded) {
		if r.err = r.timed(copyChunk); r.err != nil {
			return 0, r.err
		}
		if len(r.encoded) == 0 {
			return 0, io.EOF
		}
	}
	n := copy(p, r.encoded[r.offset:])
	r.offset += n
	return n, nil
}

// timed is fill, and notes how long it took.
func (r *rowReader) timed(chunk int) error {
	began := time.Now()
	defer func() { r.waited += time.Since(began) }()
	return r.fill(chunk)
}

// fill reads the next chunk. A panic of the rows becomes their error here, because it would end the
// whole program: COPY reads in a goroutine of its own.
func (r *rowReader) fill(chunk int) (err error) {
	defer func() {
		if fault := recover(); fault != nil {
			err = fmt.Errorf("panic: %v\n%s", fault, debug.Stack())
		}
	}()
	if cap(r.encoded) < chunk { // append would grow it in steps, and leave them behind
		r.encoded = make([]byte, 0, chunk+chunk/16)
	}
	r.encoded, r.offset = r.encoded[:0], 0
	for len(r.encoded) < chunk && !r.complete && !r.rejects.full() {
		if err := r.next(); err != nil {
			return err
		}
	}
	return nil
}

// copyChunk is how many encoded bytes are made at a time.
const copyChunk = 64 << 10
