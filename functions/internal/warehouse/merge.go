package warehouse

import (
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"eventdrop/functions/internal/contract"
	"eventdrop/functions/internal/dropzone"
)

// mergeStatements are the statements that depend on the contract's columns. Each exists for
// rows in arrays and rows in the staging table, and for objects with and without derived keys.
type mergeStatements struct {
	fromArrays, fromStage [2]string // [1]: some keys must be derived
	// The number of distinct keys; asked only when not every row was inserted or updated.
	distinctInArrays, distinctInStage [2]string
}

// The parameters of a merge that follow its arrays.
const (
	paramObject = iota + 1
	paramModified
	paramSourceHash
	paramDropOrder
	paramRevision
	mergeParams = paramRevision
)

func newMergeStatements(c *contract.Contract, t *table) mergeStatements {
	var m mergeStatements
	for i, derive := range []bool{false, true} {
		arrays, stage := source(c, t, t.arrays(), derive), source(c, t, t.stageName, derive)
		m.fromArrays[i] = mergeStatement(c, t, arrays, len(t.staged))
		m.fromStage[i] = mergeStatement(c, t, stage, 0)
		key := pgx.Identifier{c.Key}.Sanitize()
		m.distinctInArrays[i] = fmt.Sprintf("select count(distinct %s) from (%s) source", key, arrays)
		m.distinctInStage[i] = fmt.Sprintf("select count(distinct %s) from (%s) source", key, stage)
	}
	return m
}

// source selects the staged rows with their keys. A key that is absent is derived from the record's
// hash and the number of equal records before it in the object.
func source(c *contract.Contract, t *table, from string, derive bool) string {
	columns := append(t.eventColumns(), "line_no")
	if derive {
		at := c.ColumnIndex(c.Key)
		columns[at] = fmt.Sprintf(
			"coalesce(%[1]s, derived_id(record_hash, row_number() over (partition by record_hash order by line_no))::%[2]s) as %[1]s",
			columns[at], t.staged[at].typ)
	}
	return fmt.Sprintf("select %s from %s", strings.Join(columns, ", "), from)
}

// mergeStatement upserts the winners of the batch, sorted by key so that concurrent merges take
// their row locks in one order and cannot deadlock. An event replaces a row only when its recency is
// greater: PostgreSQL judges that on the locked, newest version of the row.
func mergeStatement(c *contract.Contract, t *table, source string, arrays int) string {
	key := pgx.Identifier{c.Key}.Sanitize()
	columns := t.eventColumns()
	recency := fmt.Sprintf("$%d::timestamptz", arrays+paramModified)
	if c.Recency != "" {
		recency = pgx.Identifier{c.Recency}.Sanitize()
	}
	system := []string{"object_id", "line_no", "recency_at", "object_modified", "source_hash", "drop_order", "revision"}
	values := append(t.eventColumns(), fmt.Sprintf("$%d::bigint", arrays+paramObject), "line_no", recency,
		fmt.Sprintf("$%d::timestamptz", arrays+paramModified), fmt.Sprintf("$%d::bigint", arrays+paramSourceHash),
		fmt.Sprintf("$%d::integer", arrays+paramDropOrder), fmt.Sprintf("$%d::integer", arrays+paramRevision))
	all := slices.Concat(columns, system)
	collate := ""
	if c.Columns[c.ColumnIndex(c.Key)].Type() != dropzone.UUID {
		collate = ` collate "C"`
	}
	return fmt.Sprintf(`with merged as (
  insert into %[1]s as held (%[2]s)
  select distinct on (%[3]s%[9]s) %[4]s
  from (%[5]s) source
  order by %[3]s%[9]s, %[6]s desc, line_no desc
  on conflict (%[3]s) do update set %[7]s
  where %[8]s
  returning held.xmax = 0 as inserted
)
select count(*) filter (where inserted), count(*) filter (where not inserted) from merged`,
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
