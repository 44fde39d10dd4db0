package crash

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Overlay instruments the packages, which are folders below the module's root, and writes what `go build -overlay`
// takes into folder. The files of leaveOut, below the root as well, stay as they are; each must be
// there. It returns the overlay's file and all points.
func Overlay(root, folder string, packages, leaveOut []string) (overlay string, points []Point, err error) {
	replace := map[string]string{}
	left := 0
	for _, pkg := range packages {
		sources, err := sourcesOf(root, pkg)
		if err != nil {
			return "", nil, err
		}
		for _, source := range sources {
			if slices.Contains(leaveOut, source) {
				left++
				continue
			}
			target := filepath.Join(folder, strings.ReplaceAll(source, "/", "-"))
			found, err := instrumentFile(root, source, target)
			if err != nil {
				return "", nil, err
			}
			replace[filepath.Join(root, source)] = target
			points = append(points, found...)
		}
	}
	if left != len(leaveOut) {
		return "", nil, fmt.Errorf("left out %d files of %v: the others are not there", left, leaveOut)
	}
	text, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return "", nil, fmt.Errorf("encode the overlay: %w", err)
	}
	overlay = filepath.Join(folder, "overlay.json")
	return overlay, points, write(overlay, text)
}

// sourcesOf are the package's files without its tests, below root.
func sourcesOf(root, pkg string) (sources []string, err error) {
	entries, err := os.ReadDir(filepath.Join(root, pkg))
	if err != nil {
		return nil, fmt.Errorf("look for sources: %w", err)
	}
	for _, entry := range entries {
		if name := entry.Name(); strings.HasSuffix(name, ".go") && !strings.HasSuffix(name, "_test.go") {
			sources = append(sources, filepath.Join(pkg, name))
		}
	}
	return sources, nil
}

func instrumentFile(root, source, target string) ([]Point, error) {
	text, err := os.ReadFile(filepath.Join(root, source)) //nolint:gosec // a source of this module
	if err != nil {
		return nil, fmt.Errorf("read a source: %w", err)
	}
	instrumented, points, err := Instrument(source, text)
	if err != nil {
		return nil, err
	}
	return points, write(target, instrumented)
}

func write(name string, text []byte) error {
	if err := os.WriteFile(name, text, 0o600); err != nil { //nolint:gosec // the caller names the folder
		return fmt.Errorf("write the overlay: %w", err)
	}
	return nil
}
