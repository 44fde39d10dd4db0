package wiring

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"
)

// A variable that is no setting stops every program that finds it: the files that set some must not misspell any.
func TestFilesForDeploymentSetOnlySettings(t *testing.T) {
	t.Parallel()
	const root = "../../.."
	for _, file := range []string{
		"template.yaml", "infra/sam/env.json", "infra/compose.yaml", "localstack/compose.yaml", "localstack/ready.d/10-eventdrop.sh",
	} {
		t.Run(file, func(t *testing.T) {
			t.Parallel()
			text, err := os.ReadFile(filepath.Join(root, file))
			if err != nil {
				t.Fatal(err)
			}
			names := regexp.MustCompile(`\bEVENTDROP_[A-Z0-9_]+\b`).FindAllString(string(text), -1)
			if len(names) == 0 {
				t.Fatal("it sets nothing")
			}
			for _, name := range names {
				if !slices.Contains(settingNames(), name) && !slices.Contains(ofTools, name) {
					t.Errorf("%s is not a setting", name)
				}
			}
		})
	}
}

// ofTools are for make and compose, and reach no program.
var ofTools = []string{"EVENTDROP_BUILD_ARCH", "EVENTDROP_IMAGE"} //nolint:gochecknoglobals // a constant list
