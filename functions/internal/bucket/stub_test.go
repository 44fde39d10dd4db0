package bucket

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"eventdrop/functions/internal/dropzone"
)

const (
	helloMD5 = "5d41402abc4b2a76b9719d911017c592" // of "hello"
	stamp    = "Mon, 23 Nov 2026 22:05:40 GMT"
)

func hello() dropzone.Object {
	return dropzone.Object{Bucket: "drop", Key: "hello.csv", ETag: helloMD5}
}

// stub is a store whose answers handler gives: for the faults that no real server shows when asked.
func stub(t *testing.T, handler http.HandlerFunc) *Store {
	t.Helper()
	return stubWith(t, Config{}, handler)
}

func stubWith(t *testing.T, cfg Config, handler http.HandlerFunc) *Store {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	cfg.Endpoint, cfg.AccessKey, cfg.SecretKey = server.URL, "stub", "stub-secret"
	store, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return store
}

// object answers as S3 does, with the headers of an object and, over them, those given in pairs.
func object(w http.ResponseWriter, pairs ...string) {
	w.Header().Set("ETag", `"`+helloMD5+`"`)
	w.Header().Set("Last-Modified", stamp)
	for i := 0; i < len(pairs); i += 2 {
		w.Header().Set(pairs[i], pairs[i+1])
	}
}

// send writes to a client that may have hung up.
func send(w io.Writer, format string, args ...any) { _, _ = fmt.Fprintf(w, format, args...) }

// refuse answers with an S3 error.
func refuse(w http.ResponseWriter, status int, code, message string) {
	w.WriteHeader(status)
	send(w, `<?xml version="1.0" encoding="UTF-8"?><Error><Code>%s</Code><Message>%s</Message></Error>`, code, message)
}

// hang answers with the first bytes of an object and then with nothing until the client gives up.
func hang(w http.ResponseWriter, r *http.Request) {
	object(w, "Content-Length", "5")
	send(w, "he")
	_ = http.NewResponseController(w).Flush()
	<-r.Context().Done()
}

func second(t *testing.T, http1123 string) time.Time {
	t.Helper()
	at, err := time.Parse(http.TimeFormat, http1123)
	if err != nil {
		t.Fatal(err)
	}
	return at
}
