package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

const failureModes = "../../docs/failure_modes.md"

// modes are the rows that the page must have: so many of each group, or those that are named.
func modes() (all []string) {
	for _, group := range []struct {
		letter string
		rows   int
	}{{"N", 20}, {"O", 12}, {"P", 19}, {"R", 9}, {"K", 10}, {"I", 15}} {
		for i := range group.rows {
			all = append(all, fmt.Sprint(group.letter, i+1))
		}
	}
	return append(all, "S1", "S2", "S5", "S6", "S10", "S11", "S14", "S15", "S16")
}

// The page promises that the tests it names exist, and that each row has one, or a note that says why not.
func TestThePageOfFailureModesIsTrue(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(failureModes)
	if err != nil {
		t.Fatal(err)
	}
	tests, listed := testsOfTheProgram(t), map[string]bool{}
	rows := regexp.MustCompile(`(?m)^\| ([A-Z][0-9]+) \|.*\| ([^|]*) \|$`)
	named := regexp.MustCompile("`(Test[A-Za-z0-9]+)`")
	for _, match := range rows.FindAllStringSubmatch(string(text), -1) {
		mode, by := match[1], match[2]
		listed[mode] = true
		found := named.FindAllStringSubmatch(by, -1)
		if len(found) == 0 && !regexp.MustCompile(`^- \([0-9]\)$`).MatchString(by) {
			t.Errorf("%s: %q names neither a test nor a note", mode, by)
		}
		for _, test := range found {
			if comment, ok := tests[test[1]]; !ok {
				t.Errorf("%s: there is no %s", mode, test[1])
			} else if !names(comment, mode) {
				t.Errorf("%s: the comment of %s does not name it:\n%s", mode, test[1], comment)
			}
		}
	}
	for _, mode := range modes() {
		if !listed[mode] {
			t.Errorf("%s is not on the page", mode)
		}
	}
}

// names reports whether a comment names a row, by itself or within "N6 to N11".
func names(comment, mode string) bool {
	if regexp.MustCompile(`\b` + mode + `\b`).MatchString(comment) {
		return true
	}
	for _, span := range regexp.MustCompile(`\b([A-Z])(\d+) to [A-Z](\d+)\b`).FindAllStringSubmatch(comment, -1) {
		if n := row(mode[1:]); mode[:1] == span[1] && row(span[2]) <= n && n <= row(span[3]) {
			return true
		}
	}
	return false
}

// row is the number of a row; it consists of digits.
func row(digits string) int {
	n, _ := strconv.Atoi(digits)
	return n
}

// testsOfTheProgram are all tests, each with its comment and those inside of it.
func testsOfTheProgram(t *testing.T) map[string]string {
	t.Helper()
	tests := map[string]string{}
	err := filepath.WalkDir("..", func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		for _, decl := range file.Decls {
			if f, ok := decl.(*ast.FuncDecl); ok && strings.HasPrefix(f.Name.Name, "Test") {
				tests[f.Name.Name] += commentsOf(file, f)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return tests
}

func commentsOf(file *ast.File, f *ast.FuncDecl) string {
	begin := f.Pos()
	if f.Doc != nil {
		begin = f.Doc.Pos()
	}
	var text strings.Builder
	for _, comments := range file.Comments {
		if comments.Pos() < begin || comments.End() > f.End() {
			continue
		}
		for _, c := range comments.List {
			text.WriteString(c.Text + "\n")
		}
	}
	return text.String()
}
