package main

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"eventdrop/functions/internal/dropzone"
	"eventdrop/functions/internal/ingest"
	"eventdrop/functions/internal/notice"
)

// What `event` prints names the object so that the pipeline opens exactly it and loads it, in either form.
func TestEventPrintsANoticeThatLoads(t *testing.T) { //nolint:paralleltest // settings belong to the process
	w := newWorld(t)
	const key, row = "dir one/a b+c%2é ü#?&=.csv", "11111111-1111-4111-8111-111111111111,view,2026-11-23T10:00:00Z,1.50\n"
	w.put(key, csvHead+row)
	w.put("second.csv", csvHead+strings.ReplaceAll(row, "1111-", "2222-"))
	both := []string{"s3://" + w.config.S3Bucket + "/" + key, "s3://" + w.config.S3Bucket + "/second.csv"}
	for _, c := range []struct { //nolint:paralleltest // settings belong to the process
		name     string
		args     []string
		queued   bool
		messages int
	}{
		{"as S3 sends it", []string{"event"}, false, 1},
		{"as a queue hands it over", []string{"event", "--as", "sqs"}, true, 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			code, stdout, stderr := w.command(append(c.args, both...)...)
			if code != exitDone {
				t.Fatalf("exit %d\n%s", code, stderr)
			}
			notices, err := notice.Parse([]byte(stdout))
			if err != nil || notices.Queued != c.queued || len(notices.Messages) != c.messages {
				t.Fatalf("%v, %+v from\n%s", err, notices, stdout)
			}
			objects := slices.Collect(notices.Objects())
			if len(objects) != 2 || objects[0].Key != key || objects[0].VersionID == "" || objects[0].ETag == "" {
				t.Fatalf("%+v from\n%s", objects, stdout)
			}
			for _, o := range objects {
				if _, err := w.parts.Pipeline.Handle(t.Context(), ingest.Order{Object: o, Kind: dropzone.Replay}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	w.expect("2", "select count(*) from objects where state = 'loaded'")
	w.expect("2", "select count(*) from events")
}

// The escaped key is spelled as AWS does: a slash stays.
func TestEventSpellsKeysAsS3Does(t *testing.T) {
	t.Parallel()
	record := s3Record(dropzone.Object{Bucket: "b", Key: "a b/c+d%é"}, "eu-central-1")
	text, err := json.Marshal(record)
	if err != nil || !strings.Contains(string(text), `"key":"a+b/c%2Bd%25%C3%A9"`) {
		t.Errorf("%v, %s", err, text)
	}
}

func TestEventRefuses(t *testing.T) { //nolint:paralleltest // settings belong to the process
	w := newWorld(t)
	for _, c := range []struct { //nolint:paralleltest // settings belong to the process
		name, source string
		want         int
	}{
		{"a file", "orders.csv", exitUsage},
		{"a bucket without a key", "s3://bucket", exitUsage},
		{"an object that does not exist", "s3://" + w.config.S3Bucket + "/none.csv", exitFailed},
	} {
		t.Run(c.name, func(t *testing.T) {
			if code, stdout, stderr := w.command("event", c.source); code != c.want || stdout != "" || stderr == "" {
				t.Errorf("exit %d, %q, %q", code, stdout, stderr)
			}
		})
	}
}
