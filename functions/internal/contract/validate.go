package contract

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"time"

	"eventdrop/functions/internal/dropzone"
)

// validate collects every fault of the meaning.
func (c *Contract) validate() error {
	faults := c.NewFaults()
	c.validateHead(faults)
	c.validateColumns(faults)
	c.validateKey(faults)
	c.validateRecency(faults)
	c.validateHeader(faults)
	c.validateRules(faults)
	c.validateTimezone(faults)
	return faults.Err()
}

// nameRule is what PostgreSQL and people can read without quotes.
const nameRule = "want a small letter or _, then small letters, digits and _, at most 63 in all"

func (c *Contract) validateHead(f *Faults) {
	f.check(validName(c.Name), "contract", "contract: %q is no name: %s", c.Name, nameRule)
	f.check(c.Revision >= 1, "revision", "revision: must be 1 or more; raise it with every change of the file")
	f.check(validName(c.Table), "table", "table: %q is no table name: %s", c.Table, nameRule)
	f.check(!slices.Contains(systemTables(), c.Table), "table", "table: %q is one of eventdrop's own tables: choose another name", c.Table)
	f.check(validName(c.Extras), "extras", "extras: %q is no column name: %s", c.Extras, nameRule)
	f.check(!slices.Contains(ReservedColumns(), c.Extras), "extras", "extras: the name %q is reserved: choose another one", c.Extras)
	f.check(slices.Contains([]string{"required", "optional"}, c.FinalNewline), "final_newline",
		"final_newline: %q is neither required nor optional", c.FinalNewline)
	f.check(c.MaxRejectedPercent >= 0 && c.MaxRejectedPercent <= 100, "max_rejected_percent", "max_rejected_percent: must be 0 to 100")
	f.check(c.MaxRejectedRows >= 0, "max_rejected_rows", "max_rejected_rows: must not be negative")
	f.check(len(c.Columns) > 0, "columns", "columns: none: name at least the key")
}

// validateHeader wants names that tell fields apart, and of which one at least is a column's.
func (c *Contract) validateHeader(f *Faults) {
	if len(c.Header) == 0 {
		return
	}
	seen, known := map[string]bool{}, false
	for i, name := range c.Header {
		place, folded := fmt.Sprintf("header[%d]", i), Fold(name)
		f.check(folded != "", place, "header: %q is no name: it has no letter and no digit", name)
		f.check(folded == "" || !seen[folded], place, "header: %q twice, but for case and separators: each field has a name of its own", name)
		seen[folded] = true
		known = known || c.ColumnNamed(name) >= 0
	}
	f.check(known, "header", "header: none of its names is a column, or an alias of one")
}

// validateTimezone loads the zone. "Local" would make the rows depend on the machine.
func (c *Contract) validateTimezone(f *Faults) {
	location, err := time.LoadLocation(c.Timezone)
	if err != nil || location == time.Local {
		f.Add("timezone", "timezone: %q is no IANA zone name, such as UTC or Europe/Berlin", c.Timezone)
		return
	}
	c.location = location
}

// validateKey checks the column that identity stands on. A value of its own for all records without
// a key, or with a wrong one, would make them one event.
func (c *Contract) validateKey(f *Faults) {
	i := c.ColumnIndex(c.Key)
	if i < 0 {
		f.Add("key", "key: %q is not one of the columns: name one, or add it: it may be absent from the files", c.Key)
		return
	}
	key := &c.Columns[i]
	f.check(slices.Contains([]dropzone.Type{dropzone.UUID, dropzone.Identifier, dropzone.Text}, key.Type()), ColumnPlace(i, "type"),
		"key: column %q must be a uuid, an identifier or a text", c.Key)
	f.check(key.Absent.Action != UseDefault, ColumnPlace(i, "absent"),
		"key: column %q cannot have a default: where it is absent, the key is derived from the record", c.Key)
	f.check(key.Invalid.Action == RejectRow, ColumnPlace(i, "invalid"), "key: column %q must reject invalid values", c.Key)
}

func (c *Contract) validateRecency(f *Faults) {
	if c.Recency == "" {
		return
	}
	i := c.ColumnIndex(c.Recency)
	f.check(i >= 0 && c.Columns[i].Type() == dropzone.Timestamp && c.Columns[i].Required, "recency",
		"recency: %q is not a timestamp column with required: true", c.Recency)
}

func (c *Contract) validateColumns(f *Faults) {
	names := owners{}
	for i := range c.Columns {
		col := &c.Columns[i]
		if validName(col.Name) {
			f.check(!slices.Contains(ReservedColumns(), col.Name) && col.Name != c.Extras, ColumnPlace(i, "name"),
				"column %s: the name is reserved: choose another one, with this one under aliases", col.Name)
			f.check(c.ColumnIndex(col.Name) == i, ColumnPlace(i, "name"), "column %s: twice: remove or rename one", col.Name)
			names.claim(f, ColumnPlace(i, "name"), "column "+col.Name, col.Name)
		} else {
			f.Add(ColumnPlace(i, "name"), "columns: %q is no column name: %s; other spellings go under aliases", col.Name, nameRule)
		}
		for n, alias := range col.Aliases {
			names.claim(f, fmt.Sprintf("columns[%d].aliases[%d]", i, n), "column "+col.Name, alias)
		}
		col.validate(f, i)
	}
}

// ReservedColumns are on every table of events, or where rows are staged, beside the contract's columns.
func ReservedColumns() []string {
	return []string{"object_id", "line_no", "recency_at", "object_modified", "source_hash", "drop_order", "revision", "record_hash"}
}

// systemTables are the names in eventdrop's schema that no contract may take, tables and views.
func systemTables() []string {
	return []string{
		"objects", "receipts", "rejected_rows", "quality_counts", "pauses", "drift_entries", "reconciles", "schema_version",
		"load_history", "column_drift", "rejects_by_reason", "quality_by_hour", "pipeline_health",
		"events_per_minute", "revenue_per_hour", "purchase_funnel", "top_products",
	}
}

// Compiled once: each time takes longer than the rest of a column's validation, and a function on Lambda starts with it.
var (
	nameForm   = regexp.MustCompile(`^[a-z_][a-z0-9_]{0,62}$`)
	numberForm = regexp.MustCompile(`^[+-]?[0-9]+(\.[0-9]+)?$`)
)

func validName(s string) bool { return nameForm.MatchString(s) }

// owners says whose each folded spelling is.
type owners map[string]string

// claim notes a spelling of an owner; it must have letters or digits, and no other owner.
func (o owners) claim(f *Faults, place, owner, spelling string) {
	folded := Fold(spelling)
	other, taken := o[folded]
	f.check(folded != "", place, "%s: %q has no letter and no digit", owner, spelling)
	f.check(!taken || other == owner, place, "%s: %q is also a spelling of %s: remove it from one of them", owner, spelling, other)
	o[folded] = owner
}

// claimValues checks that no spelling means two values of an enum.
func (c *Column) claimValues(f *Faults, i int) {
	spellings := owners{}
	for _, value := range slices.Sorted(maps.Keys(c.Values)) {
		place, owner := ColumnPlace(i, "values."+value), "column "+c.Name+": value "+value
		for _, spelling := range append([]string{value}, c.Values[value]...) {
			spellings.claim(f, place, owner, spelling)
		}
	}
}
