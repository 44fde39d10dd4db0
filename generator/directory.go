package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path"

	"eventdrop/generator/storefront"
)

// Rights of what the generator writes: data to be read by another program, perhaps another user.
const (
	dirRights  = 0o755
	fileRights = 0o644
)

// truthEnding follows the key of an object in the name of its manifest. No loader takes it for data.
const truthEnding = ".truth.json"

// directory is a place in the file system: a key is a path below it. It notes the nominal moment as the file's time.
type directory struct{ root *os.Root }

// String is the directory's path.
func (d directory) String() string { return d.root.Name() }

// Put writes the file under another name first, so that nobody ever sees a part of it.
func (d directory) Put(_ context.Context, o drop) error {
	if _, err := d.root.Lstat(o.key); err == nil && !o.overwrite {
		return errExists
	}
	return writeFile(d.root, o.key, o.body, func(part string) error { return d.root.Chtimes(part, o.at, o.at) })
}

// writeTruth writes a manifest, if anybody wants it. It is written again where the key was taken: a key follows the
// bytes, so that the manifest is right for what is there.
func (j *job) writeTruth(m storefront.Manifest) error {
	if j.truths == nil {
		return nil
	}
	text, err := json.Marshal(m)
	if err != nil {
		return fmt.Errorf("write JSON: %w", err)
	}
	return writeFile(j.truths, m.Key+truthEnding, append(text, '\n'), func(string) error { return nil })
}

// writeFile writes all of a file or nothing. The file has another name, hidden and without a known ending, until finish
// has touched it.
func writeFile(root *os.Root, name string, data []byte, finish func(part string) error) error {
	if err := root.MkdirAll(path.Dir(name), dirRights); err != nil {
		return fmt.Errorf("make a directory: %w", err)
	}
	part := path.Join(path.Dir(name), "."+path.Base(name)+".part")
	if err := writePart(root, part, data, finish); err != nil {
		return errors.Join(err, root.Remove(part))
	}
	if err := root.Rename(part, name); err != nil {
		return errors.Join(fmt.Errorf("name a file: %w", err), root.Remove(part))
	}
	return nil
}

func writePart(root *os.Root, part string, data []byte, finish func(part string) error) error {
	if err := root.WriteFile(part, data, fileRights); err != nil {
		return fmt.Errorf("write a file: %w", err)
	}
	if err := finish(part); err != nil {
		return fmt.Errorf("set the time of a file: %w", err)
	}
	return nil
}
