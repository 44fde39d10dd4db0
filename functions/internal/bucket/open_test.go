package bucket

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"eventdrop/functions/internal/dropzone"
)

// S10: a loader with too few rights, among others.
func TestOpenTellsOutcomesFromFaults(t *testing.T) {
	t.Parallel()
	versioned := dropzone.Object{Bucket: "drop", Key: "k", VersionID: "v1"}
	tests := []struct {
		name    string
		obj     dropzone.Object
		status  int
		code    string
		message string
		want    error  // nil for an ordinary error
		next    string // in the message of an ordinary error
	}{
		{"other bytes", hello(), 412, "PreconditionFailed", "", dropzone.ErrSuperseded, ""},
		{"no such key", hello(), 404, "NoSuchKey", "", dropzone.ErrGone, ""},
		{"no such version", versioned, 404, "NoSuchVersion", "", dropzone.ErrGone, ""},
		{"delete marker", versioned, 405, "MethodNotAllowed", "", dropzone.ErrGone, ""},
		{"refused version id", versioned, 400, "InvalidArgument", "Invalid version id specified", dropzone.ErrGone, ""},
		{"refused key", hello(), 400, "XMinioInvalidObjectName", "", dropzone.ErrGone, ""},
		{"refused path", hello(), 400, "XMinioInvalidResourceName", "", dropzone.ErrGone, ""},
		{"endless key", hello(), 400, "KeyTooLongError", "", dropzone.ErrGone, ""},
		{"other argument", versioned, 400, "InvalidArgument", "KMS needs Signature Version 4", nil, "KMS needs"},
		{"method refused without version", hello(), 405, "MethodNotAllowed", "", nil, "405 MethodNotAllowed"},
		{"no such bucket", hello(), 404, "NoSuchBucket", "", nil, "create the bucket, or correct EVENTDROP_S3_BUCKET"},
		{"forbidden", hello(), 403, "AccessDenied", "", nil, "without s3:ListBucket, AWS gives this answer for an object that does not exist"},
		{"unknown key", hello(), 403, "InvalidAccessKeyId", "", nil, "check EVENTDROP_S3_ACCESS_KEY"},
		{"wrong secret", hello(), 403, "SignatureDoesNotMatch", "", nil, "EVENTDROP_S3_SECRET_KEY"},
		{"wrong region", hello(), 400, "AuthorizationHeaderMalformed", "", nil, "set EVENTDROP_S3_REGION"},
		{"moved", hello(), 301, "PermanentRedirect", "", nil, "set EVENTDROP_S3_REGION"},
		{"wrong clock", hello(), 403, "RequestTimeTooSkewed", "", nil, "set the clock"},
		{"archived", hello(), 403, "InvalidObjectState", "", nil, "restore the object"},
		{"never better", hello(), 503, "SlowDown", "Please reduce your request rate.", nil, "503 SlowDown"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			store := stub(t, func(w http.ResponseWriter, _ *http.Request) { refuse(w, test.status, test.code, test.message) })
			_, err := store.Open(t.Context(), test.obj)
			answer, ok := errors.AsType[*Error](err)
			if !ok || answer.Status != test.status || answer.Code != test.code || answer.Op != "open" {
				t.Fatalf("got %#v", err)
			}
			if outcome := errors.Is(err, dropzone.ErrGone) || errors.Is(err, dropzone.ErrSuperseded); outcome != (test.want != nil) {
				t.Errorf("got %v, want %v", err, test.want)
			}
			if test.want != nil && !errors.Is(err, test.want) || !strings.Contains(err.Error(), test.next) || !strings.Contains(err.Error(), "s3://drop/") {
				t.Errorf("got %v, want %v and %q", err, test.want, test.next)
			}
		})
	}
}

// Holds O1 of the failure modes.
func TestOpenSurvivesAStoreThatIsBusyForAMoment(t *testing.T) {
	t.Parallel()
	var calls atomic.Int32
	store := stub(t, func(w http.ResponseWriter, _ *http.Request) {
		if calls.Add(1) < maxRetries {
			refuse(w, http.StatusServiceUnavailable, "SlowDown", "")
			return
		}
		object(w)
		send(w, "hello")
	})
	if got, err := read(t, store, hello()); err != nil || got != "hello" {
		t.Errorf("got %q, error %v", got, err)
	}
}

func TestOpenPinsTheRequest(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name           string
		obj            dropzone.Object
		version, match string
	}{
		{"to the version", dropzone.Object{Bucket: "drop", Key: "k", VersionID: "v1", ETag: helloMD5}, "v1", ""},
		{"to the ETag", hello(), "", `"` + helloMD5 + `"`},
		{"to nothing that is not known", dropzone.Object{Bucket: "drop", Key: "k"}, "", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var got atomic.Pointer[http.Request]
			store := stub(t, func(w http.ResponseWriter, r *http.Request) {
				got.Store(r.Clone(context.WithoutCancel(r.Context())))
				object(w)
				send(w, "hello")
			})
			if _, err := read(t, store, test.obj); err != nil {
				t.Fatal(err)
			}
			request := got.Load()
			if version := request.URL.Query().Get("versionId"); version != test.version || request.Header.Get("If-Match") != test.match {
				t.Errorf("got version %q, If-Match %q", version, request.Header.Get("If-Match"))
			}
		})
	}
}

// Look-alikes differ in what they encode: a key that looks encoded may be the very key.
func TestOpenTriesTheKeyAsTheNoticeSpelledIt(t *testing.T) {
	t.Parallel()
	notice := dropzone.Object{Bucket: "drop", Key: "a b.csv", RawKey: "a+b.csv"}
	tests := []struct {
		name   string
		exists []string
		obj    dropzone.Object
		want   string // the key that was opened; empty for gone
	}{
		{"only the decoded key exists", []string{"a b.csv"}, notice, "a b.csv"},
		{"only the raw key exists", []string{"a+b.csv"}, notice, "a+b.csv"},
		{"both exist", []string{"a+b.csv", "a b.csv"}, notice, "a b.csv"},
		{"neither exists", nil, notice, ""},
		{"no raw key is known", []string{"a+b.csv"}, dropzone.Object{Bucket: "drop", Key: "a b.csv"}, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			store := stub(t, func(w http.ResponseWriter, r *http.Request) {
				if !slices.Contains(test.exists, strings.TrimPrefix(r.URL.Path, "/drop/")) {
					refuse(w, http.StatusNotFound, "NoSuchKey", "")
					return
				}
				object(w)
				send(w, "hello")
			})
			body, err := store.Open(t.Context(), test.obj)
			if test.want == "" {
				if !errors.Is(err, dropzone.ErrGone) || !strings.Contains(err.Error(), "a b.csv") {
					t.Errorf("got %v", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			defer body.Close()
			if body.Object.Key != test.want {
				t.Errorf("opened %q", body.Object.Key)
			}
		})
	}
}

func TestOpenSaysWhatToDoWithoutAnAnswer(t *testing.T) {
	t.Parallel()
	store, err := New(Config{Endpoint: "http://127.0.0.1:1", AccessKey: "a", SecretKey: "canary-secret"})
	if err != nil {
		t.Fatal(err)
	}
	_, err = store.Open(t.Context(), hello())
	answer, ok := errors.AsType[*Error](err)
	if !ok || answer.Status != 0 || !strings.Contains(answer.Hint(), "http://127.0.0.1:1") {
		t.Errorf("got %v", err)
	}
	if strings.Contains(err.Error(), "canary") {
		t.Errorf("a secret is in %q", err)
	}
}

func TestOpenGivesUpOnAStoreThatNeverAnswers(t *testing.T) {
	t.Parallel()
	store := stubWith(t, Config{IdleTimeout: 20 * time.Millisecond}, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	if _, err := store.Open(t.Context(), hello()); err == nil || !strings.Contains(err.Error(), "timeout") {
		t.Errorf("got %v", err)
	}
}

func TestOpenEndsWithTheCallersContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	store := stub(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	if _, err := store.Open(ctx, hello()); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
}

func TestOpenUsesAConnectionAgain(t *testing.T) {
	t.Parallel()
	var remotes sync.Map
	store := stub(t, func(w http.ResponseWriter, r *http.Request) {
		remotes.Store(r.RemoteAddr, true)
		object(w)
		send(w, "hello")
	})
	for range 5 {
		if _, err := read(t, store, hello()); err != nil {
			t.Fatal(err)
		}
	}
	connections := 0
	remotes.Range(func(any, any) bool { connections++; return true })
	if connections != 1 {
		t.Errorf("5 objects took %d connections", connections)
	}
}
