package contract

import (
	"bytes"
	"cmp"
	"errors"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// mostFormFaults bounds the work on a file that is no contract at all.
const mostFormFaults = 50

// readForm reads one YAML document, in which words stay words (see words.go). Its faults are those of
// the form: what follows from them is not judged.
func readForm(file string, text []byte) (*Contract, error) {
	faults := &Faults{file: file}
	text = bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n")) // the parser miscounts lines that end with both
	document, err := parser.ParseBytes(text, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		faults.addYAML(err)
		return nil, faults.Err()
	}
	if len(document.Docs) != 1 || document.Docs[0].Body == nil {
		faults.Add("", "want one YAML document, found %d: see `eventdrop contract show` for what a contract says", len(document.Docs))
		return nil, faults.Err()
	}
	root := document.Docs[0].Body
	if faults.refuseTags(root); len(faults.list) > 0 {
		return nil, faults.Err()
	}
	faults.places = placesOf(root)
	keepWords(root)
	c := decode(root, faults)
	c.file, c.places = file, faults.places
	return c, faults.Err()
}

// decode takes each part that has a fault out of the document, and tries again, to find all faults.
func decode(root ast.Node, faults *Faults) *Contract {
	for range mostFormFaults {
		c := new(Contract)
		err := yaml.NodeToValue(root, c, yaml.Strict())
		if err == nil {
			return c
		}
		at := faults.addYAML(err)
		if at == nil {
			break
		}
		section, found := remove(root, at)
		if !found {
			break
		}
		if unknown := (*yaml.UnknownFieldError)(nil); errors.As(err, &unknown) {
			faults.list[len(faults.list)-1].Message += ": want one of " + strings.Join(fieldsOf(section), ", ")
		}
	}
	return new(Contract)
}

// addYAML notes a fault that the YAML library found, and returns its token, if it has one.
func (f *Faults) addYAML(err error) *token.Token {
	var found yaml.Error
	if !errors.As(err, &found) {
		f.Add("", "%s", err)
		return nil
	}
	at := found.GetToken()
	fault := Fault{Line: 1, Column: 1, Message: formMessage(found)}
	if at != nil && at.Position != nil {
		fault.Line, fault.Column = at.Position.Line, at.Position.Column
	}
	f.list = append(f.list, fault)
	return at
}

// formMessage says in the user's words what the library says in Go's.
func formMessage(err yaml.Error) string {
	switch e := err.(type) {
	case *yaml.TypeError:
		return "want " + kindName(e.DstType)
	case *yaml.OverflowError:
		return e.SrcNum + " is too large: want " + kindName(e.DstType)
	case *yaml.UnexpectedNodeTypeError:
		return "want " + nodeName(e.Expected)
	case *yaml.DuplicateKeyError:
		return e.Message + ": remove one of the two"
	}
	return err.GetMessage()
}

func kindName(t reflect.Type) string {
	switch t {
	case reflect.TypeFor[time.Duration]():
		return "a duration, such as 90s or 1h"
	case reflect.TypeFor[time.Time]():
		return "a time, such as 2000-01-01T00:00:00Z"
	}
	switch t.Kind() { //nolint:exhaustive // no contract has the others
	case reflect.Bool:
		return "true or false"
	case reflect.Int, reflect.Int32, reflect.Int64:
		return "a whole number"
	case reflect.Float64:
		return "a number"
	case reflect.Slice:
		return nodeName(ast.SequenceType)
	case reflect.String:
		return "a text"
	}
	return nodeName(ast.MappingType)
}

func nodeName(t ast.NodeType) string {
	if t == ast.SequenceType {
		return "a list, such as [a, b]"
	}
	return "fields, each as name: value"
}

// remove takes the smallest entry of a list or mapping that holds the token out of the tree, and says in
// which section of the contract it was: "columns", for instance, or "" for the head.
func remove(node ast.Node, at *token.Token) (section string, found bool) {
	switch n := node.(type) {
	case *ast.MappingNode:
		for i, pair := range n.Values {
			if inner, ok := remove(pair.Value, at); ok {
				return cmp.Or(pair.Key.GetToken().Value, inner), true
			}
			if pair.Key.GetToken() == at || pair.Value.GetToken() == at || pair.GetToken() == at {
				n.Values = slices.Delete(n.Values, i, i+1)
				return "", true
			}
		}
	case *ast.SequenceNode:
		for i, element := range n.Values {
			if inner, ok := remove(element, at); ok {
				return inner, true
			}
			if element.GetToken() == at {
				n.Values = slices.Delete(n.Values, i, i+1)
				return "", true
			}
		}
	case *ast.AnchorNode:
		return remove(n.Value, at)
	}
	return "", false
}

// fieldsOf lists the fields of a section of the contract.
func fieldsOf(section string) (names []string) {
	t := reflect.TypeFor[Contract]()
	switch section {
	case "objects":
		t = reflect.TypeFor[Objects]()
	case "columns":
		t = reflect.TypeFor[Column]()
	case "rules":
		t = reflect.TypeFor[Rule]()
	}
	for field := range t.Fields() {
		if name := field.Tag.Get("yaml"); name != "" {
			names = append(names, name)
		}
	}
	return names
}
