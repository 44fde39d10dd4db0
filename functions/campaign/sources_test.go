package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const sources = "../internal/campaign"

// source is what the source says of a drill.
type source struct {
	folder string
	short  string
}

// inSources finds the calls of campaign.New, and the tests of each folder.
func inSources(t *testing.T) (found map[string]source, tests map[string][]string) {
	t.Helper()
	found, tests = map[string]source{}, map[string][]string{}
	err := filepath.WalkDir(sources, func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		folder, err := filepath.Rel(sources, filepath.Dir(path))
		if err != nil {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.FuncDecl:
				tests[folder] = append(tests[folder], n.Name.Name)
			case *ast.CallExpr:
				if name, short, ok := newDrill(t, path, n); ok {
					found[name] = source{folder, short}
				}
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found, tests
}

// newDrill takes campaign.New(t, name, short) apart; short is empty where it is no number.
func newDrill(t *testing.T, path string, call *ast.CallExpr) (name, short string, ok bool) {
	t.Helper()
	f, ok := call.Fun.(*ast.SelectorExpr)
	if !ok || f.Sel.Name != "New" || len(call.Args) != 3 {
		return "", "", false
	}
	if in, ok := f.X.(*ast.Ident); !ok || in.Name != "campaign" {
		return "", "", false
	}
	literal, ok := call.Args[1].(*ast.BasicLit)
	if !ok {
		t.Errorf("%s: the name of a drill is not written out", path)
		return "", "", false
	}
	name, err := strconv.Unquote(literal.Value)
	if err != nil {
		t.Fatal(err)
	}
	if n, ok := call.Args[2].(*ast.BasicLit); ok {
		short = strings.ReplaceAll(n.Value, "_", "")
	}
	return name, short, true
}

func TestTheDrillsAreThoseOfTheSources(t *testing.T) {
	t.Parallel()
	found, tests := inSources(t)
	for _, d := range drills() {
		s, ok := found[d.name]
		delete(found, d.name)
		switch {
		case !ok || s.folder != d.folder:
			t.Errorf("no drill %q in %s", d.name, d.folder)
		case !slices.Contains(tests[d.folder], d.test):
			t.Errorf("no %s in %s", d.test, d.folder)
		case s.short != "" && s.short != strconv.Itoa(d.short):
			t.Errorf("%s: the short form is %s, the list says %d", d.name, s.short, d.short)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(found)) {
		t.Errorf("drill %q of %s is not in the list", name, found[name].folder)
	}
}

func TestEveryDrillIsPublished(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../docs/reliability.md")
	if err != nil {
		t.Fatal(err)
	}
	_, figures, _ := strings.Cut(string(text), beginFigures)
	for _, d := range drills() {
		if _, row, ok := strings.Cut(figures, "\n"+rowOf(d.name)); !ok || !strings.Contains(strings.SplitN(row, "\n", 2)[0], " 0 / 0 / 0 |") {
			t.Errorf("%s has no row with 0 / 0 / 0", d.name)
		}
	}
}
