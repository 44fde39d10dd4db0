package infra_test

import (
	"os/exec"
	"strings"
	"testing"
)

// What a function links makes its package larger and its cold start longer: none has what only the program on a machine needs.
func TestFunctionsLinkNothingOfTheProgram(t *testing.T) {
	t.Parallel()
	const goose = "github.com/pressly/goose"
	foreign := []string{
		"github.com/prometheus/", "github.com/alecthomas/kong", "net/http/pprof",
		"eventdrop/functions/internal/runner", "eventdrop/functions/internal/telemetry/scrape", "eventdrop/infra/", "eventdrop/generator/",
	}
	for function, more := range map[string][]string{"ingest": {goose}, "reconcile": {goose}, "migrate": nil} {
		t.Run(function, func(t *testing.T) {
			t.Parallel()
			for _, linked := range links(t, function) {
				for _, prefix := range append(more, foreign...) {
					if strings.HasPrefix(linked+"/", prefix) {
						t.Errorf("it links %s", linked)
					}
				}
			}
		})
	}
	if linked := strings.Join(links(t, "eventdrop"), "\n"); !strings.Contains(linked, foreign[0]) || !strings.Contains(linked, goose) {
		t.Error("not even the program links them: this test proves nothing")
	}
}

// links are the packages that a program is built from.
func links(t *testing.T, program string) []string {
	t.Helper()
	list := exec.CommandContext(t.Context(), "go", "list", "-tags", "lambda.norpc", "-deps", "./functions/"+program)
	list.Dir = ".."
	out, err := list.Output()
	if err != nil {
		t.Fatalf("go list ./functions/%s: %v", program, err)
	}
	return strings.Fields(string(out))
}
