package contract

import (
	"slices"

	"eventdrop/functions/internal/dropzone"
)

// Parse reads a contract. name is that of the file in the error, an [*InvalidError]: it has all faults
// of the form at once (what no contract has, what comes twice, what is of the wrong kind), or
// else all faults of the meaning. Package clean finds those that show when a contract is compiled.
func Parse(name string, text []byte) (*Contract, error) {
	c, err := readForm(name, text)
	if err != nil {
		return nil, err
	}
	c.setDefaults()
	if err := c.validate(); err != nil {
		return nil, err
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
