package mutants

import (
	"os"
	"path/filepath"
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
	t.Run("sound", func(t *testing.T) { checkSound(t, chosen) })
	if t.Failed() {
		return
	}
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
}

// checkSound runs the tests that must kill on the code as it is, once for each package.
func checkSound(t *testing.T, list []Mutant) {
	t.Helper()
	tests := map[string][]string{}
	for _, m := range list {
		tests[m.Package] = append(tests[m.Package], m.Test)
	}
	for folder, names := range tests {
		t.Run(folder, func(t *testing.T) {
			t.Parallel()
			if err := Sound(t.Context(), moduleFolder(t), folder, names); err != nil {
				t.Error(err)
			}
		})
	}
}
