// Package crash kills the real program at every step of the way of the data, one at a time, and judges what is left.
//
// [Instrument] puts a call in front of every statement of a package, in a build of its own (go build -overlay):
// what ships has no switch for it. The drill is the package's test.
package crash

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strings"
)

// Point is a named place in front of a statement, or behind the last one of a function.
type Point struct {
	// Name is package.function:n for the n-th statement of the function, or package.function:end.
	Name string
	// Position is the file and line.
	Position string
}

// Function is the point's function, with its package.
func (p Point) Function() string {
	function, _, _ := strings.Cut(p.Name, ":")
	return function
}

// Package is the point's package.
func (p Point) Package() string {
	name, _, _ := strings.Cut(p.Name, ".")
	return name
}

const pointImport = `; import crashpoint "eventdrop/functions/internal/campaign/crash/point"`

// errLiteral refuses code that belongs to no function: it would be left out in silence.
var errLiteral = errors.New("a function literal outside of every function cannot be instrumented")

// Instrument puts a call in front of every statement of a file's functions, and behind the last one of those
// that return nothing. Lines keep their numbers.
func Instrument(name string, source []byte) ([]byte, []Point, error) {
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, name, source, parser.SkipObjectResolution)
	if err != nil {
		return nil, nil, fmt.Errorf("instrument %s: %w", name, err)
	}
	w := writer{files: files, source: source, pkg: file.Name.Name}
	for _, decl := range file.Decls {
		switch decl := decl.(type) {
		case *ast.FuncDecl:
			w.function(decl)
		default:
			if at := literalIn(decl); at.IsValid() {
				return nil, nil, fmt.Errorf("%s: %w", files.Position(at), errLiteral)
			}
		}
	}
	if len(w.points) == 0 {
		return source, nil, nil
	}
	w.insert(file.Name.End(), pointImport)
	return w.bytes(), w.points, nil
}

func literalIn(decl ast.Decl) (at token.Pos) {
	ast.Inspect(decl, func(n ast.Node) bool {
		if literal, ok := n.(*ast.FuncLit); ok && !at.IsValid() {
			at = literal.Pos()
		}
		return true
	})
	return at
}

// writer collects insertions into one file.
type writer struct {
	files      *token.FileSet
	source     []byte
	pkg        string
	insertions []insertion
	points     []Point
}

type insertion struct {
	offset int
	text   string
}

// function numbers the statements in the order in which they stand, nested ones and those of function
// literals included.
func (w *writer) function(f *ast.FuncDecl) {
	if f.Body == nil {
		return
	}
	var places []token.Pos
	ast.Inspect(f.Body, func(node ast.Node) bool {
		for _, statement := range statements(node) {
			places = append(places, statement.Pos())
		}
		return true
	})
	slices.Sort(places)
	name := w.functionName(f)
	for i, at := range places {
		w.point(fmt.Sprintf("%s:%d", name, i+1), at, "%s; ")
	}
	if f.Type.Results == nil {
		w.point(name+":end", f.Body.Rbrace, "; %s")
	}
}

// statements are those that a node lists. Only such places take another statement.
func statements(node ast.Node) []ast.Stmt {
	switch node := node.(type) {
	case *ast.BlockStmt:
		return withoutClauses(node.List)
	case *ast.CaseClause:
		return node.Body
	case *ast.CommClause:
		return node.Body
	}
	return nil
}

// withoutClauses leaves the cases of a switch or select out: their bodies come as nodes of their own.
func withoutClauses(list []ast.Stmt) []ast.Stmt {
	return slices.DeleteFunc(slices.Clone(list), func(s ast.Stmt) bool {
		switch s.(type) {
		case *ast.CaseClause, *ast.CommClause:
			return true
		}
		return false
	})
}

func (w *writer) functionName(f *ast.FuncDecl) string {
	if f.Recv == nil {
		return w.pkg + "." + f.Name.Name
	}
	receiver := f.Recv.List[0].Type
	if pointer, ok := receiver.(*ast.StarExpr); ok {
		receiver = pointer.X
	}
	if generic, ok := receiver.(*ast.IndexExpr); ok {
		receiver = generic.X
	}
	return fmt.Sprintf("%s.%s.%s", w.pkg, receiver, f.Name.Name)
}

func (w *writer) point(name string, at token.Pos, form string) {
	position := w.files.Position(at)
	w.points = append(w.points, Point{Name: name, Position: fmt.Sprintf("%s:%d", position.Filename, position.Line)})
	w.insert(at, fmt.Sprintf(form, fmt.Sprintf("crashpoint.Reach(%q)", name)))
}

func (w *writer) insert(at token.Pos, text string) {
	w.insertions = append(w.insertions, insertion{w.files.Position(at).Offset, text})
}

func (w *writer) bytes() []byte {
	slices.SortStableFunc(w.insertions, func(a, b insertion) int { return a.offset - b.offset })
	var out []byte
	done := 0
	for _, i := range w.insertions {
		out = append(append(out, w.source[done:i.offset]...), i.text...)
		done = i.offset
	}
	return append(out, w.source[done:]...)
}
