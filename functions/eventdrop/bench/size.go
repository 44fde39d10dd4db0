package bench

import (
	"archive/zip"
	"compress/flate"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
)

// size builds the function that loads for both architectures of Lambda, and zips it.
func size(ctx context.Context, l *lab, r *Result) error {
	source, err := findCheckout(ctx)
	if err != nil {
		return err
	}
	defer source.close()
	bounds := atMost(8, 5)
	for _, arch := range []string{"arm64", "amd64"} {
		l.tell("size: build ingest for %s", arch)
		program, err := source.build(ctx, "ingest", arch)
		if err != nil {
			return err
		}
		plain, zipped, err := zippedSize(program)
		if err != nil {
			return err
		}
		r.add("zip file for "+arch, "MB", sample{float64(zipped) / 1e6}, bounds)
		r.add("program for "+arch, "MB", sample{float64(plain) / 1e6}, nil)
		bounds = nil // the template deploys arm64
	}
	return nil
}

// zipLevel is zlib's usual level, with which `sam` and most zip programs pack.
const zipLevel = 6

// zippedSize packs a program as the bootstrap of a function, and returns its bytes before and after.
func zippedSize(program string) (plain, zipped int64, err error) {
	text, err := os.ReadFile(program) //nolint:gosec // built here
	if err != nil {
		return 0, 0, fmt.Errorf("read what was built: %w", err)
	}
	counter := &counting{w: io.Discard}
	archive := zip.NewWriter(counter)
	archive.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) { return flate.NewWriter(w, zipLevel) })
	entry, err := archive.Create("bootstrap")
	if err == nil {
		_, err = entry.Write(text)
	}
	if err = errors.Join(err, archive.Close()); err != nil {
		return 0, 0, fmt.Errorf("zip: %w", err)
	}
	return int64(len(text)), counter.n, nil
}
