package contract

import (
	_ "embed"
	"fmt"
	"slices"
	_ "time/tzdata" // a contract may name a zone, and a Lambda or a scratch image has no zone files

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/parser"

	"eventdrop/functions/internal/dropzone"
)

//go:embed ecommerce_events.yaml
var ecommerceEvents []byte

// Default returns the built-in contract, ecommerce_events.
func Default() (*Contract, error) { return Parse("ecommerce_events.yaml", ecommerceEvents) }

// Parse reads a contract. name stands in the errors, which give the line of a fault in the form
// of the file and name all faults of its meaning at once. A field that no contract has, a key that
// comes twice and a second document are faults of the form.
func Parse(name string, text []byte) (*Contract, error) {
	c := new(Contract)
	if err := decode(text, c); err != nil {
		return nil, fmt.Errorf("contract %s: %s", name, yaml.FormatError(err, false, true))
	}
	c.setDefaults()
	if err := c.validate(); err != nil {
		return nil, fmt.Errorf("contract %s: %w", name, err)
	}
	return c, nil
}

// decode reads one YAML document, in which words stay words (see words.go).
func decode(text []byte, c *Contract) error {
	file, err := parser.ParseBytes(text, 0)
	if err != nil {
		return err
	}
	if len(file.Docs) != 1 || file.Docs[0].Body == nil {
		return fmt.Errorf("want one YAML document, found %d", len(file.Docs))
	}
	keepWords(file.Docs[0].Body)
	return yaml.NodeToValue(file.Docs[0].Body, c, yaml.Strict())
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
