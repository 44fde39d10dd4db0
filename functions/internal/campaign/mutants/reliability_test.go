package mutants

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

//nolint:gochecknoglobals // a test flag has to be one
var update = flag.Bool("update", false, "write the table of mutants into docs/reliability.md")

// The marks between which the table stands.
const (
	beginTable = "<!-- mutants -->\n"
	endTable   = "<!-- end of mutants -->\n"
)

// table is the list for people.
func table(list []Mutant) string {
	var b strings.Builder
	b.WriteString("\n| mutant | the rule that it breaks | where | caught by |\n|---|---|---|---|\n")
	for _, m := range list {
		fmt.Fprintf(&b, "| %s | %s | `%s` | `%s` in `%s` |\n", m.Name, m.Breaks, short(m.File), m.Test, short(m.Package))
	}
	return b.String() + "\n"
}

func short(path string) string {
	return strings.TrimPrefix(strings.TrimPrefix(path, "functions/internal/"), "functions/")
}

func TestTheDocumentListsEveryMutant(t *testing.T) {
	t.Parallel()
	name := filepath.Join(moduleFolder(t), "docs", "reliability.md")
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, begun := strings.Cut(string(text), beginTable)
	held, after, ended := strings.Cut(rest, endTable)
	if !begun || !ended {
		t.Fatalf("%s has not the lines %q and %q", name, beginTable, endTable)
	}
	want := table(All())
	if *update {
		if err := os.WriteFile(name, []byte(before+beginTable+want+endTable+after), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	if held != want {
		t.Errorf("%s does not list the mutants as they are: go test ./functions/internal/campaign/mutants -update", name)
	}
}
