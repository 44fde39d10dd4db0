package bucket

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"eventdrop/functions/internal/dropzone"
)

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestOpenFileDescribesAFileAsAnObject(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, "hello.csv", "hello")
	at := time.Date(2026, 11, 23, 22, 5, 40, 999_999_999, time.FixedZone("", 3600))
	if err := os.Chtimes("hello.csv", at, at); err != nil {
		t.Fatal(err)
	}
	body, err := OpenFile("hello.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer body.Close()
	folder, _ := os.Getwd()
	want := dropzone.Object{
		Key: filepath.Join(folder, "hello.csv"), ETag: helloMD5, Size: 5,
		LastModified: time.Date(2026, 11, 23, 21, 5, 40, 0, time.UTC),
	}
	if body.Object != want {
		t.Errorf("got %+v\nwant %+v", body.Object, want)
	}
	if content, err := io.ReadAll(body); err != nil || string(content) != "hello" {
		t.Errorf("got %q, error %v", content, err)
	}
	if err := body.Close(); err != nil {
		t.Error(err)
	}
}

func TestOpenFileReadsAnEmptyFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "empty.csv")
	write(t, path, "")
	body, err := OpenFile(path)
	if err != nil {
		t.Fatal(err)
	}
	defer body.Close()
	if content, err := io.ReadAll(body); err != nil || len(content) != 0 {
		t.Errorf("got %q, error %v", content, err)
	}
}

func TestOpenFileNoticesAChange(t *testing.T) {
	t.Parallel()
	for name, after := range map[string]string{"other bytes": "world", "fewer bytes": "hell", "more bytes": "hello!"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "hello.csv")
			write(t, path, "hello")
			body, err := OpenFile(path)
			if err != nil {
				t.Fatal(err)
			}
			defer body.Close()
			write(t, path, after)
			if _, err := io.ReadAll(body); err == nil || !strings.Contains(err.Error(), "the file was changed") {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestOpenFileRefusesWhatIsNoFile(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	pipe := filepath.Join(folder, "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	tests := map[string]string{folder: "not a regular file", pipe: "not a regular file", filepath.Join(folder, "missing"): "no such file"}
	for path, want := range tests {
		if _, err := OpenFile(path); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", path, err, want)
		}
	}
}
