package contract

import (
	"fmt"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"

	"eventdrop/functions/internal/dropzone"
)

// TypeName is a column type as a contract spells it.
type TypeName dropzone.Type

// typeNames are in the order of the constants of dropzone.Type.
func typeNames() []string {
	return []string{"uuid", "identifier", "text", "enum", "integer", "decimal", "timestamp", "boolean"}
}

func allTypes() string { return strings.Join(typeNames(), ", ") }

// String is the type's name in a contract.
func (t TypeName) String() string { return typeNames()[t-1] }

// UnmarshalYAML reads a type's name.
func (t *TypeName) UnmarshalYAML(node ast.Node) error {
	i := slices.Index(typeNames(), word(node))
	if i < 0 {
		return faultAt(node, "unknown type %s: want one of %s", node, allTypes())
	}
	*t = TypeName(i + 1) //nolint:gosec // there are eight
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

// The policies. Unset means reject for an invalid value, null for an absent one unless the
// column is required, and for a value below the minimum what is done to other invalid ones.
const (
	PolicyUnset PolicyAction = iota
	RejectRow
	UseNull
	UseDefault
)

// LastModified is the default of a time that is the last-modified of the object.
const LastModified = "last_modified"

// UnmarshalYAML reads "reject", "null" (with or without quotes) or "default: v".
func (p *Policy) UnmarshalYAML(node ast.Node) error {
	switch word(node) {
	case "reject":
		p.Action = RejectRow
		return nil
	case "null", "Null", "NULL", "~": // the spellings of YAML's null
		p.Action = UseNull
		return nil
	}
	if m, ok := node.(*ast.MappingNode); ok && len(m.Values) == 1 && m.Values[0].Key.GetToken().Value == "default" {
		if value, ok := m.Values[0].Value.(*ast.StringNode); ok {
			*p = Policy{Action: UseDefault, Default: value.Value}
			return nil
		}
	}
	return faultAt(node, "policy %s: want reject, null or {default: value}", node)
}

// word returns the text of a string node; empty for every other node.
func word(node ast.Node) string {
	if s, ok := node.(*ast.StringNode); ok {
		return s.Value
	}
	return ""
}

// faultAt is an error that shows its place in the file.
func faultAt(node ast.Node, format string, args ...any) error {
	return &yaml.SyntaxError{Message: fmt.Sprintf(format, args...), Token: node.GetToken()}
}
