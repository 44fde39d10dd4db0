package bench

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
)

// column is one of the table events.
type column struct {
	name string
	typ  string
	oid  uint32
}

// objectColumns say where an event came from and which of two wins: one value for all events of an object. They are the parameters
// of a merge that follow its arrays.
func objectColumns() []column {
	return []column{
		{name: "object_id", typ: "int8"},
		{name: "object_modified", typ: "timestamptz"},
		{name: "source_hash", typ: "int8"},
		{name: "drop_order", typ: "int4"},
		{name: "revision", typ: "int4"},
	}
}

// rememberMerges makes merges of the rows that a drain has left, one for each object.
func (p *place) rememberMerges(ctx context.Context) (*merges, error) {
	columns, err := p.rowColumns(ctx)
	if err != nil {
		return nil, err
	}
	sql := "select " + names(slices.Concat(columns, objectColumns()), "") + " from events order by object_id, line_no"
	rows, err := p.db.Query(ctx, sql, pgx.QueryResultFormats{1})
	if err != nil {
		return nil, fmt.Errorf("read the rows of the merges: %w", err)
	}
	defer rows.Close()
	m := &merges{sql: mergeStatement(columns)}
	var last *mergeParams
	for rows.Next() {
		values := rows.RawValues()
		if last == nil || !bytes.Equal(last.object[0], values[len(columns)]) {
			m.keep(last)
			last = newMergeParams(columns, values[len(columns):])
		}
		last.add(values[:len(columns)])
	}
	m.keep(last)
	return m, rows.Err()
}

// rowColumns are those that differ from event to event: the contract's, and the line.
func (p *place) rowColumns(ctx context.Context) ([]column, error) {
	const sql = `select a.attname, t.typname, t.oid from pg_attribute a join pg_type t on t.oid = a.atttypid
		where a.attrelid = 'events'::regclass and a.attnum > 0 and not a.attisdropped and a.attname <> 'recency_at' and a.attname <> all($1)
		order by a.attnum`
	var objects []string
	for _, c := range objectColumns() {
		objects = append(objects, c.name)
	}
	rows, err := p.db.Query(ctx, sql, objects)
	if err != nil {
		return nil, fmt.Errorf("read the columns of events: %w", err)
	}
	columns, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (c column, err error) {
		return c, row.Scan(&c.name, &c.typ, &c.oid)
	})
	if err != nil {
		return nil, fmt.Errorf("read the columns of events: %w", err)
	}
	return columns, nil
}

// names lists columns, each with something in front.
func names(columns []column, before string) string {
	list := make([]string, len(columns))
	for i := range columns {
		list[i] = before + pgx.Identifier{columns[i].name}.Sanitize()
	}
	return strings.Join(list, ", ")
}

// mergeStatement is the loader's (functions/internal/warehouse/merge.go), under a contract without a column for the recency, but for
// what it counts for the books.
func mergeStatement(columns []column) string {
	var arrays, scalars []string
	for i, c := range columns {
		arrays = append(arrays, fmt.Sprintf("$%d::%s[]", i+1, c.typ))
	}
	for i, c := range objectColumns() {
		scalars = append(scalars, fmt.Sprintf("$%d::%s", len(columns)+i+1, c.typ))
	}
	modified := scalars[1]
	all := slices.Concat(columns, objectColumns(), []column{{name: "recency_at"}})
	var set []string
	for _, c := range all[1:] {
		name := pgx.Identifier{c.name}.Sanitize()
		set = append(set, name+" = excluded."+name)
	}
	recency := []column{{name: "recency_at"}, {name: "object_modified"}, {name: "source_hash"}, {name: "drop_order"}, {name: "line_no"}, {name: "revision"}}
	return fmt.Sprintf(`insert into events as held (%[1]s)
select distinct on (event_id) %[2]s, %[3]s, %[4]s from unnest(%[5]s) as stage (%[2]s)
order by event_id, %[4]s desc, line_no desc
on conflict (event_id) do update set %[6]s where (%[7]s) > (%[8]s)`,
		names(all, ""), names(columns, ""), strings.Join(scalars, ", "), modified, strings.Join(arrays, ", "),
		strings.Join(set, ", "), names(recency, "excluded."), names(recency, "held."))
}

// mergeParams are the parameters of one merge in the making.
type mergeParams struct {
	arrays [][]byte
	object [][]byte
	rows   int
}

// newMergeParams begins binary arrays of one dimension that may hold nulls, whose lower bound is 1 (PostgreSQL's array_recv). Their
// length is set when it is known.
func newMergeParams(columns []column, object [][]byte) *mergeParams {
	m := &mergeParams{}
	for _, c := range columns {
		array := binary.BigEndian.AppendUint32(nil, 1)
		for _, word := range []uint32{1, c.oid, 0, 1} {
			array = binary.BigEndian.AppendUint32(array, word)
		}
		m.arrays = append(m.arrays, array)
	}
	for _, value := range object {
		m.object = append(m.object, bytes.Clone(value)) // the row's buffer is used again
	}
	return m
}

// add appends one row.
func (m *mergeParams) add(values [][]byte) {
	for i, value := range values {
		if value == nil {
			m.arrays[i] = binary.BigEndian.AppendUint32(m.arrays[i], ^uint32(0)) // a null has the length -1
			continue
		}
		m.arrays[i] = binary.BigEndian.AppendUint32(m.arrays[i], uint32(len(value))) //nolint:gosec // a field of PostgreSQL
		m.arrays[i] = append(m.arrays[i], value...)
	}
	m.rows++
}

// keep appends a merge; nil is none.
func (m *merges) keep(params *mergeParams) {
	if params == nil {
		return
	}
	for i, array := range params.arrays {
		binary.BigEndian.PutUint32(array[12:], uint32(params.rows)) //nolint:gosec // the rows of a small object
		params.arrays[i] = bytes.Clone(array)                       // without the room to grow
	}
	m.objects = append(m.objects, append(params.arrays, params.object...))
	m.rows += params.rows
}
