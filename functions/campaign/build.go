package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// binaries are the drills' test binaries, by folder.
type binaries struct {
	module module
	folder string // theirs, and for all that drills keep for a while
	built  map[string]string
}

// build compiles each package of drills once.
func build(ctx context.Context, m module, chosen []drill, progress io.Writer) (*binaries, error) {
	folder, err := os.MkdirTemp("", "eventdrop-campaign-")
	if err != nil {
		return nil, fmt.Errorf("build the drills: %w", err)
	}
	if err := os.Chmod(folder, 0o755); err != nil { //nolint:gosec // the drills' servers, which may be another user's, have their folders in it
		return nil, fmt.Errorf("build the drills: %w", err)
	}
	b := &binaries{module: m, folder: folder, built: map[string]string{}}
	for _, d := range chosen {
		if b.built[d.folder] != "" {
			continue
		}
		fmt.Fprintln(progress, "build", d.folder)
		if err := b.build(ctx, d.folder); err != nil {
			b.remove()
			return nil, err
		}
	}
	return b, nil
}

func (b *binaries) build(ctx context.Context, folder string) error {
	b.built[folder] = filepath.Join(b.folder, folder+".test")
	cmd := exec.CommandContext(ctx, "go", "test", "-c", "-o", b.built[folder], ".") //nolint:gosec // our own folders
	cmd.Dir = b.source(folder)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("build the drills of %s: %w\n%s", folder, err, out)
	}
	return nil
}

// source is the folder of a package, where its tests run.
func (b *binaries) source(folder string) string {
	return filepath.Join(b.module.folder, "functions", "internal", "campaign", folder)
}

// remove tries for a while, because servers of a drill that was interrupted write until their watchdogs have stopped them.
func (b *binaries) remove() {
	patience := time.NewTimer(20 * time.Second)
	defer patience.Stop()
	poll := time.NewTicker(50 * time.Millisecond)
	defer poll.Stop()
	for os.RemoveAll(b.folder) != nil {
		select {
		case <-poll.C:
		case <-patience.C:
			return // it is in the temporary folder, and goes some day
		}
	}
}
