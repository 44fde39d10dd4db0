package main

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func openRoot(t *testing.T) *os.Root {
	t.Helper()
	root, err := os.OpenRoot(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := root.Close(); err != nil {
			t.Error(err)
		}
	})
	return root
}

func TestDirectoryNeverShowsAPart(t *testing.T) {
	t.Parallel()
	root := openRoot(t)
	d := directory{root}
	at := time.Date(2026, 1, 2, 3, 4, 5, 6000, time.UTC)
	if err := d.Put(t.Context(), drop{key: "a/b/c.csv", body: []byte("x\n"), at: at}); err != nil {
		t.Fatal(err)
	}
	info, err := root.Stat("a/b/c.csv")
	if err != nil || !info.ModTime().Equal(at) || info.Mode().Perm()&0o444 != 0o444 {
		t.Errorf("%v, %v", info, err)
	}
	if files := tree(t, root.Name()); len(files) != 1 || files["a/b/c.csv"] != "x\n" {
		t.Errorf("files %v", files)
	}
}

func TestDirectoryLeavesTakenKeys(t *testing.T) {
	t.Parallel()
	d := directory{openRoot(t)}
	for _, test := range []struct {
		body      string
		overwrite bool
		err       error
		after     string
	}{{"one", false, nil, "one"}, {"two", false, errExists, "one"}, {"three", true, nil, "three"}} {
		err := d.Put(t.Context(), drop{key: "c.csv", body: []byte(test.body), overwrite: test.overwrite, at: time.Now()})
		if !errors.Is(err, test.err) || tree(t, d.root.Name())["c.csv"] != test.after {
			t.Errorf("%s: error %v, files %v", test.body, err, tree(t, d.root.Name()))
		}
	}
}

func TestDirectoryLeavesNothingBehindWhenItFails(t *testing.T) {
	t.Parallel()
	root := openRoot(t)
	if err := root.MkdirAll("taken.csv/inside", dirRights); err != nil {
		t.Fatal(err)
	}
	err := directory{root}.Put(t.Context(), drop{key: "taken.csv", body: []byte("x"), overwrite: true, at: time.Now()})
	if err == nil || len(tree(t, root.Name())) != 0 {
		t.Errorf("error %v, files %v", err, tree(t, root.Name()))
	}
}

func TestDirectoryIsNeverLeft(t *testing.T) {
	t.Parallel()
	root := openRoot(t)
	if err := (directory{root}).Put(t.Context(), drop{key: "../out.csv", at: time.Now()}); err == nil {
		t.Error("a key leads out of the directory")
	}
	if _, err := os.Stat(filepath.Join(filepath.Dir(root.Name()), "out.csv")); err == nil {
		t.Error("out.csv was written beside the directory")
	}
}

// answer is a server that gives every request the same answer, and remembers the last request.
type answer struct {
	status int
	code   string
	last   *http.Request
	body   []byte
}

func (a *answer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a.last = r
	a.body, _ = io.ReadAll(r.Body)
	w.Header().Set("ETag", `"abc"`)
	w.WriteHeader(a.status)
	if a.code != "" {
		_, _ = io.WriteString(w, "<Error><Code>"+a.code+"</Code><Message>no</Message></Error>")
	}
}

// settingsOf are those of a bucket "drops" on the server.
func settingsOf(endpoint string) settings {
	return settings{Endpoint: endpoint, Region: "us-east-1", AccessKey: "key", SecretKey: "secret", Bucket: "drops"}
}

func openBucket(t *testing.T, endpoint string) place {
	t.Helper()
	var f faults
	b := settingsOf(endpoint).bucket(&f)
	if len(f) > 0 {
		t.Fatal(f)
	}
	return b
}

func TestBucketUploadsInOneConditionalRequest(t *testing.T) {
	t.Parallel()
	for key, kind := range map[string]string{"in/a.csv": "text/csv", "in/a.csv.gz": "application/gzip", "in/a.csv.zst": "application/zstd"} {
		for overwrite, condition := range map[bool]string{false: "*", true: ""} {
			server := &answer{status: http.StatusOK}
			web := httptest.NewServer(server)
			t.Cleanup(web.Close)
			err := openBucket(t, web.URL).Put(t.Context(), drop{key: key, body: []byte("x,y\n"), overwrite: overwrite})
			r := server.last
			if err != nil || r.Method != http.MethodPut || r.URL.Path != "/drops/"+key || r.URL.RawQuery != "" ||
				r.Header.Get("If-None-Match") != condition || r.Header.Get("Content-Type") != kind ||
				!bytes.Contains(server.body, []byte("x,y\n")) {
				t.Errorf("%s: %v, %s %s %v %q", key, err, r.Method, r.URL, r.Header, server.body)
			}
		}
	}
}

func TestBucketSaysWhatToDo(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		status     int
		code, part string
	}{
		{http.StatusNotFound, "NoSuchBucket", `there is no bucket "drops" at`},
		{http.StatusForbidden, "AccessDenied", "EVENTDROP_S3_ACCESS_KEY"},
		{http.StatusForbidden, "SignatureDoesNotMatch", "check both keys"},
		{http.StatusForbidden, "InvalidAccessKeyId", "check both keys"},
		{http.StatusBadRequest, "EntityTooLarge", "no"},
	} {
		web := httptest.NewServer(&answer{status: test.status, code: test.code})
		t.Cleanup(web.Close)
		err := openBucket(t, web.URL).Put(t.Context(), drop{key: "a.csv"})
		if err == nil || !strings.Contains(err.Error(), test.part) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: error %v", test.code, err)
		}
	}
}

func TestBucketRecognisesATakenKey(t *testing.T) {
	t.Parallel()
	web := httptest.NewServer(&answer{status: http.StatusPreconditionFailed, code: "PreconditionFailed"})
	t.Cleanup(web.Close)
	if err := openBucket(t, web.URL).Put(t.Context(), drop{key: "a.csv"}); !errors.Is(err, errExists) {
		t.Errorf("error %v", err)
	}
}

func TestBucketNamesAServerThatDoesNotAnswer(t *testing.T) {
	t.Parallel()
	web := httptest.NewServer(http.NotFoundHandler())
	web.Close()
	b := openBucket(t, web.URL)
	err := b.Put(t.Context(), drop{key: "a.csv"})
	if err == nil || !strings.Contains(err.Error(), web.URL+" does not answer: start it") {
		t.Errorf("error %v", err)
	}
	if b.String() != "s3://drops at "+web.URL {
		t.Errorf("name %s", b)
	}
}

func TestSettingsOfABucket(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		change func(s *settings)
		fault  string
	}{
		"complete":          {func(*settings) {}, ""},
		"role":              {func(s *settings) { s.AccessKey, s.SecretKey = "", "" }, ""},
		"slash":             {func(s *settings) { s.Endpoint += "/" }, ""},
		"no bucket":         {func(s *settings) { s.Bucket = "" }, "EVENTDROP_S3_BUCKET"},
		"no secret":         {func(s *settings) { s.SecretKey = "" }, "EVENTDROP_S3_SECRET_KEY"},
		"no scheme":         {func(s *settings) { s.Endpoint = "127.0.0.1:9000" }, "EVENTDROP_S3_ENDPOINT"},
		"path":              {func(s *settings) { s.Endpoint += "/drops" }, "EVENTDROP_S3_ENDPOINT"},
		"another scheme":    {func(s *settings) { s.Endpoint = "s3://drops" }, "EVENTDROP_S3_ENDPOINT"},
		"impossible server": {func(s *settings) { s.Endpoint = "http://a b" }, "EVENTDROP_S3_ENDPOINT"},
	} {
		s := settingsOf("http://127.0.0.1:9000")
		test.change(&s)
		var f faults
		b := s.bucket(&f)
		if (test.fault == "") != (b != nil && len(f) == 0) || (len(f) > 0 && !strings.Contains(f[0].Error(), test.fault)) {
			t.Errorf("%s: faults %v", name, f)
		}
	}
}
