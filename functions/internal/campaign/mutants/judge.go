package mutants

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// Verdict is what became of a mutant. Only Killed is good.
type Verdict string

// The verdicts.
const (
	Killed   Verdict = "killed"
	Survived Verdict = "survived"       // the test passed: the suite has a hole
	NotBuilt Verdict = "does not build" // so it proves nothing
	NotRun   Verdict = "test not found"
	Hung     Verdict = "hung"
	Unclear  Verdict = "failed otherwise" // the process ended, but the test did not fail
)

// timeLimit bounds one test, mutated or not.
const timeLimit = "3m"

// Judge runs the mutant's test on the mutant and returns what it printed, too.
func (m Mutant) Judge(ctx context.Context, root, scratch string) (Verdict, string, error) {
	overlay, err := m.overlay(root, scratch)
	if err != nil {
		return "", "", err
	}
	output, failed := goTest(ctx, root, m.Package, []string{m.Test}, append(noFailFile(root, m.Package), "-failfast", "-overlay", overlay)...)
	return verdict(output, m.Test, failed), output, nil
}

// Sound runs tests of a package as it is. Each must be there and pass: a test that fails anyhow kills nothing.
func Sound(ctx context.Context, root, folder string, tests []string) error {
	output, failed := goTest(ctx, root, folder, tests)
	return sound(output, folder, tests, failed)
}

// SoundAlone is Sound with each test in a process of its own, as the judge runs them. They are built once.
func SoundAlone(ctx context.Context, root, folder, scratch string, tests []string) error {
	binary := filepath.Join(scratch, "sound.test")
	if output, failed := run(ctx, root, "go", "test", "-c", "-vet=off", "-ldflags=-s -w", "-o", binary, "./"+folder); failed != nil {
		return fmt.Errorf("%s: %w:\n%s", folder, failed, output)
	}
	for _, test := range tests {
		output, failed := run(ctx, filepath.Join(root, folder), binary, "-test.v", "-test.timeout", timeLimit, "-test.run", "^"+test+"$")
		if err := sound(output, folder, []string{test}, failed); err != nil {
			return err
		}
	}
	return nil
}

func sound(output, folder string, tests []string, failed error) error {
	for _, test := range tests {
		if !strings.Contains(output, "--- PASS: "+test+" (") {
			return fmt.Errorf("%s: %s does not pass without any mutant:\n%s", folder, test, output)
		}
	}
	if failed != nil {
		return fmt.Errorf("%s: %w:\n%s", folder, failed, output)
	}
	return nil
}

// overlay writes the mutated file and the overlay that puts it in place of the sound one.
func (m Mutant) overlay(root, scratch string) (string, error) {
	text, err := m.Text(root)
	if err != nil {
		return "", err
	}
	mutated, overlay := filepath.Join(scratch, filepath.Base(m.File)), filepath.Join(scratch, "overlay.json")
	replace, err := json.Marshal(map[string]map[string]string{"Replace": {filepath.Join(root, m.File): mutated}})
	if err != nil {
		return "", fmt.Errorf("write the overlay: %w", err)
	}
	for name, content := range map[string][]byte{mutated: text, overlay: replace} {
		if err := os.WriteFile(name, content, 0o600); err != nil {
			return "", fmt.Errorf("write the overlay: %w", err)
		}
	}
	return overlay, nil
}

// noFailFile keeps rapid from leaving the case that killed a mutant in the source, where later runs would begin with it. Only a
// package that uses rapid knows the flag.
func noFailFile(root, folder string) []string {
	files, _ := filepath.Glob(filepath.Join(root, folder, "*_test.go")) // the pattern is sound
	for _, file := range files {
		text, err := os.ReadFile(file) //nolint:gosec // a file of this module
		if err == nil && bytes.Contains(text, []byte(`"pgregory.net/rapid"`)) {
			return []string{"-rapid.nofailfile"}
		}
	}
	return nil
}

// goTest runs tests of one package without go vet, which would refuse some mutants.
func goTest(ctx context.Context, root, folder string, tests []string, flags ...string) (output string, failed error) {
	args := append([]string{
		"test", "./" + folder, "-v", "-count=1", "-vet=off", "-ldflags=-s -w", "-timeout", timeLimit, "-run", "^(" + strings.Join(tests, "|") + ")$",
	}, flags...)
	return run(ctx, root, "go", args...)
}

// run runs a program outside of this campaign.
func run(ctx context.Context, folder, program string, args ...string) (output string, failed error) {
	cmd := exec.CommandContext(ctx, program, args...) //nolint:gosec // words of the list
	cmd.Dir = folder
	cmd.Env = slices.DeleteFunc(cmd.Environ(), func(s string) bool { return strings.HasPrefix(s, "EVENTDROP_CAMPAIGN_") })
	out, failed := cmd.CombinedOutput()
	return string(out), failed
}

func verdict(output, test string, failed error) Verdict {
	switch {
	case strings.Contains(output, "[build failed]"), strings.Contains(output, "[setup failed]"):
		return NotBuilt
	case strings.Contains(output, "panic: test timed out"):
		return Hung
	case !strings.Contains(output, "=== RUN   "+test+"\n"):
		return NotRun
	case failed == nil:
		return Survived
	case strings.Contains(output, "start PostgreSQL for the tests: "), strings.Contains(output, "start MinIO: "):
		return Unclear // the test failed for want of its server
	case strings.Contains(output, "--- FAIL: "+test+" ("):
		return Killed
	}
	return Unclear
}
