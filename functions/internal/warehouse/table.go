package warehouse

import (
	"fmt"
	"hash/fnv"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"eventdrop/functions/internal/contract"
	"eventdrop/functions/internal/dropzone"
)

// table is what the statements and the encoder know of a contract's table. Its columns are staged
// in the contract's order, followed by extras, the line and the hash of records without a key.
type table struct {
	encodings []columnEncoding // of the contract's columns and extras
	staged    []stagedColumn
	key       int // among the staged columns
	recency   int // among the staged columns; -1: recency is the object's
	stageName string

	createStage string
	copyStage   string
	copyDirect  string
	countKnown  string
	merge       mergeStatements
	findEvent   string
}

// stagedColumn is a column of the staging table, and of the arrays that stand for it.
type stagedColumn struct {
	name    string // sanitised
	typ     string
	elemOID int
}

func newTable(c *contract.Contract) *table {
	t := &table{key: c.ColumnIndex(c.Key), recency: -1}
	if c.Recency != "" {
		t.recency = c.ColumnIndex(c.Recency)
	}
	for i := range c.Columns {
		t.addColumn(c.Columns[i].Name, columnEncoding{c.Columns[i].Type(), c.Columns[i].Scale})
	}
	t.addColumn(c.Extras, columnEncoding{dropzone.JSON, 0})
	t.staged = append(t.staged, newStagedColumn("line_no", dropzone.Integer), newStagedColumn("record_hash", dropzone.UUID))
	t.nameStage()
	columns := t.names()
	t.createStage = fmt.Sprintf("create temp table if not exists %s (%s) on commit delete rows", t.stageName, t.definitions())
	t.copyStage = fmt.Sprintf("copy %s (%s) from stdin (format binary)", t.stageName, strings.Join(columns, ", "))
	target, key := pgx.Identifier{c.Table}.Sanitize(), pgx.Identifier{c.Key}.Sanitize()
	direct := slices.Concat(t.eventColumns(), []string{"line_no"}, sharedColumns())
	t.copyDirect = fmt.Sprintf("copy %s (%s) from stdin (format binary)", target, strings.Join(direct, ", "))
	t.countKnown = fmt.Sprintf("select count(*) from unnest($1::%s[]) key where exists (select from %s held where held.%s = key)", t.staged[t.key].typ, target, key)
	t.merge = newMergeStatements(c, t)
	t.findEvent = fmt.Sprintf(`select e.object_id, o.bucket, o.key, o.version_id, o.etag, %s, e.recency_at, e.object_modified, e.source_hash,
		e.drop_order, e.line_no, e.revision from %s e join objects o using (object_id) where e.%s = $1`,
		eventDocument, target, key)
	return t
}

func (t *table) addColumn(name string, e columnEncoding) {
	t.encodings = append(t.encodings, e)
	t.staged = append(t.staged, newStagedColumn(name, e.typ))
}

func newStagedColumn(name string, typ dropzone.Type) stagedColumn {
	col := stagedColumn{name: pgx.Identifier{name}.Sanitize()}
	switch typ {
	case dropzone.UUID:
		col.typ, col.elemOID = "uuid", 2950
	case dropzone.Integer:
		col.typ, col.elemOID = "bigint", 20
	case dropzone.Decimal:
		col.typ, col.elemOID = "numeric", 1700
	case dropzone.Timestamp:
		col.typ, col.elemOID = "timestamptz", 1184
	case dropzone.Boolean:
		col.typ, col.elemOID = "boolean", 16
	case dropzone.JSON:
		col.typ, col.elemOID = "jsonb", 3802
	default:
		col.typ, col.elemOID = "text", 25
	}
	return col
}

// nameStage gives the staging table a name of its own per shape: a connection may outlive a contract.
func (t *table) nameStage() {
	h := fnv.New64a()
	_, _ = h.Write([]byte(t.definitions()))
	t.stageName = fmt.Sprintf("pg_temp.stage_%016x", h.Sum64())
}

func (t *table) names() []string {
	names := make([]string, len(t.staged))
	for i := range t.staged {
		names[i] = t.staged[i].name
	}
	return names
}

func (t *table) definitions() string {
	definitions := make([]string, len(t.staged))
	for i := range t.staged {
		definitions[i] = t.staged[i].name + " " + t.staged[i].typ
	}
	return strings.Join(definitions, ", ")
}

// arrays is the source of rows of small objects: one array parameter per staged column, from $1, then those per object.
func (t *table) arrays() string {
	columns := slices.Concat(t.staged, perObject())
	params, names := make([]string, len(columns)), make([]string, len(columns))
	for i, column := range columns {
		params[i], names[i] = fmt.Sprintf("$%d::%s[]", i+1, column.typ), column.name
	}
	return fmt.Sprintf("unnest(%s) as stage (%s)", strings.Join(params, ", "), strings.Join(names, ", "))
}

// eventDocument is the row e of a contract's table without the columns that all such tables have.
const eventDocument = `to_jsonb(e) - array['object_id', 'line_no', 'recency_at', 'object_modified', 'source_hash', 'drop_order', 'revision']`

// eventColumns are the columns of the contract and extras, sanitised.
func (t *table) eventColumns() []string { return slices.Clone(t.names()[:len(t.encodings)]) }
