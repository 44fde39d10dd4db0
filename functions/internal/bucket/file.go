package bucket

import (
	"crypto/md5" //nolint:gosec // the ETag of a file is to look like that of S3
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"eventdrop/functions/internal/dropzone"
)

// OpenFile returns the bytes of a file of this machine as an object: its bucket is empty, its key
// is its absolute path, its ETag the MD5 of its bytes, its last-modified its mtime in whole seconds.
//
// The file is read twice: once for its ETag, and once by the caller. A file that changes in between
// fails the body's Read, as a damaged object does.
func OpenFile(path string) (*Body, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("open file: %w", err)
	}
	// A named pipe would block in Open.
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		return nil, fmt.Errorf("open file %q: not a regular file", path)
	}
	file, err := os.Open(path) //nolint:gosec // the user names the file to load
	if err != nil {
		return nil, fmt.Errorf("open file: %w", err)
	}
	object, err := describeFile(file, path)
	if err != nil {
		_ = file.Close()
		return nil, fmt.Errorf("open file %q: %w", path, err)
	}
	return &Body{Object: object, stream: file, sum: newMD5Sum(object.ETag)}, nil
}

// describeFile reads the file through and goes back to its beginning.
func describeFile(file *os.File, path string) (dropzone.Object, error) {
	info, err := file.Stat()
	if err != nil {
		return dropzone.Object{}, err
	}
	sum := md5.New() //nolint:gosec // see the import
	size, err := io.Copy(sum, file)
	if err != nil {
		return dropzone.Object{}, err
	}
	_, err = file.Seek(0, io.SeekStart)
	return dropzone.Object{
		Key: path, ETag: hex.EncodeToString(sum.Sum(nil)), Size: size, LastModified: wholeSeconds(info.ModTime()),
	}, err
}
