package contract

import (
	"fmt"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// places says where each part of a contract stands in its file, by paths such as "columns[2].minimum".
type places map[string]place

type place struct{ line, column int }

// placesOf walks through a document.
func placesOf(document ast.Node) places {
	p := places{}
	p.note("", document)
	return p
}

func (p places) note(path string, node ast.Node) {
	switch n := node.(type) {
	case *ast.MappingNode:
		for _, pair := range n.Values {
			p.notePair(path, pair)
		}
	case *ast.MappingValueNode:
		p.notePair(path, n)
	case *ast.SequenceNode:
		for i, element := range n.Values {
			at := fmt.Sprintf("%s[%d]", path, i)
			p[at] = placeOf(element)
			p.note(at, element)
		}
	case *ast.AnchorNode:
		p.note(path, n.Value)
	}
}

func (p places) notePair(path string, pair *ast.MappingValueNode) {
	at := strings.TrimPrefix(path+"."+pair.Key.GetToken().Value, ".")
	p[at] = placeOf(pair.Value)
	if _, null := pair.Value.(*ast.NullNode); null {
		p[at] = placeOf(pair.Key)
	}
	p.note(at, pair.Value)
}

// placeOf is where a node begins. A block has no sign of its own: it begins with its first key.
func placeOf(node ast.Node) place {
	switch n := node.(type) {
	case *ast.MappingNode:
		if len(n.Values) > 0 && !n.IsFlowStyle {
			return placeOf(n.Values[0].Key)
		}
	case *ast.MappingValueNode:
		return placeOf(n.Key)
	}
	token := node.GetToken()
	if token == nil || token.Position == nil {
		return place{}
	}
	return place{token.Position.Line, token.Position.Column}
}

// find gives the place of a path, or of the nearest part of the file that contains it.
func (p places) find(path string) place {
	for path != "" {
		if at, ok := p[path]; ok {
			return at
		}
		path = path[:max(0, strings.LastIndexAny(path, ".["))]
	}
	return place{1, 1}
}
