package contract

import (
	"slices"

	"eventdrop/functions/internal/dropzone"
)

// validate checks what can be said of the i-th column without the others.
func (c *Column) validate(f *Faults, i int) {
	check := func(ok bool, field, format string, args ...any) {
		f.check(ok, ColumnPlace(i, field), "column "+c.Name+": "+format, args...)
	}
	textual := c.Type() == dropzone.Text || c.Type() == dropzone.Identifier
	check(c.TypeID != 0, "type", "type is missing: want one of %s", allTypes())
	check((c.Type() == dropzone.Enum) == (len(c.Values) > 0), "values", "values belong to an enum, and an enum needs them")
	check(len(c.Formats) == 0 || c.Type() == dropzone.Timestamp, "formats", "formats belong to a timestamp")
	check(c.Scale >= 0 && c.Scale <= 8, "scale", "scale must be 0 to 8")
	check(c.Scale == 0 || c.Type() == dropzone.Decimal, "scale", "scale belongs to a decimal")
	check(c.MaxLength >= 0, "max_length", "max_length must not be negative")
	check(c.MaxLength == 0 || textual, "max_length", "max_length belongs to a text or an identifier")
	check(slices.Contains([]string{"", "upper", "lower"}, c.Case), "case", "case: %q is neither upper nor lower", c.Case)
	check(c.Case == "" || textual, "case", "case belongs to a text or an identifier: the values of an enum are written as the contract has them")
	c.validatePolicies(check)
	c.validateBounds(check)
	c.claimValues(f, i)
}

// checker notes a fault of a field where something that must hold does not.
type checker func(ok bool, field, format string, args ...any)

func (c *Column) validatePolicies(check checker) {
	const contradiction = "required, and yet absent or invalid values shall be accepted: remove one of the two"
	check(!c.Required || c.Absent.Action == RejectRow, "absent", contradiction)
	check(!c.Required || c.Invalid.Action != UseNull, "invalid", contradiction)
	check(!c.Required || c.BelowMinimum.Action != UseNull, "below_minimum", contradiction)
	check(c.BelowMinimum.Action == PolicyUnset || c.Minimum != "", "below_minimum", "below_minimum needs a minimum")
}

// validateBounds checks the form of the bounds; their size is a matter of the column's scale.
func (c *Column) validateBounds(check checker) {
	numeric := c.Type() == dropzone.Integer || c.Type() == dropzone.Decimal
	bound := func(field, value string) {
		check(value == "" || numeric && numberForm.MatchString(value), field,
			"bound %q: want a number such as 12.50, on an integer or a decimal", value)
	}
	bound("minimum", c.Minimum)
	bound("maximum", c.Maximum)
}

// MayBeNull reports whether an event can be without a value of the column.
func (c *Column) MayBeNull() bool {
	return c.Absent.Action == UseNull || c.Invalid.Action == UseNull || c.BelowMinimum.Action == UseNull
}
