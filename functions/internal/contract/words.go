package contract

import (
	"slices"

	"github.com/goccy/go-yaml/ast"
)

// YAML turns unquoted words into values: null is nothing, 010 is 8, 1.50 is 1.5. Under the keys
// below that would change what a person meant ("invalid: null" would be no policy at all), so there
// a word is the text that stands in the file.

func wordKeys() []string {
	return []string{"absent", "invalid", "below_minimum", "default", "null_tokens", "aliases", "minimum", "maximum"}
}

// keepWords replaces the scalars under those keys by their text.
func keepWords(document ast.Node) { ast.Walk(wordKeeper{}, document) }

type wordKeeper struct{}

// Visit implements [ast.Visitor]. The keys under "values" are words of the user's own, such as "default".
func (k wordKeeper) Visit(node ast.Node) ast.Visitor {
	pair, ok := node.(*ast.MappingValueNode)
	if !ok {
		return k
	}
	key := pair.Key.GetToken().Value
	if values, ok := pair.Value.(*ast.MappingNode); ok && key == "values" {
		for _, value := range values.Values {
			keepSpellings(value)
		}
		return nil
	}
	if slices.Contains(wordKeys(), key) {
		pair.Value = verbatim(pair.Value)
	}
	return k
}

// refuseTags notes each tag ("!", "!!str"): no value of a contract needs one, and the YAML library breaks on one without a value.
func (f *Faults) refuseTags(document ast.Node) { ast.Walk(tagFinder{f}, document) }

type tagFinder struct{ faults *Faults }

// Visit implements [ast.Visitor].
func (t tagFinder) Visit(node ast.Node) ast.Visitor {
	tag, ok := node.(*ast.TagNode)
	if !ok {
		return t
	}
	at := tag.GetToken().Position
	t.faults.list = append(t.faults.list, Fault{Line: at.Line, Column: at.Column, Message: "a contract has no tags: remove " + tag.GetToken().Value})
	return nil
}

func keepSpellings(value *ast.MappingValueNode) {
	if list, ok := value.Value.(*ast.SequenceNode); ok {
		value.Value = verbatim(list)
	}
}

// verbatim returns a scalar, or each of a list of them, as text.
func verbatim(node ast.Node) ast.Node {
	switch n := node.(type) {
	case *ast.SequenceNode:
		for i := range n.Values {
			n.Values[i] = verbatim(n.Values[i])
		}
	case *ast.NullNode, *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.InfinityNode, *ast.NanNode:
		return ast.String(node.GetToken())
	}
	return node
}
