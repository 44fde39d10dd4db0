package contract

import (
	_ "embed"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"time"
	_ "time/tzdata" // a contract may name a zone, and a Lambda or a scratch image has no zone files

	"github.com/goccy/go-yaml"

	"eventdrop/functions/internal/dropzone"
)

//go:embed ecommerce_events.yaml
var ecommerceEvents []byte //nolint:gochecknoglobals // go:embed fills nothing else

// Default returns the built-in contract, ecommerce_events.
func Default() (*Contract, error) { return Parse("ecommerce_events.yaml", ecommerceEvents) }

// Parse reads a contract. name stands in the errors, which give the line of a fault in the form
// of the file and name all faults of its meaning at once.
func Parse(name string, text []byte) (*Contract, error) {
	c := new(Contract)
	if err := yaml.UnmarshalWithOptions(text, c, yaml.Strict()); err != nil {
		return nil, fmt.Errorf("contract %s: %s", name, yaml.FormatError(err, false, true))
	}
	c.setDefaults()
	if err := c.validate(); err != nil {
		return nil, fmt.Errorf("contract %s: %w", name, err)
	}
	return c, nil
}

func (c *Contract) setDefaults() {
	if c.FinalNewline == "" {
		c.FinalNewline = "required"
	}
	if c.Timezone == "" {
		c.Timezone = "UTC"
	}
	if !slices.Contains(c.NullTokens, "") {
		c.NullTokens = append(c.NullTokens, "")
	}
	for i := range c.Columns {
		c.Columns[i].setDefaults()
	}
}

func (c *Column) setDefaults() {
	if c.Absent.Action == PolicyUnset {
		c.Absent.Action = UseNull
		if c.Required {
			c.Absent.Action = RejectRow
		}
	}
	if c.Invalid.Action == PolicyUnset {
		c.Invalid.Action = RejectRow
	}
	if c.Type() == dropzone.Timestamp && len(c.Formats) == 0 {
		c.Formats = []string{"iso", "epoch"}
	}
}

// validate collects every fault, so that a person mends the file once.
func (c *Contract) validate() error {
	faults := faults{}
	faults.check(validName(c.Name), "contract: %q is no name (letters, digits and _, at most 63)", c.Name)
	faults.check(c.Revision >= 1, "revision: must be 1 or more")
	faults.check(validName(c.Table), "table: %q is no table name (letters, digits and _, at most 63)", c.Table)
	faults.check(!slices.Contains(systemTables(), c.Table), "table: %q is one of eventdrop's own tables", c.Table)
	faults.check(validName(c.Extras), "extras: %q is no column name", c.Extras)
	faults.check(slices.Contains([]string{"required", "optional"}, c.FinalNewline),
		"final_newline: %q is neither required nor optional", c.FinalNewline)
	faults.check(c.MaxRejectedPercent >= 0 && c.MaxRejectedPercent <= 100, "max_rejected_percent: must be 0 to 100")
	faults.check(c.MaxRejectedRows >= 0, "max_rejected_rows: must not be negative")
	faults.check(len(c.Columns) > 0, "columns: none")
	c.validateColumns(&faults)
	c.validateKey(&faults)
	c.validateRules(&faults)
	var err error
	if c.location, err = time.LoadLocation(c.Timezone); err != nil {
		faults.add("timezone: %q is no IANA zone name", c.Timezone)
	}
	return errors.Join(faults...)
}

// validateKey checks the columns that identity and recency stand on.
func (c *Contract) validateKey(faults *faults) {
	key := c.ColumnIndex(c.Key)
	if key < 0 {
		faults.add("key: %q is not one of the columns", c.Key)
	} else if t := c.Columns[key].Type(); t != dropzone.UUID && t != dropzone.Identifier && t != dropzone.Text {
		faults.add("key: column %q must be a uuid, an identifier or a text", c.Key)
	}
	if c.Recency == "" {
		return
	}
	recency := c.ColumnIndex(c.Recency)
	if recency < 0 || c.Columns[recency].Type() != dropzone.Timestamp || !c.Columns[recency].Required {
		faults.add("recency: %q is not a required timestamp column", c.Recency)
	}
}

func (c *Contract) validateColumns(faults *faults) {
	owner := map[string]string{}
	claim := func(column, spelling string) {
		folded := Fold(spelling)
		if other, taken := owner[folded]; taken && other != column {
			faults.add("column %s: %q is also a name of column %s", column, spelling, other)
		}
		owner[folded] = column
	}
	for i := range c.Columns {
		col := &c.Columns[i]
		faults.check(validName(col.Name), "columns: %q is no column name (letters, digits and _, at most 63)", col.Name)
		faults.check(!slices.Contains(systemColumns(), col.Name) && col.Name != c.Extras,
			"column %s: the name is reserved", col.Name)
		faults.check(c.ColumnIndex(col.Name) == i, "column %s: twice", col.Name)
		claim(col.Name, col.Name)
		for _, alias := range col.Aliases {
			claim(col.Name, alias)
		}
		col.validate(faults)
	}
}

func (c *Column) validate(faults *faults) {
	at := "column " + c.Name + ": "
	numeric := c.Type() == dropzone.Integer || c.Type() == dropzone.Decimal
	faults.check(c.TypeID != 0, "%stype is missing", at)
	faults.check((c.Type() == dropzone.Enum) == (len(c.Values) > 0), "%svalues belong to an enum, and an enum needs them", at)
	faults.check(len(c.Formats) == 0 || c.Type() == dropzone.Timestamp, "%sformats belong to a timestamp", at)
	faults.check(c.Scale >= 0 && c.Scale <= 8, "%sscale must be 0 to 8", at)
	faults.check(c.Scale == 0 || c.Type() == dropzone.Decimal, "%sscale belongs to a decimal", at)
	faults.check(c.MaxLength >= 0, "%smax_length must not be negative", at)
	faults.check(slices.Contains([]string{"", "upper", "lower"}, c.Case), "%scase: %q is neither upper nor lower", at, c.Case)
	for _, bound := range []string{c.Minimum, c.Maximum} {
		if bound == "" {
			continue
		}
		_, err := strconv.ParseFloat(bound, 64)
		faults.check(numeric && err == nil, "%sbound %q: want a number, on an integer or a decimal", at, bound)
	}
}

// systemColumns are on every table of events, beside the contract's columns.
func systemColumns() []string {
	return []string{"object_id", "line_no", "recency_at", "object_modified", "source_hash", "drop_order", "revision", "record_hash"}
}

func systemTables() []string {
	return []string{"objects", "receipts", "rejected_rows", "quality_counts", "schema_version"}
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
