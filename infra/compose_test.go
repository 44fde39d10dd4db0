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
		Healthcheck struct{ Test any }
		DependsOn   map[string]struct{ Condition string } `yaml:"depends_on"`
	}
	Volumes map[string]any
}

func readCompose(t *testing.T, path string) composeFile {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var file composeFile
	if err := yaml.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	if len(file.Services) == 0 {
		t.Fatal("no services")
	}
	return file
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
