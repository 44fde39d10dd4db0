package warehouse

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"eventdrop/functions/internal/dropzone"
)

// quarantine collects rejects, column by column, until they are written.
type quarantine struct {
	lines    []int64
	reasons  []string
	columns  []string
	values   []string
	raws     []string
	rawBytes [][]byte
	cut      []bool
	bytes    int
}

func (q *quarantine) full() bool {
	return len(q.lines) >= maxPendingRejects || q.bytes >= maxPendingBytes
}

func (q *quarantine) add(r *dropzone.Reject) {
	raw, exact := printable(r.Raw)
	value, _ := printable([]byte(r.Value))
	q.lines = append(q.lines, r.Line)
	q.reasons = append(q.reasons, string(r.Reason))
	q.columns = append(q.columns, r.Column)
	q.values = append(q.values, value)
	q.raws = append(q.raws, raw)
	q.rawBytes = append(q.rawBytes, exact)
	q.cut = append(q.cut, r.RawCut)
	q.bytes += len(raw) + len(exact) + len(value) + 64
}

func (q *quarantine) reset() {
	q.lines, q.reasons, q.columns, q.values = q.lines[:0], q.reasons[:0], q.columns[:0], q.values[:0]
	clear(q.raws)
	clear(q.rawBytes)
	q.raws, q.rawBytes, q.cut, q.bytes = q.raws[:0], q.rawBytes[:0], q.cut[:0], 0
}

// printable shows bytes that PostgreSQL's text cannot hold as \xNN, and then also returns a copy of
// the exact bytes.
func printable(raw []byte) (text string, exact []byte) {
	if utf8.Valid(raw) && bytes.IndexByte(raw, 0) < 0 {
		return string(raw), nil
	}
	var b strings.Builder
	for rest := raw; len(rest) > 0; {
		r, size := utf8.DecodeRune(rest)
		if r == 0 || r == utf8.RuneError && size == 1 {
			fmt.Fprintf(&b, `\x%02x`, rest[0])
		} else {
			b.Write(rest[:size])
		}
		rest = rest[size:]
	}
	return b.String(), bytes.Clone(raw)
}

// writeRejects moves the collected rejects into the table.
func (l *load) writeRejects(ctx context.Context, tx pgx.Tx) error {
	batch := &pgx.Batch{}
	if l.queueRejects(batch); batch.Len() == 0 {
		return nil
	}
	if err := tx.SendBatch(ctx, batch).Close(); err != nil {
		return fmt.Errorf("quarantine rows: %w", err)
	}
	l.rows.rejects.reset()
	return nil
}

func (l *load) queueRejects(batch *pgx.Batch) {
	if q := &l.rows.rejects; len(q.lines) > 0 {
		batch.Queue(l.w.queries["insert_rejects"], l.receipt.ObjectID, l.receipt.Contract, l.receipt.Revision,
			l.run.ID, q.lines, q.reasons, q.columns, q.values, q.raws, q.rawBytes, q.cut)
	}
}

// resolveQuarantine marks what an earlier run of the object refused and this one accepted.
func (l *load) resolveQuarantine(ctx context.Context, tx pgx.Tx) error {
	if l.run.Kind == dropzone.Load {
		return nil // a first load has no earlier run
	}
	if _, err := tx.Exec(ctx, l.w.queries["resolve_rejects"], l.receipt.ObjectID, l.run.ID); err != nil {
		return fmt.Errorf("resolve quarantined rows: %w", err)
	}
	return nil
}

func queueQuality(batch *pgx.Batch, sql string, object int64, quality []dropzone.QualityCount) {
	rules, columns := make([]string, len(quality)), make([]string, len(quality))
	repaired, counts := make([]bool, len(quality)), make([]int64, len(quality))
	for i, q := range quality {
		rules[i], columns[i], repaired[i], counts[i] = q.Rule, q.Column, q.Repaired, q.Count
	}
	batch.Queue(sql, object, rules, columns, repaired, counts)
}
