package warehouse

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"slices"
	"sync"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// mergeSmall merges the rows of a small object from arrays, in one statement.
func (l *load) mergeSmall(ctx context.Context, tx pgx.Tx) error {
	if err := l.writeRejects(ctx, tx); err != nil {
		return err
	}
	return l.w.mergeArrays(ctx, tx, []*load{l})
}

// mergeArrays merges the rows of small objects in one statement.
func (w *Warehouse) mergeArrays(ctx context.Context, tx pgx.Tx, loads []*load) error {
	m := &w.table.merge
	return w.merge(ctx, tx, loads, w.table.arraysOf(loads), m.fromArrays, m.distinctInArrays)
}

// mergeLarge streams the rows into the staging table, in turns with the rejects because one
// connection cannot do both at a time, and merges from there.
func (l *load) mergeLarge(ctx context.Context, tx pgx.Tx) error {
	if _, err := tx.Exec(ctx, l.w.table.createStage); err != nil {
		return fmt.Errorf("create staging table: %w", err)
	}
	if err := l.copyRows(ctx, tx, l.rows, l.w.table.copyStage); err != nil {
		return err
	}
	return l.mergeStage(ctx, tx)
}

// mergeStage merges the rows that are in the staging table.
func (l *load) mergeStage(ctx context.Context, tx pgx.Tx) error {
	m := &l.w.table.merge
	object := l.objectFields()
	params := make([][]byte, len(object))
	for i, field := range object {
		params[i] = field[4:] // a parameter's length goes before it by itself
	}
	return l.w.merge(ctx, tx, []*load{l}, params, m.fromStage, m.distinctInStage)
}

// copyRows copies events and writes rejects in turns, until the rows end.
func (l *load) copyRows(ctx context.Context, tx pgx.Tx, rows io.Reader, statement string) error {
	for done := false; !done; {
		if err := l.copySome(ctx, tx, rows, statement); err != nil {
			return err
		}
		done = l.rows.complete
		if err := l.writeRejects(ctx, tx); err != nil {
			return err
		}
	}
	return nil
}

// copySome runs one COPY, until the rows end or the rejects are full.
func (l *load) copySome(ctx context.Context, tx pgx.Tx, rows io.Reader, statement string) error {
	stream := &copyStream{r: io.MultiReader(bytes.NewReader(copyHeader()), rows, bytes.NewReader([]byte{0xff, 0xff}))}
	_, err := tx.Conn().PgConn().CopyFrom(ctx, stream, statement)
	stream.end()
	if l.rows.err != nil { // COPY reports it as a cancelled query
		return l.rows.err
	}
	if err != nil && ctx.Err() != nil { // pgx may only see that its connection was closed
		return fmt.Errorf("copy rows: %w (%w)", ctx.Err(), err)
	}
	if err != nil {
		return fmt.Errorf("copy rows: %w", err)
	}
	return nil
}

// copyStream is what one COPY reads. pgx does so in a goroutine of its own, which outlives CopyFrom
// where the connection breaks: the end keeps it from the rows.
type copyStream struct {
	mu    sync.Mutex
	r     io.Reader
	ended bool
}

// Read reads on until the end.
func (s *copyStream) Read(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended {
		return 0, io.ErrClosedPipe
	}
	return s.r.Read(p)
}

// end returns when no Read is at work; none begins any more.
func (s *copyStream) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ended = true
}

// copyHeader is the signature, the flags and the length of the extension: none.
func copyHeader() []byte { return []byte("PGCOPY\n\xff\r\n\x00\x00\x00\x00\x00\x00\x00\x00\x00") }

// merge upserts the rows of objects, which the parameters name or hold, and counts what became of them.
func (w *Warehouse) merge(ctx context.Context, tx pgx.Tx, loads []*load, params [][]byte, merge, distinct [2]string) error {
	events, variant := int64(0), 0
	for _, l := range loads {
		events += l.rows.events
		if l.rows.derived {
			variant = 1
		}
	}
	inserted, updated, keys := tally{}, tally{}, tally{}
	if events > 0 {
		rows, err := w.query(ctx, tx, merge[variant], append(slices.Clip(params), int4Param(w.contract.Revision)), 3)
		if err != nil {
			return fmt.Errorf("merge: %w", err)
		}
		for _, row := range rows {
			inserted[row[0]], updated[row[0]], keys[row[0]] = row[1], row[2], row[1]+row[2]
		}
	}
	if keys.sum() < events { // some were stale or duplicates; only now it is worth counting the keys
		rows, err := w.query(ctx, tx, distinct[variant], params, 2)
		if err != nil {
			return fmt.Errorf("count keys: %w", err)
		}
		for _, row := range rows {
			keys[row[0]] = row[1]
		}
	}
	for _, l := range loads {
		l.count(inserted[l.receipt.ObjectID], updated[l.receipt.ObjectID], keys[l.receipt.ObjectID])
	}
	return nil
}

// tally is a number for each object.
type tally map[int64]int64

func (t tally) sum() (all int64) {
	for _, n := range t {
		all += n
	}
	return all
}

// count fills the books of the run.
func (l *load) count(inserted, updated, keys int64) {
	b := &l.receipt.Books
	b.RowsRead = l.rows.events + l.rows.rejected
	b.Inserted, b.Updated = inserted, updated
	b.Stale = keys - inserted - updated
	b.Duplicate = l.rows.events - keys
	b.Rejected = l.rows.rejected
}

// query runs a statement with parameters in binary form and returns its rows, which are of bigints.
func (w *Warehouse) query(ctx context.Context, tx pgx.Tx, sql string, params [][]byte, columns int) ([][]int64, error) {
	result := w.execute(ctx, tx.Conn(), sql, params)
	if result.Err != nil {
		return nil, result.Err
	}
	rows := make([][]int64, len(result.Rows))
	for i, row := range result.Rows {
		if len(row) != columns {
			return nil, fmt.Errorf("unexpected result of %d columns", len(row))
		}
		rows[i] = make([]int64, columns)
		for j, field := range row {
			rows[i][j] = int64(binary.BigEndian.Uint64(field)) //nolint:gosec // a bigint
		}
	}
	return rows, nil
}

// execute prepares a statement first, which pgx remembers per connection, unless the database URL wants none
// prepared: behind a pooler the connection may lead to another session after this transaction.
func (w *Warehouse) execute(ctx context.Context, conn *pgx.Conn, sql string, params [][]byte) *pgconn.Result {
	binaryFormat := []int16{1}
	if !w.prepares {
		return conn.PgConn().ExecParams(ctx, sql, params, nil, binaryFormat, binaryFormat).Read()
	}
	statement, err := conn.Prepare(ctx, sql, sql)
	if err != nil {
		return &pgconn.Result{Err: err}
	}
	return conn.PgConn().ExecStatement(ctx, statement, params, binaryFormat, binaryFormat).Read()
}

func int4Param(n int32) []byte { return appendLength(nil, int(n)) }

// objectFields are the values of perObject, as fields of COPY or of an array.
func (l *load) objectFields() [][]byte {
	o := l.run.Object
	return [][]byte{
		appendInt64(nil, l.receipt.ObjectID), appendInt64(nil, o.LastModified.UnixMicro()-postgresEpoch), appendInt64(nil, o.SourceHash()),
		appendLength(appendLength(nil, 4), int(l.dropOrder)),
	}
}

// arraysOf turns the encoded rows of objects into one binary array per staged column, and one for each that is per object.
func (t *table) arraysOf(loads []*load) [][]byte {
	columns := slices.Concat(t.staged, perObject())
	arrays, sizes, events := make([][]byte, len(columns)), make([]int, len(columns)), 0
	for _, l := range loads {
		events += int(l.rows.events)
		l.rows.eachField(func(i int, field []byte) { sizes[i] += len(field) })
		for i, field := range l.objectFields() {
			sizes[len(t.staged)+i] += len(field) * int(l.rows.events)
		}
	}
	for i := range arrays {
		arrays[i] = appendArrayHead(make([]byte, 0, sizes[i]+20), columns[i].elemOID, events)
	}
	for _, l := range loads {
		l.rows.eachField(func(i int, field []byte) { arrays[i] = append(arrays[i], field...) })
		for i, field := range l.objectFields() {
			for range l.rows.events {
				arrays[len(t.staged)+i] = append(arrays[len(t.staged)+i], field...)
			}
		}
	}
	return arrays
}

// appendArrayHead begins a binary array: number of dimensions, a flag for NULLs, the element's type, its length and lower bound. The
// elements follow, which are fields as COPY has them (src/backend/utils/adt/arrayfuncs.c, array_recv).
func appendArrayHead(dst []byte, elemOID, length int) []byte {
	for _, word := range []int{1, 1, elemOID, length, 1} {
		dst = appendLength(dst, word)
	}
	return dst
}

// eachField walks over the fields of the encoded rows, each with its length in front.
func (r *rowReader) eachField(visit func(column int, field []byte)) {
	for rest := r.encoded; len(rest) > 0; {
		rest = rest[2:] // the number of fields
		for i := range r.table.staged {
			size := 4
			if !bytes.HasPrefix(rest, null[:]) {
				size += int(binary.BigEndian.Uint32(rest))
			}
			visit(i, rest[:size])
			rest = rest[size:]
		}
	}
}
