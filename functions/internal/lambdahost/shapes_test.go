package lambdahost_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"eventdrop/functions/internal/campaign/world"
	"eventdrop/functions/internal/notice"
)

// Every notice that package notice has as a fixture is sent to the function's binary, about objects that are there. Where
// the fixtures come from, recorded or transcribed, is told beside them. N12, N13, N14.
func TestIngestLoadsWhatEveryShapeAnnounces(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../notice/testdata/*.json")
	if err != nil || len(files) < 20 {
		t.Fatalf("%d fixtures, %v", len(files), err)
	}
	versioned, replaceable := world.New(t, world.Options{Versioned: true}), world.New(t, world.Options{})
	functions := map[*world.World]*function{versioned: start(t, versioned, "ingest"), replaceable: start(t, replaceable, "ingest")}
	for i, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".json"), func(t *testing.T) {
			shape := readShape(t, file, i)
			w := replaceable
			if shape.versions == 1 && len(shape.keys) == 1 {
				w = versioned
			}
			f := *functions[w]
			f.t = t
			before, _ := strconv.Atoi(w.Value("select count(*) from receipts"))
			a := f.invoke(shape.about(t, w, rows(100*i, 2)))
			if strings.Contains(file, "without_message_id") {
				if !a.Failed || !strings.Contains(a.Body, `"errorType":"MalformedNoticeError"`) {
					t.Errorf("answer %+v", a)
				}
				return
			}
			if a.Failed || strings.Contains(file, "sqs_") && a.Body != failures() {
				t.Errorf("answer %+v\n%s", a, f.logs)
			}
			after, _ := strconv.Atoi(w.Value("select count(*) from receipts where state = 'loaded'"))
			if after-before != len(shape.keys) {
				t.Errorf("%d objects were loaded, want %d\n%s", after-before, len(shape.keys), f.logs)
			}
		})
	}
	for w := range functions { //nolint:paralleltest // the linter takes it for a range of tests
		w.CheckBooks()
	}
}

// shape is a fixture, and the keys that it announces.
type shape struct {
	text     string
	keys     map[string]bool // that the contract serves
	versions int
}

func readShape(t *testing.T, file string, number int) *shape {
	t.Helper()
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	// The pictures of AWS's documentation become files that the contract serves, and each fixture has keys of its own.
	ending := fmt.Sprintf("-%d.csv", number)
	s := &shape{text: strings.NewReplacer(".jpg", ending, ".csv", ending).Replace(string(raw)), keys: map[string]bool{}}
	notices, _ := notice.Parse([]byte(s.text)) // some are malformed
	versions := map[string]bool{}
	for o := range notices.Objects() {
		if !strings.HasSuffix(o.Key, ".csv") {
			continue
		}
		s.keys[o.Key] = true
		if o.Versioned() {
			versions[o.VersionID] = true
		}
	}
	s.versions = len(versions)
	return s
}

// about puts the announced objects and makes the notice tell of them. All have equal bytes: fixtures give one ETag to several.
func (s *shape) about(t *testing.T, w *world.World, body string) string {
	t.Helper()
	notices, _ := notice.Parse([]byte(s.text)) // as above
	text := s.text
	for o := range notices.Objects() {
		stored := put(t, w, o.Key, body)
		version := stored.VersionID
		if version == "" {
			version = "null"
		}
		text = strings.ReplaceAll(text, `"`+o.Bucket+`"`, `"`+w.Config.S3Bucket+`"`)
		text = strings.ReplaceAll(text, `\"`+o.Bucket+`\"`, `\"`+w.Config.S3Bucket+`\"`)
		if o.ETag != "" {
			text = strings.ReplaceAll(text, o.ETag, stored.ETag)
		}
		if o.VersionID != "" {
			text = strings.ReplaceAll(text, o.VersionID, version)
		}
	}
	return strings.ReplaceAll(text, `\\\"amzn-s3-demo-bucket\\\"`, `\\\"`+w.Config.S3Bucket+`\\\"`)
}
