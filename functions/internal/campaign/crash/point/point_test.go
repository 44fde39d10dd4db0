package point

import (
	"os"
	"path/filepath"
	"testing"
)

func environment(settings map[string]string) func(string) string {
	return func(name string) string { return settings[name] }
}

func TestReachKillsAtTheNamedVisit(t *testing.T) {
	t.Parallel()
	var deaths []string
	p := newPlan(environment(map[string]string{EnvPoint: "p.f:2", EnvVisit: "2"}))
	p.die = func(farewell string) { deaths = append(deaths, farewell) }
	for i, visited := range []struct {
		point string
		want  int
	}{{"p.f:1", 0}, {"p.f:2", 0}, {"p.f:1", 0}, {"p.f:2", 1}, {"p.f:2", 1}} {
		if p.reach(visited.point); len(deaths) != visited.want {
			t.Errorf("after step %d: deaths %v, want %d", i, deaths, visited.want)
		}
	}
	if deaths[0] != Farewell("p.f:2", 2) {
		t.Errorf("farewell %q", deaths[0])
	}
}

func TestReachTracesEveryVisit(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "trace")
	p := newPlan(environment(map[string]string{EnvTrace: name}))
	p.reach("p.f:1")
	p.reach("p.f:2")
	p.reach("p.f:1")
	if text, err := os.ReadFile(name); err != nil || string(text) != "p.f:1\np.f:2\np.f:1\n" {
		t.Errorf("trace %q, %v", text, err)
	}
}

func TestReachDoesNothingUnlessTold(t *testing.T) {
	t.Parallel()
	p := newPlan(environment(nil))
	p.die = func(string) { t.Error("died") }
	p.reach("p.f:1")
}
