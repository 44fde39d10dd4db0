package crash

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Build is how the drill's program differs from the one that ships.
type Build struct {
	// Packages are instrumented: folders below the module's root.
	Packages []string
	// LeaveOut are files of theirs that stay as they are, below the root as well; each must be there.
	LeaveOut []string
	// Constants of the packages get other values, keyed by package.name; each must be there.
	Constants map[string]string
}

// Overlay writes what `go build -overlay` takes into folder, and returns the overlay's file and all points.
func (b Build) Overlay(root, folder string) (overlay string, points []Point, err error) {
	replace := map[string]string{}
	left, set := 0, 0
	for _, pkg := range b.Packages {
		sources, err := sourcesOf(root, pkg)
		if err != nil {
			return "", nil, err
		}
		for _, source := range sources {
			if slices.Contains(b.LeaveOut, source) {
				left++
				continue
			}
			target := filepath.Join(folder, strings.ReplaceAll(source, "/", "-"))
			found, constants, err := b.file(root, source, target)
			if err != nil {
				return "", nil, err
			}
			replace[filepath.Join(root, source)] = target
			points = append(points, found...)
			set += len(constants)
		}
	}
	if left != len(b.LeaveOut) || set != len(b.Constants) {
		return "", nil, fmt.Errorf("left out %d files of %v and set %d of %v: the others are not there", left, b.LeaveOut, set, b.Constants)
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

// file instruments one file into target, and returns its points and the constants that it set.
func (b Build) file(root, source, target string) (points []Point, constants []string, err error) {
	text, err := os.ReadFile(filepath.Join(root, source)) //nolint:gosec // a source of this module
	if err != nil {
		return nil, nil, fmt.Errorf("read a source: %w", err)
	}
	if text, constants, err = setConstants(source, text, b.Constants); err != nil {
		return nil, nil, err
	}
	if text, points, err = Instrument(source, text); err != nil {
		return nil, nil, err
	}
	return points, constants, write(target, text)
}

func write(name string, text []byte) error {
	if err := os.WriteFile(name, text, 0o600); err != nil { //nolint:gosec // the caller names the folder
		return fmt.Errorf("write the overlay: %w", err)
	}
	return nil
}
