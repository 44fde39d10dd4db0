package warehouse

import (
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"eventdrop/functions/internal/contract"
	"eventdrop/functions/internal/dropzone"
)

// mergeStatements are the statements that depend on the contract's columns. Each exists for rows in arrays, of one or
// several objects, and rows in the staging table, of one object; and for objects with and without derived keys.
//
// Both give a row for each object: its number and how many rows were inserted and updated, or how many distinct keys it has.
type mergeStatements struct {
	fromArrays, fromStage [2]string // [1]: some keys must be derived
	// The number of distinct keys; asked only when not every row was inserted or updated.
	distinctInArrays, distinctInStage [2]string
}

// perObject are the columns of a contract's table that are the same for all rows of an object, but for the revision of the
// contract. They are sources of a merge: arrays, or parameters.
func perObject() []stagedColumn {
	return []stagedColumn{
		{"object_id", "bigint", 20}, {"object_modified", "timestamptz", 1184}, {"source_hash", "bigint", 20}, {"drop_order", "integer", 23},
	}
}

func newMergeStatements(c *contract.Contract, t *table) mergeStatements {
	var m mergeStatements
	params := make([]string, len(perObject()))
	for i, column := range perObject() {
		params[i] = fmt.Sprintf("$%d::%s as %s", i+1, column.typ, column.name)
	}
	names := []string{"object_id", "object_modified", "source_hash", "drop_order"}
	for i, derive := range []bool{false, true} {
		arrays, stage := source(c, t, t.arrays(), names, derive), source(c, t, t.stageName, params, derive)
		m.fromArrays[i] = mergeStatement(c, t, arrays, len(t.staged)+len(names)+1)
		m.fromStage[i] = mergeStatement(c, t, stage, len(names)+1)
		const distinct = "select object_id, count(distinct %s) from (%s) source group by object_id"
		key := pgx.Identifier{c.Key}.Sanitize()
		m.distinctInArrays[i] = fmt.Sprintf(distinct, key, arrays)
		m.distinctInStage[i] = fmt.Sprintf(distinct, key, stage)
	}
	return m
}

// source selects the staged rows with their keys and their object. A key that is absent is derived from the record's
// hash and the number of equal records before it in the object.
func source(c *contract.Contract, t *table, from string, object []string, derive bool) string {
	columns := append(t.eventColumns(), "line_no")
	if derive {
		at := c.ColumnIndex(c.Key)
		partition := "record_hash"
		if from != t.stageName { // which holds one object
			partition = "object_id, record_hash"
		}
		columns[at] = fmt.Sprintf(
			"coalesce(%[1]s, derived_id(record_hash, row_number() over (partition by %[3]s order by line_no))::%[2]s) as %[1]s",
			columns[at], t.staged[at].typ, partition)
	}
	return fmt.Sprintf("select %s from %s", strings.Join(slices.Concat(columns, object), ", "), from)
}

// mergeStatement upserts the winners of the batch, sorted by key so that concurrent merges take
// their row locks in one order and cannot deadlock. An event replaces a row only when its recency is
// greater: PostgreSQL judges that on the locked, newest version of the row. The last parameter is the revision.
func mergeStatement(c *contract.Contract, t *table, source string, revision int) string {
	key := pgx.Identifier{c.Key}.Sanitize()
	recency := "object_modified"
	if c.Recency != "" {
		recency = pgx.Identifier{c.Recency}.Sanitize()
	}
	shared := []string{"object_id", "line_no", "object_modified", "source_hash", "drop_order"}
	all := slices.Concat(t.eventColumns(), shared, []string{"recency_at", "revision"})
	values := slices.Concat(t.eventColumns(), shared, []string{recency, fmt.Sprintf("$%d::integer", revision)})
	collate := ""
	if c.Columns[c.ColumnIndex(c.Key)].Type() != dropzone.UUID {
		collate = ` collate "C"`
	}
	return fmt.Sprintf(`with merged as (
  insert into %[1]s as held (%[2]s)
  select distinct on (%[3]s%[9]s) %[4]s
  from (%[5]s) source
  order by %[3]s%[9]s, %[6]s desc, object_modified desc, source_hash desc, drop_order desc, line_no desc
  on conflict (%[3]s) do update set %[7]s
  where %[8]s
  returning held.object_id, held.xmax = 0 as inserted
)
select object_id, count(*) filter (where inserted), count(*) filter (where not inserted) from merged group by object_id`,
		pgx.Identifier{c.Table}.Sanitize(), strings.Join(all, ", "), key, strings.Join(values, ", "), source,
		recency, assignments(all, key), newer(), collate)
}

func assignments(columns []string, key string) string {
	var set []string
	for _, name := range columns {
		if name != key {
			set = append(set, name+" = excluded."+name)
		}
	}
	return strings.Join(set, ", ")
}

// newer is the guard: recency is a total order, so its maximum does not depend on who comes first.
func newer() string {
	parts := []string{"recency_at", "object_modified", "source_hash", "drop_order", "line_no", "revision"}
	return fmt.Sprintf("(excluded.%s) > (held.%s)", strings.Join(parts, ", excluded."), strings.Join(parts, ", held."))
}
