// Package mutants keeps faults that the suite must find: each breaks one rule on which "exactly
// once" rests, in one place of the code, and names the test that must fail then.
//
// They are applied while a test is built (`go test -overlay`). No switch for them exists in what ships.
// Start reading at [All].
package mutants

import (
	"bytes"
	"errors"
	"fmt"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Mutant is a fault in one place of one file.
type Mutant struct {
	Name   string // what is wrong in it
	Breaks string // the rule that it breaks
	File   string // where, from the module's folder
	Old    string // the sound text, which must stand there exactly once
	New    string // the text that takes its place
	// Package and Test name the test that must fail, from the module's folder.
	Package, Test string
}

// All returns every mutant.
func All() []Mutant {
	return slices.Concat(recency(), merging(), identity(), claiming(), committing(), books(), outcomes(), retries(), reading(), listing(), again(), noticing())
}

// Text returns the text of the mutant's file with the fault in it. It fails where the file has
// changed so that the mutant must be brought up to date.
func (m Mutant) Text(root string) ([]byte, error) {
	sound, err := os.ReadFile(filepath.Join(root, m.File)) //nolint:gosec // a file of this module
	if err != nil {
		return nil, fmt.Errorf("mutant %q: %w", m.Name, err)
	}
	if n := bytes.Count(sound, []byte(m.Old)); n != 1 {
		return nil, fmt.Errorf("mutant %q is stale: %s has its old text %d times, want once", m.Name, m.File, n)
	}
	if m.Old == m.New {
		return nil, fmt.Errorf("mutant %q changes nothing", m.Name)
	}
	mutated := bytes.Replace(sound, []byte(m.Old), []byte(m.New), 1)
	if strings.HasSuffix(m.File, ".go") {
		if _, err := parser.ParseFile(token.NewFileSet(), m.File, mutated, parser.SkipObjectResolution); err != nil {
			return nil, fmt.Errorf("mutant %q is no Go: %w", m.Name, err)
		}
	}
	return mutated, nil
}

// Check reports what is wrong with the list itself.
func Check(list []Mutant) error {
	var faults []error
	seen := map[string]bool{}
	for _, m := range list {
		if seen[m.Name] {
			faults = append(faults, fmt.Errorf("two mutants are named %q", m.Name))
		}
		seen[m.Name] = true
		if m.Name == "" || m.Breaks == "" || m.Package == "" || m.Test == "" {
			faults = append(faults, fmt.Errorf("mutant %q is not described", m.Name))
		}
	}
	return errors.Join(faults...)
}
