package mutants

import (
	"cmp"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"eventdrop/functions/internal/campaign"
)

// moduleFolder is where go.mod is.
func moduleFolder(t *testing.T) string {
	t.Helper()
	root, err := filepath.Abs("../../../..")
	if err != nil {
		t.Fatal(err)
	}
	return root
}

func TestMutantsApply(t *testing.T) {
	t.Parallel()
	list := All()
	if err := Check(list); err != nil {
		t.Error(err)
	}
	for _, m := range list {
		if _, err := m.Text(moduleFolder(t)); err != nil {
			t.Error(err)
		}
	}
}

// sample is how many mutants are tried where no figures are wanted: enough to see that the drill works.
const sample = 2

func TestMutants(t *testing.T) {
	t.Parallel()
	list, short := All(), sample
	if os.Getenv(campaign.EnvFigures) != "" { //nolint:forbidigo // the campaign wants all
		short = len(list)
	}
	d := campaign.New(t, "mutants caught", short)
	chosen := make([]Mutant, min(d.N(), len(list)))
	for i, at := range d.Rand(0).Perm(len(list))[:len(chosen)] {
		chosen[i] = list[at]
	}
	d.Expect(string(Killed))
	if !t.Run("sound", func(t *testing.T) { checkSound(t, together(chosen)) }) {
		return
	}
	t.Run("mutants", func(t *testing.T) {
		for i, m := range chosen {
			t.Run(m.Name, func(t *testing.T) {
				t.Parallel()
				verdict, output, err := m.Judge(t.Context(), moduleFolder(t), t.TempDir())
				if err != nil {
					t.Fatal(err)
				}
				t.Logf("%s: %s by %s in %s", m.Name, verdict, m.Test, m.Package)
				if verdict == Killed {
					d.Reached(string(verdict))
					return
				}
				d.Failf(i, "mutant %q: %s, %s should fail in %s:\n%s", m.Name, verdict, m.Test, m.Package, output)
			})
		}
	})
	// A machine that fell ill meanwhile would have failed any test; so would a test that passes only after others.
	t.Run("sound afterwards, each test alone", func(t *testing.T) { checkSound(t, alone(chosen)) }) //nolint:paralleltest // as it says
}

// group are tests of one package that run in one process.
type group struct {
	folder string
	tests  []string
}

// together are the tests that must kill, by package.
func together(list []Mutant) (groups []group) {
	for _, g := range alone(list) {
		if last := len(groups) - 1; last >= 0 && groups[last].folder == g.folder {
			groups[last].tests = append(groups[last].tests, g.tests...)
			continue
		}
		groups = append(groups, g)
	}
	return groups
}

// alone are the tests that must kill, each by itself as the judge runs it, in the order of their packages.
func alone(list []Mutant) (groups []group) {
	for _, m := range list {
		groups = append(groups, group{m.Package, []string{m.Test}})
	}
	slices.SortFunc(groups, func(a, b group) int {
		return cmp.Or(strings.Compare(a.folder, b.folder), strings.Compare(a.tests[0], b.tests[0]))
	})
	return slices.CompactFunc(groups, func(a, b group) bool { return a.folder == b.folder && a.tests[0] == b.tests[0] })
}

// checkSound runs the tests on the code as it is.
func checkSound(t *testing.T, groups []group) {
	t.Helper()
	for _, g := range groups {
		t.Run(g.folder, func(t *testing.T) {
			t.Parallel()
			if err := Sound(t.Context(), moduleFolder(t), g.folder, g.tests); err != nil {
				t.Error(err)
			}
		})
	}
}
