package warehouse

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"text/template"

	"github.com/jackc/pgx/v5"

	"eventdrop/functions/internal/contract"
	"eventdrop/functions/internal/dropzone"
	"eventdrop/sql"
)

// ddl is what the template of a contract's table is filled with; all names are sanitised.
type ddl struct {
	Contract, Schema, Table, TableLiteral, Comment string
	Revision                                       int32
	Columns                                        []ddlColumn
}

type ddlColumn struct{ Name, Type, Constraint, Comment string }

// CreateTable returns the statements that create a contract's table in a schema, with comments and grants.
func CreateTable(c *contract.Contract, schema string) (string, error) {
	d := ddl{
		Contract: c.Name, Revision: c.Revision, Schema: pgx.Identifier{schema}.Sanitize(),
		Table: pgx.Identifier{c.Table}.Sanitize(), TableLiteral: literal(c.Table),
		Comment: literal(fmt.Sprintf("Clean, typed, de-duplicated events: the table of the contract %s.", c.Name)),
	}
	for i := range c.Columns {
		column, err := newDDLColumn(c, &c.Columns[i])
		if err != nil {
			return "", err
		}
		d.Columns = append(d.Columns, column)
	}
	d.Columns = append(d.Columns, ddlColumn{pgx.Identifier{c.Extras}.Sanitize(), "jsonb", "", literal("Columns of the file that the contract does not know.")})
	d.Columns = append(d.Columns, systemColumns()...)
	t, err := template.ParseFS(sql.Templates, "templates/event_table.sql")
	if err != nil {
		return "", fmt.Errorf("read the template of tables: %w", err)
	}
	var text strings.Builder
	if err := t.Execute(&text, d); err != nil {
		return "", fmt.Errorf("write the table of contract %s: %w", c.Name, err)
	}
	return text.String(), nil
}

// EnsureTable creates the contract's table where there is none, and reports whether it did. A table that is there is compared
// with the contract, see [Warehouse.CheckTable], and never altered. The user must be one that may create tables in the schema.
func (w *Warehouse) EnsureTable(ctx context.Context) (created bool, err error) {
	columns, err := w.tableColumns(ctx)
	if err != nil {
		return false, err
	}
	if len(columns) == 0 {
		if created, err = w.createTable(ctx); err != nil {
			return false, err
		}
	}
	return created, w.CheckTable(ctx)
}

// createTable reports false where somebody else was faster.
func (w *Warehouse) createTable(ctx context.Context) (created bool, err error) {
	statements, err := CreateTable(w.contract, w.schema)
	if err != nil {
		return false, err
	}
	_, err = w.pool.Exec(ctx, statements)
	switch state := sqlState(err); {
	case state == duplicateTable, state == duplicateObject, state == uniqueViolation:
		return false, nil
	case state == insufficient:
		return false, fmt.Errorf("table %s is not created: this user may not create tables in the schema %s: migrate as the schema's owner", w.contract.Table, w.schema)
	case err != nil:
		return false, fmt.Errorf("create table %s: %w", w.contract.Table, err)
	}
	return true, nil
}

func newDDLColumn(c *contract.Contract, col *contract.Column) (ddlColumn, error) {
	d := ddlColumn{Name: pgx.Identifier{col.Name}.Sanitize(), Type: columnType(col), Comment: columnComment(col)}
	switch {
	case col.Name == c.Key:
		comment, err := keyComment(c)
		if err != nil {
			return d, err
		}
		d.Constraint, d.Comment = " primary key", comment
		if col.Type() != dropzone.UUID {
			d.Constraint = ` collate "C" primary key`
		}
	case !col.MayBeNull():
		d.Constraint = " not null"
	}
	d.Comment = literal(d.Comment)
	return d, nil
}

// keyComment says what keys depend on, for [shape.madeFor].
func keyComment(c *contract.Contract) (string, error) {
	identity := c.Identity()
	text, err := json.Marshal(identity)
	switch {
	case err != nil:
		return "", fmt.Errorf("write the identity of contract %s: %w", c.Name, err)
	case c.DerivesKeys():
		return "Identity of the event; where the file has none, derived from the record, by: " + string(text), nil
	case len(identity) > 0:
		return "Identity of the event, as it is read, by: " + string(text), nil
	}
	return "Identity of the event.", nil
}

// columnType is the type of a column; a decimal of any scale fits in 64 bits.
func columnType(col *contract.Column) string {
	if col.Type() == dropzone.Decimal {
		return fmt.Sprintf("numeric(19, %d)", col.Scale)
	}
	return newStagedColumn(col.Name, col.Type()).typ
}

func columnComment(col *contract.Column) string {
	comment := "As files have it: " + strings.Join(append([]string{col.Name}, col.Aliases...), ", ") + "; " + col.TypeID.String()
	if col.MayBeNull() {
		return comment + ", null where unknown."
	}
	return comment + "."
}

// systemColumns are explained as those of the table events.
func systemColumns() []ddlColumn {
	return []ddlColumn{
		{"object_id", "bigint", " not null", literal("The object that this version of the event came in.")},
		{"line_no", "bigint", " not null", literal("Its line there.")},
		{"recency_at", "timestamptz", " not null", literal("Recency, part 1: the contract's recency column, else the object's last-modified.")},
		{"object_modified", "timestamptz", " not null", literal("Recency, part 2: last-modified of the object, whole seconds.")},
		{"source_hash", "bigint", " not null", literal("Recency, part 3: hash of bucket and key.")},
		{"drop_order", "integer", " not null", literal("Recency, part 4: order among versions of one key (line_no is part 5).")},
		{"revision", "integer", " not null", literal("Recency, part 6: revision of the contract.")},
	}
}

// literal quotes a text for SQL.
func literal(text string) string { return "'" + strings.ReplaceAll(text, "'", "''") + "'" }
