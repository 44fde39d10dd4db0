package infra_test

import (
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// What of the stacks in containers can be judged without their images.
func TestComposeFiles(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"compose.yaml", "../localstack/compose.yaml"} {
		t.Run(path, func(t *testing.T) {
			t.Parallel()
			file := readCompose(t, path)
			once := file.endByThemselves()
			for name, s := range file.Services {
				if !strings.HasPrefix(s.Image, "${") {
					t.Errorf("%s: the image %q must be a variable with a default", name, s.Image)
				}
				if s.Healthcheck.Test == nil && !once[name] && name != "aws" { // the emulators' images bring their own
					t.Errorf("%s has no health check", name)
				}
				for _, port := range s.Ports {
					if !strings.HasPrefix(port, "127.0.0.1:") {
						t.Errorf("%s: port %s is open to other machines", name, port)
					}
				}
				for _, mount := range s.Volumes {
					source, _, _ := strings.Cut(mount, ":")
					if _, named := file.Volumes[source]; !named && !strings.ContainsAny(source, "./") {
						t.Errorf("%s: volume %s is not declared", name, source)
					}
				}
				for other := range s.DependsOn {
					if _, ok := file.Services[other]; !ok {
						t.Errorf("%s waits for %s, which is not there", name, other)
					}
				}
			}
		})
	}
}

// What watches the stack knows the others by the names and paths that the compose file gives them, and is closed to strangers.
func TestPrometheusAndGrafanaFitTheStack(t *testing.T) {
	t.Parallel()
	file := readCompose(t, "compose.yaml")
	for _, name := range []string{"prometheus", "grafana"} {
		s := file.Services[name]
		if !s.ReadOnly || !slices.Equal(s.CapDrop, []string{"ALL"}) {
			t.Errorf("%s may write to its image or has capabilities", name)
		}
		for _, mount := range s.Volumes {
			source, inside, _ := strings.Cut(mount, ":")
			if !strings.HasPrefix(source, "./") {
				continue
			}
			if _, err := os.Stat(source); err != nil || !strings.HasSuffix(inside, ":ro") {
				t.Errorf("%s: %s is not there or not read-only: %v", name, mount, err)
			}
		}
	}
	grafana := file.Services["grafana"].Environment
	if grafana["GF_AUTH_ANONYMOUS_ENABLED"] != "false" || !strings.HasPrefix(grafana["GF_SECURITY_ADMIN_PASSWORD"], "${GRAFANA_PASSWORD:?") {
		t.Errorf("Grafana does not ask for a password of the environment: %v", grafana)
	}

	var scrape struct {
		Configs []struct {
			Job     string                       `yaml:"job_name"`
			Statics []struct{ Targets []string } `yaml:"static_configs"`
		} `yaml:"scrape_configs"`
	}
	readYAML(t, "prometheus/prometheus.yml", &scrape)
	_, port, _ := strings.Cut(file.Services["runner"].Environment["EVENTDROP_LISTEN"], ":")
	if c := scrape.Configs[0]; c.Job != "eventdrop" || !slices.Equal(c.Statics[0].Targets, []string{"runner:" + port}) {
		t.Errorf("the runner at port %s is scraped as %+v", port, c)
	}

	var sources struct {
		Datasources []struct{ UID, Type, URL string }
	}
	readYAML(t, "grafana/provisioning/datasources/prometheus.yml", &sources)
	source := sources.Datasources[0]
	if _, there := file.Services["prometheus"]; !there || source.URL != "http://prometheus:9090" {
		t.Errorf("Grafana asks %s", source.URL)
	}
	var providers struct {
		Providers []struct{ Options struct{ Path string } }
	}
	readYAML(t, "grafana/provisioning/dashboards/eventdrop.yml", &providers)
	if mount := "./grafana/dashboards:" + providers.Providers[0].Options.Path + ":ro"; !slices.Contains(file.Services["grafana"].Volumes, mount) {
		t.Errorf("no mount %s", mount)
	}

	type reference struct{ UID, Type string }
	var dashboard struct {
		Panels []struct {
			Title      string
			Datasource reference
			Targets    []struct{ Datasource reference }
		}
	}
	readYAML(t, "grafana/dashboards/eventdrop.json", &dashboard) // JSON is YAML
	for _, panel := range dashboard.Panels {
		for _, target := range panel.Targets {
			if want := (reference{source.UID, source.Type}); panel.Datasource != want || target.Datasource != want {
				t.Errorf("the panel %s asks %v and %v, want %v", panel.Title, panel.Datasource, target.Datasource, want)
			}
		}
	}
}

// The image has nothing but the program, and does not run as root.
func TestTheImageIsSmallAndNotRoot(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("Dockerfile")
	if err != nil {
		t.Fatal(err)
	}
	stages := strings.Split(string(text), "\nFROM ")
	last := strings.Split(stages[len(stages)-1], "\n")
	user := slices.IndexFunc(last, func(line string) bool { return strings.HasPrefix(line, "USER ") })
	if last[0] != "scratch" || user < 0 || strings.HasPrefix(last[user], "USER 0") || last[user] == "USER root" {
		t.Errorf("the last stage is\n%s", stages[len(stages)-1])
	}
}

type composeFile struct {
	Services map[string]struct {
		Image       string
		Ports       []string
		Volumes     []string
		ReadOnly    bool     `yaml:"read_only"`
		CapDrop     []string `yaml:"cap_drop"`
		Environment map[string]string
		Healthcheck struct{ Test any }
		DependsOn   map[string]struct{ Condition string } `yaml:"depends_on"`
	}
	Volumes map[string]any
}

func readCompose(t *testing.T, path string) composeFile {
	t.Helper()
	var file composeFile
	readYAML(t, path, &file)
	if len(file.Services) == 0 {
		t.Fatal("no services")
	}
	return file
}

func readYAML(t *testing.T, path string, into any) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.Unmarshal(text, into); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
}

// endByThemselves are the services whose end others wait for.
func (f composeFile) endByThemselves() map[string]bool {
	once := make(map[string]bool)
	for _, name := range slices.Sorted(maps.Keys(f.Services)) {
		for other, wait := range f.Services[name].DependsOn {
			if wait.Condition == "service_completed_successfully" {
				once[other] = true
			}
		}
	}
	return once
}
