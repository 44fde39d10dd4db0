package warehouse

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"eventdrop/functions/internal/contract"
)

// tableColumn is a column of a contract's table as the database has it.
type tableColumn struct {
	Name, Type     string
	Scale          *int
	NotNull        bool
	FilledByItself bool
	Unique         bool
	Comment        string
}

// CheckTable compares the contract with its table. The error is a [*contract.InvalidError] where the table
// lacks what loading takes, or where it is filled and its events would get other keys.
func (w *Warehouse) CheckTable(ctx context.Context) error {
	list, err := w.tableColumns(ctx)
	if err != nil {
		return err
	}
	s := shape{contract: w.contract, faults: w.contract.NewFaults(), columns: map[string]tableColumn{}}
	for _, column := range list {
		s.columns[column.Name] = column
	}
	if len(list) == 0 {
		s.faults.Add("table", "table: %s is not there: name the contract in EVENTDROP_CONTRACT and run `eventdrop migrate`, or do what `eventdrop contract ddl` prints", w.contract.Table)
		return s.faults.Err()
	}
	s.check()
	filled, err := w.filled(ctx)
	if err != nil {
		return err
	}
	if filled {
		s.checkIdentity()
		if err := w.checkNames(ctx, &s); err != nil {
			return err
		}
	}
	return s.faults.Err()
}

// tableColumns are those of the contract's table; none where it is not there.
func (w *Warehouse) tableColumns(ctx context.Context) ([]tableColumn, error) {
	rows, err := w.pool.Query(ctx, w.queries["table_columns"], w.contract.Table)
	if err != nil {
		return nil, fmt.Errorf("look at table %s: %w", w.contract.Table, err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[tableColumn])
	if err != nil {
		return nil, fmt.Errorf("look at table %s: %w", w.contract.Table, err)
	}
	return list, nil
}

// filled asks for any row of the contract's table.
func (w *Warehouse) filled(ctx context.Context) (filled bool, err error) {
	query := fmt.Sprintf("select exists (select from %s)", pgx.Identifier{w.contract.Table}.Sanitize())
	if err := w.pool.QueryRow(ctx, query).Scan(&filled); err != nil {
		return false, fmt.Errorf("look into table %s: %w", w.contract.Table, err)
	}
	return filled, nil
}

// shape compares a contract with a table.
type shape struct {
	contract *contract.Contract
	faults   *contract.Faults
	columns  map[string]tableColumn
}

func (s *shape) check() {
	c := s.contract
	wanted := map[string]bool{c.Extras: true}
	for i := range c.Columns {
		wanted[c.Columns[i].Name] = true
		s.checkColumn(i)
	}
	s.need("extras", c.Extras, "jsonb")
	for _, column := range systemColumns() {
		wanted[column.Name] = true
		s.need("table", column.Name, column.Type)
	}
	if key, ok := s.columns[c.Key]; ok && !key.Unique {
		s.faults.Add("key", "key: table %s has no unique index on %s alone: events are told apart by it", c.Table, c.Key)
	}
	for _, name := range slices.Sorted(maps.Keys(s.columns)) {
		if column := s.columns[name]; !wanted[name] && column.NotNull && !column.FilledByItself {
			s.faults.Add("columns", "table %s: column %s must not be null, and the contract does not fill it: drop the constraint, or give it a default", c.Table, name)
		}
	}
}

func (s *shape) checkColumn(i int) {
	col := &s.contract.Columns[i]
	place, table := contract.ColumnPlace(i, "name"), s.contract.Table
	if !s.need(place, col.Name, columnType(col)) {
		return
	}
	held := s.columns[col.Name]
	if held.Scale != nil && *held.Scale < col.Scale {
		s.faults.Add(contract.ColumnPlace(i, "scale"), "column %s: table %s keeps %d decimal places of the contract's %d: alter the column's type to %s",
			col.Name, table, *held.Scale, col.Scale, columnType(col))
	}
	if held.NotNull && col.MayBeNull() && col.Name != s.contract.Key {
		s.faults.Add(place, "column %s: the contract may leave it null, table %s does not: alter table %s alter column %s drop not null",
			col.Name, table, table, col.Name)
	}
}

// need reports whether the table has a column of this type; the precision of a number does not matter.
func (s *shape) need(place, name, typ string) bool {
	held, ok := s.columns[name]
	if !ok {
		s.faults.Add(place, "column %s: table %s does not have it: alter table %s add column %s %s", name, s.contract.Table, s.contract.Table, name, typ)
		return false
	}
	want, _, _ := strings.Cut(typ, "(")
	if want == "timestamptz" {
		want = "timestamp with time zone"
	}
	if held.Type != want {
		s.faults.Add(place, "column %s: it is %s in table %s, the contract needs %s: choose another table or mend the contract",
			name, held.Type, s.contract.Table, typ)
	}
	return held.Type == want
}

// checkIdentity compares what keys depend on with what the table was made for.
func (s *shape) checkIdentity() {
	was := s.madeFor()
	if was == nil {
		return // made by hand: nobody knows
	}
	for _, change := range s.contract.IdentityChanges(was) {
		s.faults.Add(change.Place, "%s: table %s is filled, and its keys depend on it. It was %s and is %s: records that come again would get other keys, "+
			"and be there twice. Undo the change, or name another table and load everything into it", change.Part, s.contract.Table, change.Was, change.Is)
	}
}

// madeFor is the identity of the contract that the table was made for, as a comment says; nil if unknown.
func (s *shape) madeFor() (identity map[string]string) {
	_, text, ok := strings.Cut(s.columns[s.contract.Key].Comment, ", by: ")
	if ok && json.Unmarshal([]byte(text), &identity) == nil {
		return identity
	}
	for _, name := range contract.EmbeddedNames() {
		if c, err := contract.Embedded(name); err == nil && c.Table == s.contract.Table {
			return c.Identity()
		}
	}
	return nil
}

// checkNames refuses a name of a column that the contract did not know when records without a key came with it: their keys are
// derived from it as an unknown column. No other new name does harm.
func (w *Warehouse) checkNames(ctx context.Context, s *shape) error {
	c := s.contract
	if _, ok := s.columns[c.Key]; !ok || s.columns[c.Extras].Type != "jsonb" {
		return nil // is a fault already
	}
	names, err := w.namesOnceUnknown(ctx)
	if err != nil {
		return err
	}
	for _, name := range names {
		i := c.ColumnNamed(name)
		if i < 0 || !c.DerivesKeys() && c.Columns[i].Name != c.Key {
			continue
		}
		derived, err := w.keysDerivedWith(ctx, name)
		if err != nil {
			return err
		}
		if derived {
			s.faults.Add(contract.ColumnPlace(i, "aliases"), "column %s: records without a key came with %q when the contract did not know this name. "+
				"Table %s has it in %s, and their keys are derived from it: records that come again would get other keys, and be there twice. "+
				"Take the name out of the contract, so that it stays in %s, or name another table and load everything into it",
				c.Columns[i].Name, name, c.Table, c.Extras, c.Extras)
		}
	}
	return nil
}

// namesOnceUnknown are the names of columns that this contract did not know when they came first, or another one where this one serves the
// key by now, as after it was renamed. What came under the keys of others does not come again under this one. They spare most checks to look
// through the table.
func (w *Warehouse) namesOnceUnknown(ctx context.Context) ([]string, error) {
	rows, err := w.pool.Query(ctx, w.queries["once_unknown"])
	if err != nil {
		return nil, fmt.Errorf("look for columns that were unknown: %w", err)
	}
	var names []string
	var name, by, key string
	_, err = pgx.ForEachRow(rows, []any{&name, &by, &key}, func() error {
		if by == w.contract.Name || w.contract.Serves(key) {
			names = append(names, name)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("look for columns that were unknown: %w", err)
	}
	return slices.Compact(names), nil
}

// keysDerivedWith looks for an event that has an unknown column of this name, and a derived key: a UUID of version 8. Every
// version of such an event has the column, because the key stands for it.
func (w *Warehouse) keysDerivedWith(ctx context.Context, name string) (derived bool, err error) {
	query := fmt.Sprintf("select exists (select from %s where %s ? $1 and %s::text like '________-____-8___-____-____________')",
		pgx.Identifier{w.contract.Table}.Sanitize(), pgx.Identifier{w.contract.Extras}.Sanitize(), pgx.Identifier{w.contract.Key}.Sanitize())
	if err := w.pool.QueryRow(ctx, query, name).Scan(&derived); err != nil {
		return false, fmt.Errorf("look into table %s: %w", w.contract.Table, err)
	}
	return derived, nil
}
