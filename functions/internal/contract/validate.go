package contract

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"time"

	"eventdrop/functions/internal/dropzone"
)

// validate collects every fault, so that a person mends the file once.
func (c *Contract) validate() error {
	faults := faults{}
	faults.check(validName(c.Name), "contract: %q is no name (letters, digits and _, at most 63)", c.Name)
	faults.check(c.Revision >= 1, "revision: must be 1 or more")
	faults.check(validName(c.Table), "table: %q is no table name (letters, digits and _, at most 63)", c.Table)
	faults.check(!slices.Contains(systemTables(), c.Table), "table: %q is one of eventdrop's own tables", c.Table)
	faults.check(validName(c.Extras), "extras: %q is no column name", c.Extras)
	faults.check(!slices.Contains(systemColumns(), c.Extras), "extras: the name %q is reserved", c.Extras)
	faults.check(slices.Contains([]string{"required", "optional"}, c.FinalNewline),
		"final_newline: %q is neither required nor optional", c.FinalNewline)
	faults.check(c.MaxRejectedPercent >= 0 && c.MaxRejectedPercent <= 100, "max_rejected_percent: must be 0 to 100")
	faults.check(c.MaxRejectedRows >= 0, "max_rejected_rows: must not be negative")
	faults.check(len(c.Columns) > 0, "columns: none")
	c.validateColumns(&faults)
	c.validateKey(&faults)
	c.validateRecency(&faults)
	c.validateRules(&faults)
	c.validateTimezone(&faults)
	return errors.Join(faults...)
}

// validateTimezone loads the zone. "Local" would make the rows depend on the machine.
func (c *Contract) validateTimezone(faults *faults) {
	var err error
	if c.location, err = time.LoadLocation(c.Timezone); err != nil || c.location == time.Local {
		faults.add("timezone: %q is no IANA zone name", c.Timezone)
	}
}

// validateKey checks the column that identity stands on. A value of its own for all records without
// a key, or with a wrong one, would make them one event.
func (c *Contract) validateKey(faults *faults) {
	i := c.ColumnIndex(c.Key)
	if i < 0 {
		faults.add("key: %q is not one of the columns", c.Key)
		return
	}
	key := &c.Columns[i]
	faults.check(slices.Contains([]dropzone.Type{dropzone.UUID, dropzone.Identifier, dropzone.Text}, key.Type()),
		"key: column %q must be a uuid, an identifier or a text", c.Key)
	faults.check(key.Absent.Action != UseDefault, "key: column %q cannot have a default: the key of such records is derived", c.Key)
	faults.check(key.Invalid.Action == RejectRow, "key: column %q must reject invalid values", c.Key)
}

func (c *Contract) validateRecency(faults *faults) {
	if c.Recency == "" {
		return
	}
	i := c.ColumnIndex(c.Recency)
	faults.check(i >= 0 && c.Columns[i].Type() == dropzone.Timestamp && c.Columns[i].Required,
		"recency: %q is not a required timestamp column", c.Recency)
}

func (c *Contract) validateColumns(faults *faults) {
	names := owners{}
	for i := range c.Columns {
		col := &c.Columns[i]
		faults.check(validName(col.Name), "columns: %q is no column name (letters, digits and _, at most 63)", col.Name)
		faults.check(!slices.Contains(systemColumns(), col.Name) && col.Name != c.Extras,
			"column %s: the name is reserved", col.Name)
		faults.check(c.ColumnIndex(col.Name) == i, "column %s: twice", col.Name)
		names.claim(faults, "column "+col.Name, append([]string{col.Name}, col.Aliases...))
		col.validate(faults)
	}
}

func (c *Column) validate(faults *faults) {
	at := "column " + c.Name + ": "
	textual := c.Type() == dropzone.Text || c.Type() == dropzone.Identifier
	faults.check(c.TypeID != 0, "%stype is missing", at)
	faults.check((c.Type() == dropzone.Enum) == (len(c.Values) > 0), "%svalues belong to an enum, and an enum needs them", at)
	faults.check(len(c.Formats) == 0 || c.Type() == dropzone.Timestamp, "%sformats belong to a timestamp", at)
	faults.check(c.Scale >= 0 && c.Scale <= 8, "%sscale must be 0 to 8", at)
	faults.check(c.Scale == 0 || c.Type() == dropzone.Decimal, "%sscale belongs to a decimal", at)
	faults.check(c.MaxLength >= 0, "%smax_length must not be negative", at)
	faults.check(c.MaxLength == 0 || textual, "%smax_length belongs to a text or an identifier", at)
	faults.check(slices.Contains([]string{"", "upper", "lower"}, c.Case), "%scase: %q is neither upper nor lower", at, c.Case)
	faults.check(c.Case == "" || textual, "%scase belongs to a text or an identifier", at)
	faults.check(!c.Required || c.Absent.Action == RejectRow && c.Invalid.Action != UseNull,
		"%srequired, and yet absent or invalid values shall be accepted", at)
	c.validateBounds(faults, at)
	c.validateValues(faults)
}

// validateBounds checks the form of the bounds; their size is a matter of the column's scale.
func (c *Column) validateBounds(faults *faults, at string) {
	numeric := c.Type() == dropzone.Integer || c.Type() == dropzone.Decimal
	number := regexp.MustCompile(`^[+-]?[0-9]+(\.[0-9]+)?$`)
	for _, bound := range []string{c.Minimum, c.Maximum} {
		faults.check(bound == "" || numeric && number.MatchString(bound),
			"%sbound %q: want a number such as 12.50, on an integer or a decimal", at, bound)
	}
}

func (c *Column) validateValues(faults *faults) {
	spellings := owners{}
	for _, value := range slices.Sorted(maps.Keys(c.Values)) {
		spellings.claim(faults, "column "+c.Name+": value "+value, append([]string{value}, c.Values[value]...))
	}
}

// owners says whose each folded spelling is.
type owners map[string]string

// claim notes the spellings of one owner; each must have letters or digits, and no other owner.
func (o owners) claim(faults *faults, owner string, spellings []string) {
	for _, spelling := range spellings {
		folded := Fold(spelling)
		other, taken := o[folded]
		faults.check(folded != "", "%s: %q has no letter and no digit", owner, spelling)
		faults.check(!taken || other == owner, "%s: %q is also a spelling of %s", owner, spelling, other)
		o[folded] = owner
	}
}

// systemColumns are on every table of events, beside the contract's columns.
func systemColumns() []string {
	return []string{"object_id", "line_no", "recency_at", "object_modified", "source_hash", "drop_order", "revision", "record_hash"}
}

// systemTables are the names in eventdrop's schema that no contract may take, tables and views.
func systemTables() []string {
	return []string{
		"objects", "receipts", "rejected_rows", "quality_counts", "schema_version",
		"load_history", "rejects_by_reason", "quality_by_hour", "pipeline_health",
		"events_per_minute", "revenue_per_hour", "purchase_funnel", "top_products",
	}
}

func validName(s string) bool {
	return regexp.MustCompile(`^[a-z_][a-z0-9_]{0,62}$`).MatchString(s)
}

// faults collects errors in the user's words.
type faults []error

func (f *faults) add(format string, args ...any) { *f = append(*f, fmt.Errorf(format, args...)) }

func (f *faults) check(ok bool, format string, args ...any) {
	if !ok {
		f.add(format, args...)
	}
}
