package bucket

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
	"net/http"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"testing/iotest"
	"time"

	"eventdrop/functions/internal/dropzone"
)

// read opens and reads an object to its end, and returns what came and what went wrong.
func read(t *testing.T, store *Store, obj dropzone.Object) (string, error) {
	t.Helper()
	body, err := store.Open(t.Context(), obj)
	if err != nil {
		return "", err
	}
	defer body.Close()
	content, err := io.ReadAll(body)
	if _, again := body.Read(make([]byte, 1)); err != nil && !errors.Is(again, err) {
		t.Errorf("after %v, reading again gave %v", err, again)
	}
	return string(content), err
}

func TestBodyIsWhatTheStoreKeeps(t *testing.T) {
	t.Parallel()
	store := stub(t, func(w http.ResponseWriter, _ *http.Request) {
		object(w, "x-amz-version-id", "null")
		send(w, "hello")
	})
	body, err := store.Open(t.Context(), hello())
	if err != nil {
		t.Fatal(err)
	}
	defer body.Close()
	want := hello()
	want.Size, want.LastModified = 5, second(t, stamp)
	if body.Object != want {
		t.Errorf("got %+v\nwant %+v", body.Object, want)
	}
	if err := iotest.TestReader(body, []byte("hello")); err != nil {
		t.Error(err)
	}
}

// Holds O3 of the failure modes.
func TestBodyThatIsCutFails(t *testing.T) {
	t.Parallel()
	store := stub(t, func(w http.ResponseWriter, _ *http.Request) {
		object(w, "Content-Length", "5")
		send(w, "hell")
	})
	got, err := read(t, store, hello())
	if !errors.Is(err, io.ErrUnexpectedEOF) || got != "hell" {
		t.Errorf("got %q, error %v", got, err)
	}
	if want := `read "s3://drop/hello.csv" at byte 4 of 5`; !strings.Contains(err.Error(), want) {
		t.Errorf("got %q, want %q in it", err, want)
	}
}

// Holds O4 of the failure modes: without length a cut body ends as if it were whole.
func TestBodyWithoutLengthIsMeasured(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, size, sent string
		want             string
	}{
		{"whole", "5", "hello", ""},
		{"cut", "5", "hell", "unexpected EOF"},
		{"longer", "5", "hello!", "more bytes than the object's 5"},
		{"never told", "", "hello", "does not tell the object's length"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			store := stub(t, withoutLength(test.sent, test.size))
			_, err := read(t, store, hello())
			if test.want == "" && err != nil || test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)) {
				t.Errorf("got %v, want %q", err, test.want)
			}
		})
	}
}

// withoutLength answers GET as an HTTP/1.0 server does: the end of the connection ends the body.
func withoutLength(sent, size string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		length, content := "", sent
		if r.Method == http.MethodHead {
			content = ""
			if size != "" {
				length = "Content-Length: " + size + "\r\n"
			}
		}
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			panic(err)
		}
		defer conn.Close()
		send(conn, "HTTP/1.0 200 OK\r\nETag: \"x-1\"\r\nLast-Modified: %s\r\n%s\r\n%s", stamp, length, content)
	}
}

// Holds O5, O6 and O7 of the failure modes.
func TestBodyIsComparedWithItsHash(t *testing.T) {
	t.Parallel()
	crc := func(content string) string {
		sum := binary.BigEndian.AppendUint32(nil, crc32.Checksum([]byte(content), crc32.MakeTable(crc32.Castagnoli)))
		return base64.StdEncoding.EncodeToString(sum)
	}
	const otherMD5 = `"7d793037a0760186574b0282f2f435e7"` // of "world"
	tests := []struct {
		name    string
		headers []string
		opaque  bool
		want    string
	}{
		{"right MD5", nil, false, ""},
		{"wrong MD5", []string{"ETag", otherMD5}, false, "the MD5 of the bytes is not the object's ETag"},
		{"wrong MD5 of a store without MD5", []string{"ETag", otherMD5}, true, ""},
		{"wrong MD5 under SSE-S3", []string{"ETag", otherMD5, "x-amz-server-side-encryption", "AES256"}, false, "the MD5 of the bytes"},
		{"opaque under SSE-KMS", []string{"ETag", otherMD5, "x-amz-server-side-encryption", "aws:kms"}, false, ""},
		{"opaque under double SSE-KMS", []string{"ETag", otherMD5, "x-amz-server-side-encryption", "aws:kms:dsse"}, false, ""},
		{"opaque under SSE-C", []string{"ETag", otherMD5, "x-amz-server-side-encryption-customer-algorithm", "AES256"}, false, ""},
		{"opaque of parts", []string{"ETag", `"7d793037a0760186574b0282f2f435e7-2"`}, false, ""},
		{"opaque word", []string{"ETag", `"some-etag"`}, false, ""},
		{"right checksum counts more than the MD5", []string{"ETag", otherMD5, "x-amz-checksum-crc32c", crc("hello"), "x-amz-checksum-type", "FULL_OBJECT"}, false, ""},
		{"wrong checksum", []string{"x-amz-checksum-crc32c", crc("world"), "x-amz-checksum-type", "FULL_OBJECT"}, false, "checksum mismatch"},
		{"checksum of parts", []string{"ETag", `"x-2"`, "x-amz-checksum-crc32c", crc("world") + "-2", "x-amz-checksum-type", "COMPOSITE"}, false, ""},
		{"checksum of parts beside a wrong MD5", []string{"ETag", otherMD5, "x-amz-checksum-crc32c", crc("hello"), "x-amz-checksum-type", "COMPOSITE"}, false, "the MD5 of the bytes"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			store := stubWith(t, Config{OpaqueETags: test.opaque}, func(w http.ResponseWriter, _ *http.Request) {
				object(w, test.headers...)
				send(w, "hello")
			})
			got, err := read(t, store, dropzone.Object{Bucket: "drop", Key: "k"})
			if got != "hello" || test.want == "" && err != nil || test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)) {
				t.Errorf("got %q, error %v, want %q", got, err, test.want)
			}
		})
	}
}

// Holds D3 of the failure modes.
func TestBodyIsNotDecompressed(t *testing.T) {
	t.Parallel()
	var packed bytes.Buffer
	zip := gzip.NewWriter(&packed)
	_, _ = zip.Write([]byte("hello"))
	_ = zip.Close()
	var accepted atomic.Value
	store := stub(t, func(w http.ResponseWriter, r *http.Request) {
		accepted.Store(r.Header.Get("Accept-Encoding"))
		object(w, "Content-Encoding", "gzip", "ETag", `"x-1"`)
		_, _ = w.Write(packed.Bytes())
	})
	got, err := read(t, store, dropzone.Object{Bucket: "drop", Key: "k.gz"})
	if err != nil || got != packed.String() {
		t.Errorf("got %q, error %v", got, err)
	}
	if accepted.Load() != "" {
		t.Errorf("asked for encoding %q: a proxy might compress what is stored plain", accepted.Load())
	}
}

// Holds O2 of the failure modes.
func TestBodyThatStallsFails(t *testing.T) {
	t.Parallel()
	store := stubWith(t, Config{IdleTimeout: 50 * time.Millisecond}, hang)
	got, err := read(t, store, hello())
	if got != "he" || !errors.Is(err, os.ErrDeadlineExceeded) || !strings.Contains(err.Error(), "the store sent nothing for 50ms") {
		t.Errorf("got %q, error %v", got, err)
	}
}

func TestBodyEndsWithTheCallersContext(t *testing.T) {
	t.Parallel()
	store := stub(t, hang)
	ctx, cancel := context.WithCancel(t.Context())
	body, err := store.Open(ctx, hello())
	if err != nil {
		t.Fatal(err)
	}
	defer body.Close()
	if _, err := io.ReadFull(body, make([]byte, 2)); err != nil {
		t.Fatal(err)
	}
	cancel()
	if _, err := body.Read(make([]byte, 1)); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestBodyFailsAfterClose(t *testing.T) {
	t.Parallel()
	store := stub(t, hang)
	body, err := store.Open(t.Context(), hello())
	if err != nil {
		t.Fatal(err)
	}
	if err := body.Close(); err != nil {
		t.Errorf("close: %v", err)
	}
	if n, err := body.Read(make([]byte, 1)); n != 0 || err == nil || errors.Is(err, io.EOF) {
		t.Errorf("got %d bytes, error %v", n, err)
	}
}
