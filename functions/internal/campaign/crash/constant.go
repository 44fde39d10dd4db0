package crash

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
)

// setConstants gives constants of a file other values, keyed by package.name, and says which it set. Lines keep
// their numbers.
func setConstants(name string, source []byte, values map[string]string) (changed []byte, set []string, err error) {
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, name, source, parser.SkipObjectResolution)
	if err != nil {
		return nil, nil, fmt.Errorf("set constants of %s: %w", name, err)
	}
	done := 0
	for _, decl := range file.Decls {
		group, ok := decl.(*ast.GenDecl)
		if !ok || group.Tok != token.CONST {
			continue
		}
		for _, spec := range group.Specs {
			one := spec.(*ast.ValueSpec) //nolint:forcetypeassert // that is what constants are
			for i, value := range one.Values {
				constant := file.Name.Name + "." + one.Names[i].Name
				text, wanted := values[constant]
				if !wanted {
					continue
				}
				set = append(set, constant)
				changed = append(append(changed, source[done:files.Position(value.Pos()).Offset]...), text...)
				done = files.Position(value.End()).Offset
			}
		}
	}
	return append(changed, source[done:]...), set, nil
}
