package crash

import (
	"encoding/json"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestOverlayReplacesThePackagesSources(t *testing.T) {
	t.Parallel()
	root, folder := t.TempDir(), t.TempDir()
	for name, text := range map[string]string{
		"p/a.go": "package p\n\nconst (\n\tlimit, other = 5_000, 1\n)\n\nfunc a() {}\n", "p/a_test.go": "package p\n", "p/left.go": "package p\n\nfunc left() {}\n", "q/b.go": "package q\n",
	} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(root, name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(root, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	build := Build{Packages: []string{"p"}, LeaveOut: []string{"p/left.go"}, Constants: map[string]string{"p.limit": "2 << 3"}}
	overlay, points, err := build.Overlay(root, folder)
	if err != nil {
		t.Fatal(err)
	}
	if len(points) != 1 || points[0].Name != "p.a:end" {
		t.Errorf("points %v", points)
	}
	text, err := os.ReadFile(overlay)
	if err != nil {
		t.Fatal(err)
	}
	var replaced struct{ Replace map[string]string }
	if err := json.Unmarshal(text, &replaced); err != nil {
		t.Fatal(err)
	}
	if got := slices.Collect(maps.Keys(replaced.Replace)); len(got) != 1 || got[0] != filepath.Join(root, "p/a.go") {
		t.Errorf("replaced %v", got)
	}
	source, err := os.ReadFile(replaced.Replace[filepath.Join(root, "p/a.go")])
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(source), "\tlimit, other = 2 << 3, 1\n") {
		t.Errorf("the constant is not set:\n%s", source)
	}
	for what, wrong := range map[string]Build{
		"a file that is to be left out": {Packages: build.Packages, LeaveOut: []string{"p/renamed.go"}},
		"a package":                     {Packages: []string{"renamed"}},
		"a constant":                    {Packages: build.Packages, Constants: map[string]string{"p.renamed": "1"}},
	} {
		if _, _, err := wrong.Overlay(root, folder); err == nil {
			t.Errorf("%s is not there: no error", what)
		}
	}
}

// What ships has no crash points: no program links the package that they call.
func TestNoProgramLinksTheCrashPoints(t *testing.T) {
	t.Parallel()
	programs := list(t, "-f", `{{if eq .Name "main"}}{{.ImportPath}}{{end}}`, "./functions/...", "./generator/...")
	if len(programs) < 2 {
		t.Fatalf("programs %v", programs)
	}
	for _, pkg := range list(t, append([]string{"-deps"}, programs...)...) {
		if strings.HasPrefix(pkg, "eventdrop/functions/internal/campaign/crash") {
			t.Errorf("a program links %s", pkg)
		}
	}
}

func list(t *testing.T, args ...string) []string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", append([]string{"list"}, args...)...)
	cmd.Dir = root(t)
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.Fields(string(out))
}
