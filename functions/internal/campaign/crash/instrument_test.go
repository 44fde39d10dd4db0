package crash

import (
	"errors"
	"go/parser"
	"go/token"
	"strings"
	"testing"
)

// Every statement gets a point in front, wherever it stands; functions without results one at their end.
func TestInstrument(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, source, want string }{
		{"statements in turn", "func f() {\n\ta()\n\tb() // and so on\n}", "func f() {\n\t1 a()\n\t2 b() // and so on\n; end}"},
		{"an empty body", "func f() {}", "func f() {; end}"},
		{"no point behind the last return", "func f() int {\n\treturn 1\n}", "func f() int {\n\t1 return 1\n}"},
		{"a method", "func (*w) f() { a() }", "func (*w) f() { 1 a() ; end}"},
		{"branches", "func f() {\n\tif a() {\n\t\tb()\n\t} else if c() {\n\t\td()\n\t}\n}", "func f() {\n\t1 if a() {\n\t\t2 b()\n\t} else if c() {\n\t\t3 d()\n\t}\n; end}"},
		{"loops with labels", "func f() {\nl:\n\tfor range 3 {\n\t\tcontinue l\n\t}\n}", "func f() {\n1 l:\n\tfor range 3 {\n\t\t2 continue l\n\t}\n; end}"},
		{"cases", "func f() {\n\tswitch {\n\tcase a():\n\t\tb()\n\tdefault:\n\t}\n}", "func f() {\n\t1 switch {\n\tcase a():\n\t\t2 b()\n\tdefault:\n\t}\n; end}"},
		{"channels", "func f() {\n\tselect {\n\tcase <-a:\n\t\treturn\n\t}\n}", "func f() {\n\t1 select {\n\tcase <-a:\n\t\t2 return\n\t}\n; end}"},
		{"literals in the order in which they stand", "func f() {\n\tg := func() { a() }\n\tg()\n}", "func f() {\n\t1 g := func() { 2 a() }\n\t3 g()\n; end}"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			out, points, err := Instrument("x.go", []byte("package p\n\n"+test.source+"\n"))
			if err != nil {
				t.Fatal(err)
			}
			if _, err := parser.ParseFile(token.NewFileSet(), "x.go", out, 0); err != nil {
				t.Errorf("not valid Go: %v", err)
			}
			got := short(string(out), points)
			if want := "package p" + pointImport + "\n\n" + test.want + "\n"; got != want {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
}

// short writes a point as its number alone.
func short(out string, points []Point) string {
	for _, p := range points {
		_, number, _ := strings.Cut(p.Name, ":")
		out = strings.Replace(out, `crashpoint.Reach("`+p.Name+`")`, number, 1)
	}
	lines := strings.Split(out, "\n")
	for i := 1; i < len(lines); i++ { // the import has a semicolon of its own
		for n := range points {
			number := string(rune('1' + n))
			lines[i] = strings.ReplaceAll(lines[i], number+"; ", number+" ")
		}
	}
	return strings.Join(lines, "\n")
}

func TestPointsAreNamedByPackageAndFunction(t *testing.T) {
	t.Parallel()
	source := "package p\n\nfunc (s set[T]) f() int {\n\treturn 1\n}\n"
	_, points, err := Instrument("a/x.go", []byte(source))
	if err != nil {
		t.Fatal(err)
	}
	want := Point{Name: "p.set.f:1", Position: "a/x.go:4"}
	if len(points) != 1 || points[0] != want {
		t.Fatalf("points %v, want %v", points, want)
	}
	if p := points[0]; p.Package() != "p" || p.Function() != "p.set.f" {
		t.Errorf("package %s, function %s", p.Package(), p.Function())
	}
}

func TestWhatCannotBeInstrumentedIsRefused(t *testing.T) {
	t.Parallel()
	if _, _, err := Instrument("x.go", []byte("package p\n\nvar f = func() { a() }\n")); !errors.Is(err, errLiteral) {
		t.Errorf("a literal outside of every function: %v", err)
	}
	if _, _, err := Instrument("x.go", []byte("package p\n\nfunc {")); err == nil {
		t.Error("no Go: no error")
	}
}

func TestAFileWithoutStatementsStaysAsItIs(t *testing.T) {
	t.Parallel()
	const source = "package p\n\nconst a = 1\n"
	out, points, err := Instrument("x.go", []byte(source))
	if err != nil || string(out) != source || len(points) != 0 {
		t.Errorf("got %q, %v, %v", out, points, err)
	}
}
