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
	if l.rows.events == 0 {
		l.count(0, 0, 0)
		return nil
	}
	arrays := l.rows.arrays()
	m := &l.w.table.merge
	return l.merge(ctx, tx, arrays, m.fromArrays, m.distinctInArrays)
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
	m := &l.w.table.merge
	return l.merge(ctx, tx, nil, m.fromStage, m.distinctInStage)
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

// merge upserts the staged rows and counts what became of them.
func (l *load) merge(ctx context.Context, tx pgx.Tx, arrays [][]byte, merge, distinct [2]string) error {
	variant := 0
	if l.rows.derived {
		variant = 1
	}
	o := l.run.Object
	params := slices.Concat(arrays, [][]byte{
		int8Param(l.receipt.ObjectID), int8Param(o.LastModified.UnixMicro() - postgresEpoch), int8Param(o.SourceHash()),
		int4Param(l.dropOrder), int4Param(l.receipt.Revision),
	})
	counts, err := l.query(ctx, tx, merge[variant], params, 2)
	if err != nil {
		return fmt.Errorf("merge: %w", err)
	}
	inserted, updated := counts[0], counts[1]
	keys := inserted + updated
	if keys < l.rows.events { // some were stale or duplicates; only now it is worth counting the keys
		counts, err := l.query(ctx, tx, distinct[variant], arrays, 1)
		if err != nil {
			return fmt.Errorf("count keys: %w", err)
		}
		keys = counts[0]
	}
	l.count(inserted, updated, keys)
	return nil
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

// query runs a statement with parameters in binary form and returns its one row of bigints.
func (l *load) query(ctx context.Context, tx pgx.Tx, sql string, params [][]byte, columns int) ([]int64, error) {
	result := l.w.execute(ctx, tx.Conn(), sql, params)
	if result.Err != nil {
		return nil, result.Err
	}
	if len(result.Rows) != 1 || len(result.Rows[0]) != columns {
		return nil, fmt.Errorf("unexpected result of %d rows", len(result.Rows))
	}
	counts := make([]int64, columns)
	for i, field := range result.Rows[0] {
		counts[i] = int64(binary.BigEndian.Uint64(field)) //nolint:gosec // a bigint
	}
	return counts, nil
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

func int8Param(n int64) []byte { return binary.BigEndian.AppendUint64(nil, bits(n)) }
func int4Param(n int32) []byte { return appendLength(nil, int(n)) }

// arrays turns the encoded rows into one binary array per staged column.
func (r *rowReader) arrays() [][]byte {
	arrays := make([][]byte, len(r.table.staged))
	sizes := make([]int, len(arrays))
	r.eachField(func(i int, field []byte) { sizes[i] += len(field) })
	for i := range arrays {
		arrays[i] = appendArrayHead(make([]byte, 0, sizes[i]+20), r.table.staged[i].elemOID, int(r.events))
	}
	r.eachField(func(i int, field []byte) { arrays[i] = append(arrays[i], field...) })
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
