package contract

import (
	"fmt"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"

	"eventdrop/functions/internal/dropzone"
)

// TypeName is a column type as a contract spells it.
type TypeName dropzone.Type

// typeNames are in the order of the constants of dropzone.Type.
func typeNames() []string {
	return []string{"uuid", "identifier", "text", "enum", "integer", "decimal", "timestamp", "boolean"}
}

// UnmarshalYAML reads a type's name.
func (t *TypeName) UnmarshalYAML(b []byte) error {
	var name string
	if err := yaml.Unmarshal(b, &name); err != nil {
		return fmt.Errorf("type: %w", err)
	}
	i := slices.Index(typeNames(), name)
	if i < 0 {
		return fmt.Errorf("unknown type %q: want one of %s", name, strings.Join(typeNames(), ", "))
	}
	*t = TypeName(i + 1)
	return nil
}

// Policy says what happens to an absent or to an invalid value.
type Policy struct {
	Action PolicyAction
	// Default is the value to use, for the action UseDefault.
	Default string
}

// PolicyAction is one of the things that can happen to a value.
type PolicyAction uint8

// The policies. Unset means reject for an invalid value, and null for an absent one unless the
// column is required.
const (
	PolicyUnset PolicyAction = iota
	RejectRow
	UseNull
	UseDefault
)

// UnmarshalYAML reads "reject", "null" (with or without quotes) or "default: v".
func (p *Policy) UnmarshalYAML(b []byte) error {
	text := strings.TrimSpace(string(b))
	switch strings.Trim(text, `"'`) {
	case "reject":
		p.Action = RejectRow
		return nil
	case "null", "~", "":
		p.Action = UseNull
		return nil
	}
	var m struct {
		Default *string `yaml:"default"`
	}
	if err := yaml.UnmarshalWithOptions(b, &m, yaml.Strict()); err != nil || m.Default == nil {
		return fmt.Errorf("policy %q: want reject, null or {default: value}", text)
	}
	*p = Policy{Action: UseDefault, Default: *m.Default}
	return nil
}
