package mutants

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"eventdrop/functions/internal/campaign"
	"eventdrop/functions/internal/pgtest"
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

// What a killed mutant left in the source would be tried first by later runs, and the campaign would take it for a change of the source.
func TestAKilledMutantLeavesNothingInTheSource(t *testing.T) {
	t.Parallel()
	list := All()
	m := list[slices.IndexFunc(list, func(m Mutant) bool { return m.Test == "TestCutFileNeverChangesAValue" })]
	if verdict, output, err := m.Judge(t.Context(), moduleFolder(t), t.TempDir()); err != nil || verdict != Killed {
		t.Fatalf("%s, %v\n%s", verdict, err, output)
	}
	left, err := filepath.Glob(filepath.Join(moduleFolder(t), m.Package, "testdata", "rapid", m.Test, "*"))
	if err != nil || len(left) > 0 {
		t.Errorf("%v is left: %v", left, err)
	}
}

// sample is how many mutants are tried where no figures are wanted: enough to see that the drill works.
const sample = 2

func TestMutants(t *testing.T) {
	t.Setenv("EVENTDROP_TEST_DATABASE_URL", pgtest.Own(t).URL) // to make one takes each test longer than most tests take
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
	groups := byPackage(chosen)
	if !t.Run("sound", func(t *testing.T) {
		eachPackage(t, groups, func(t *testing.T, folder string, tests []string) error {
			t.Helper()
			return Sound(t.Context(), moduleFolder(t), folder, tests)
		})
	}) {
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
	t.Run("sound afterwards, each test alone", func(t *testing.T) { //nolint:paralleltest // as it says
		eachPackage(t, groups, func(t *testing.T, folder string, tests []string) error {
			t.Helper()
			return SoundAlone(t.Context(), moduleFolder(t), folder, t.TempDir(), tests)
		})
	})
}

// byPackage are the tests that must kill.
func byPackage(list []Mutant) map[string][]string {
	groups := map[string][]string{}
	for _, m := range list {
		if !slices.Contains(groups[m.Package], m.Test) {
			groups[m.Package] = append(groups[m.Package], m.Test)
		}
	}
	return groups
}

// eachPackage runs tests on the code as it is.
func eachPackage(t *testing.T, groups map[string][]string, sound func(t *testing.T, folder string, tests []string) error) {
	t.Helper()
	for folder, tests := range groups {
		t.Run(folder, func(t *testing.T) {
			t.Parallel()
			if err := sound(t, folder, tests); err != nil {
				t.Error(err)
			}
		})
	}
}
