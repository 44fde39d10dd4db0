package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"eventdrop/generator/storefront"
)

// clearSettings hides the developer's settings from the test.
func clearSettings(t *testing.T) {
	t.Helper()
	for _, name := range []string{"ENDPOINT", "REGION", "ACCESS_KEY", "SECRET_KEY", "BUCKET", "PREFIX"} {
		t.Setenv("EVENTDROP_S3_"+name, "") // to be restored afterwards
		if err := os.Unsetenv("EVENTDROP_S3_" + name); err != nil {
			t.Fatal(err)
		}
	}
}

// call runs the program and returns its exit code and what it wrote.
func call(t *testing.T, args ...string) (code int, out, errs string) {
	t.Helper()
	var o, e bytes.Buffer
	code = run(t.Context(), args, streams{out: &o, err: &e})
	return code, o.String(), e.String()
}

// tree reads all files below a directory.
func tree(t *testing.T, root string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		files[strings.TrimPrefix(path, root+"/")] = string(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func TestDirectoryGetsObjectsAndTheirTruth(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	code, out, errs := call(t, "--out", root, "--objects", "12", "--rows", "5-9", "--seed", "3", "--key-prefix", "drop")
	if code != exitDone || !strings.HasPrefix(out, "12 objects, ") || !strings.Contains(errs, "--seed 3 --start 2026-01-01T00:00:00Z") {
		t.Fatalf("exit %d\n%s\n%s", code, out, errs)
	}
	files := tree(t, root)
	if len(files) != 24 {
		t.Errorf("%d files, expected 12 objects and 12 manifests", len(files))
	}
	for name, text := range files {
		if key, ok := strings.CutSuffix(name, truthEnding); ok {
			checkTruth(t, root, key, text)
		}
	}
}

// checkTruth holds a manifest against its file.
func checkTruth(t *testing.T, root, key, text string) {
	t.Helper()
	var m storefront.Manifest
	if err := json.Unmarshal([]byte(text), &m); err != nil || m.Key != key || !strings.HasPrefix(key, "drop/2026/01/01/") {
		t.Fatalf("manifest of %s: key %s, %v", key, m.Key, err)
	}
	info, err := os.Stat(filepath.Join(root, key))
	if err != nil || !info.ModTime().Equal(m.At) {
		t.Errorf("%s is of %v, its truth of %s: %v", key, info, m.At, err)
	}
}

func TestSameCommandSameFiles(t *testing.T) {
	t.Parallel()
	first, second := t.TempDir(), t.TempDir()
	for _, root := range []string{first, second} {
		code, _, errs := call(t, "--out", root, "--objects", "30", "--seed", "8", "--compression", "mixed", "--redrops", "0.2",
			"--defects", "0.2", "--defect", "object_gzip_bomb=0", "--quiet")
		if code != exitDone || errs != "" {
			t.Fatalf("exit %d: %s", code, errs)
		}
	}
	one, two := tree(t, first), tree(t, second)
	if len(one) != 60 || len(two) != 60 {
		t.Fatalf("%d and %d files", len(one), len(two))
	}
	for name := range one {
		if one[name] != two[name] {
			t.Errorf("%s differs", name)
		}
	}
}

func TestTakenKeysAreLeftAndReported(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	args := []string{"--out", root, "--objects", "4", "--seed", "1", "-q"}
	call(t, args...)
	before := tree(t, root)
	code, out, _ := call(t, args...)
	if code != exitDone || !strings.Contains(out, "4 keys existed already") || len(tree(t, root)) != len(before) {
		t.Errorf("exit %d\n%s", code, out)
	}
}

func TestOriginalNamesAreOverwritten(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	call(t, "--out", root, "--shape", "original", "--objects", "3", "--seed", "1", "--key-prefix", "", "-q")
	before := tree(t, root)
	code, out, errs := call(t, "--out", root, "--shape", "original", "--objects", "3", "--seed", "2", "--key-prefix", "", "-q")
	after := tree(t, root)
	if code != exitDone || strings.Contains(out, "existed") || len(before) != 6 || len(after) != 6 {
		t.Fatalf("exit %d, %d and %d files\n%s%s", code, len(before), len(after), out, errs)
	}
	if before["events_batch_002.csv"] == "" || before["events_batch_002.csv"] == after["events_batch_002.csv"] {
		t.Error("events_batch_002.csv is not written again")
	}
}

func TestAllFaultsAreReportedAtOnce(t *testing.T) {
	clearSettings(t)
	t.Setenv("EVENTDROP_S3_ENDPOINT", "minio:9000")
	t.Setenv("EVENTDROP_S3_ACCESS_KEY", "somebody")
	code, out, errs := call(t, "--objects", "some", "--rows", "5-x", "--rate", "fast", "--for", "soon", "--seed", "1e3",
		"--start", "today", "--interval", "0s", "--versions", "v9=1", "--compression", "rar", "--defects", "2", "--defect", "time_dmy",
		"--defect", "time_moon=0.1", "--redrops", "many", "--key-prefix", "/")
	if code != exitUsage || out != "" {
		t.Errorf("exit %d, %q", code, out)
	}
	for _, fault := range []string{
		`--objects: "some"`, `--rows: "5-x"`, `--rate: "fast"`, `--for: "soon"`, `--seed: "1e3"`, `--start: "today"`,
		`--interval: "0s"`, `--versions: there is no version "v9"`, `--compression: "rar"`, "--defects: 2", `--defect: "time_dmy"`,
		`--defect: there is no class "time_moon" (--classes lists all)`, `--redrops: "many"`, `--key-prefix: "/"`,
		"EVENTDROP_S3_ENDPOINT: \"minio:9000\"", "EVENTDROP_S3_ACCESS_KEY, EVENTDROP_S3_SECRET_KEY: one",
		"EVENTDROP_S3_BUCKET: no bucket", "--help",
	} {
		if strings.Count(errs, fault) != 1 {
			t.Errorf("%q is not reported once in\n%s", fault, errs)
		}
	}
}

func TestSingleFaults(t *testing.T) {
	t.Parallel()
	for fault, args := range map[string][]string{
		"unknown flag --colour":                 {"--colour"},
		"--objects: 0 would fill the directory": {"--out", t.TempDir(), "--objects", "0"},
		"--manifest: with --out":                {"--out", t.TempDir(), "--manifest", "m"},
		"--start: 2099-01-01":                   {"--start", "2099-01-01T00:00:00Z"},
		"--defects: the original has":           {"--out", t.TempDir(), "--shape", "original", "--defects", "0.1"},
		"--out: make the directory":             {"--out", "/dev/null/x"},
		"--rows: 9-5 is no range":               {"--out", t.TempDir(), "--rows", "9-5"},
		"--defect: the classes of rows add up":  {"--out", t.TempDir(), "--defect", "time_dmy=0.99", "--defects", "0.5"},
	} {
		if code, _, errs := call(t, args...); code != exitUsage || !strings.Contains(errs, fault) {
			t.Errorf("%v: exit %d, %q is missing in\n%s", args, code, fault, errs)
		}
	}
}

func TestQuestionsAreAnswered(t *testing.T) {
	t.Parallel()
	for flag, part := range map[string]string{
		"--help": "EVENTDROP_S3_BUCKET", "--classes": "time_us_ampm             row     01/02/2006 3:04 PM: kept",
	} {
		if code, out, errs := call(t, flag); code != exitDone || !strings.Contains(out, part) || errs != "" {
			t.Errorf("%s: exit %d\n%s%s", flag, code, out, errs)
		}
	}
}

func TestAStartLongPastPlantsNothingFromTheFuture(t *testing.T) {
	clearSettings(t)
	t.Setenv("EVENTDROP_S3_BUCKET", "drops")
	for start, want := range map[string]bool{
		time.Now().Add(-48 * time.Hour).Format(time.RFC3339): true, time.Now().Format(time.RFC3339): false,
	} {
		j, err := readJob([]string{"--start", start}, streams{})
		if err != nil || j.options.NoFuture != want || (len(j.notices) == 1) != want {
			t.Errorf("start %s: %+v, %v", start, j, err)
		}
	}
}

func TestDefaultsOfThePace(t *testing.T) {
	clearSettings(t)
	t.Setenv("EVENTDROP_S3_BUCKET", "drops")
	t.Setenv("EVENTDROP_S3_PREFIX", "in")
	for _, test := range []struct {
		args     []string
		objects  int
		interval time.Duration
		prefix   string
	}{
		{nil, 10, time.Millisecond, "in"},
		{[]string{"--for", "1m", "--rate", "20"}, 0, 50 * time.Millisecond, "in"},
		{[]string{"--objects", "0", "--key-prefix", "x"}, 0, time.Millisecond, "x"},
		{[]string{"--for", "1m", "--objects", "7", "--interval", "3s", "--key-prefix", ""}, 7, 3 * time.Second, ""},
		{[]string{"--out", t.TempDir()}, 10, time.Second, "in"},
	} {
		j, err := readJob(test.args, streams{})
		if err != nil || j.objects != test.objects || j.interval != test.interval || j.options.Prefix != test.prefix {
			t.Errorf("%v: %+v, %v", test.args, j, err)
		}
	}
}

func TestTruthAboutABucketGoesIntoADirectory(t *testing.T) {
	t.Parallel()
	root := openRoot(t)
	j := testJob(&shelf{})
	j.truths = root
	j.objects, j.rate = 3, 0
	if _, err := j.produce(context.Background(), newShop(t), silence{}); err != nil {
		t.Fatal(err)
	}
	if files := tree(t, root.Name()); len(files) != 3 {
		t.Errorf("files %v", files)
	}
}

func TestProgressElsewhereThanOnATerminalIsLines(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		objects, steps int
		want           string
	}{
		{40, 5, "dropped 2 of 40 objects\ndropped 4 of 40 objects\n"},
		{3, 1, "dropped 1 of 3 objects\n"},
		{0, 200, "dropped 100 objects\ndropped 200 objects\n"},
	} {
		var out bytes.Buffer
		j := job{objects: test.objects, std: streams{err: &out}}
		p := j.newProgress()
		for done := range test.steps {
			p.step(done + 1)
		}
		p.end()
		if out.String() != test.want {
			t.Errorf("%d of %d: %q", test.steps, test.objects, out.String())
		}
	}
}

func TestProgressOnATerminalIsABar(t *testing.T) {
	t.Parallel()
	for _, objects := range []int{0, 5} {
		var out bytes.Buffer
		j := job{objects: objects, std: streams{err: &out, terminal: true}}
		p := j.newProgress()
		p.step(1)
		p.end()
		if !strings.Contains(out.String(), "objects") {
			t.Errorf("%d objects: %q", objects, out.String())
		}
	}
}
