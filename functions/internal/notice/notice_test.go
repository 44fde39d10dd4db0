package notice

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"eventdrop/functions/internal/dropzone"
)

func fixture(tb testing.TB, name string) []byte {
	tb.Helper()
	raw, err := os.ReadFile(filepath.Join("testdata", name+".json"))
	if err != nil {
		tb.Fatal(err)
	}
	return raw
}

// Holds N12, N13, N14 and N18 of the failure modes: of a notice only names are taken over, and MinIO's precise last-modified.
func TestParseUnderstandsEverySender(t *testing.T) {
	t.Parallel()
	const (
		awsBucket, awsETag, awsVersion = "amzn-s3-demo-bucket", "d41d8cd98f00b204e9800998ecf8427e", "096fKKXTRTtl3on89fVO.nfljtsv6qko"
		busBucket, busETag, busVersion = "amzn-s3-demo-bucket1", "b1946ac92492d2347c6235b4d2611184", "IYV3p45BT0ac8hjHg1houSdS1a.Mro8e"
		nastyKey, nastyRaw             = "dir one/a b+c%2é ü#?&=.csv", "dir+one%2Fa+b%2Bc%252%C3%A9+%C3%BC%23%3F%26%3D.csv"
	)
	at := func(second, nanosecond int) time.Time {
		return time.Date(2026, 11, 23, 22, 5, second, nanosecond, time.UTC)
	}
	face := dropzone.Object{Bucket: awsBucket, Key: "HappyFace.jpg", VersionID: awsVersion, ETag: awsETag}
	tests := []struct {
		fixture string
		objects []dropzone.Object
		ignored int
	}{
		{"s3_put", []dropzone.Object{face}, 0},
		{"s3_encoded_keys", []dropzone.Object{
			{Bucket: awsBucket, Key: "dir one/a b+c%2é", RawKey: "dir+one%2Fa+b%2Bc%252%C3%A9", ETag: awsETag},
			{Bucket: awsBucket, Key: "100%.csv", ETag: awsETag},
			{Bucket: awsBucket, Key: "plain.csv", ETag: "9bb58f26192e4ba00f01e2e7b136bbd8"},
			{Bucket: awsBucket, Key: "%FF.csv", ETag: awsETag},
		}, 0},
		{"s3_other_kinds", nil, 13},
		{"s3_test_event", nil, 1},
		{"sns_lambda", []dropzone.Object{face}, 0},
		{"sns_http", []dropzone.Object{face}, 0},
		{"sns_subscription", nil, 1},
		{"eventbridge_created", []dropzone.Object{
			{Bucket: busBucket, Key: "dir one/a+b c%2é.csv", VersionID: busVersion, ETag: busETag},
		}, 0},
		{"eventbridge_deleted", nil, 1},
		{"minio_put", []dropzone.Object{
			{Bucket: "plain", Key: nastyKey, RawKey: nastyRaw, ETag: "5d41402abc4b2a76b9719d911017c592", PreciseModified: at(40, 853_847_107)},
		}, 0},
		{"ministack_put", []dropzone.Object{{
			Bucket: "plain", Key: nastyKey, RawKey: strings.ReplaceAll(nastyRaw, "%2F", "/"),
			VersionID: "460fae19-567a-4b5c-996a-62c5f225db11", ETag: "5d41402abc4b2a76b9719d911017c592",
		}}, 0},
		{"minio_multipart", []dropzone.Object{
			{Bucket: "plain", Key: "multi.csv", ETag: "7d368e72ecdd3ff1d9b28f29481a125f-2", PreciseModified: at(125, 221_729_262)},
		}, 0},
		{"minio_copy", []dropzone.Object{
			{Bucket: "plain", Key: "copy.csv", ETag: "9dd4e461268c8034f5c8564e155c67a6", PreciseModified: at(125, 225_717_230)},
		}, 0},
		{"minio_delete_marker", nil, 1},
		{"minio_put_tagging", nil, 1},
		{"minio_delete_tagging", nil, 1},
		{"bare", []dropzone.Object{
			{Bucket: "drop", Key: "dir one/a+b%20.csv", VersionID: "3HL4kqtJlcpXroDTDmJ", ETag: "5d41402abc4b2a76b9719d911017c592"},
		}, 0},
		{"bare_array", []dropzone.Object{
			{Bucket: "drop", Key: "one.csv"}, {Bucket: "drop", Key: "two.csv", VersionID: "v2"},
		}, 0},
	}
	for _, test := range tests {
		t.Run(test.fixture, func(t *testing.T) {
			t.Parallel()
			got, err := Parse(fixture(t, test.fixture))
			if err != nil {
				t.Fatal(err)
			}
			if got.Queued || len(got.Messages) != 1 || got.Messages[0].ID != "" {
				t.Errorf("got %+v, want one message without id", got)
			}
			if objects := slices.Collect(got.Objects()); !slices.Equal(objects, test.objects) {
				t.Errorf("got objects %+v\nwant %+v", objects, test.objects)
			}
			if got.Ignored() != test.ignored {
				t.Errorf("got %d ignored, want %d", got.Ignored(), test.ignored)
			}
		})
	}
}

// Holds N15 of the failure modes: a message is what SQS can deliver again.
func TestParseKeepsQueuedMessagesApart(t *testing.T) {
	t.Parallel()
	const first, second, third = "059f36b4-87a3-44ab-83d2-661975830a7d", "2e1424d4-f796-459a-8184-9c92662be6da", "19dd0b57-b21e-4ac1-bd88-01bbb068cb78"
	tests := []struct {
		fixture string
		want    []string // id, keys, number of ignored records, whether there is an error
	}{
		{"sqs_s3", []string{first + " [one.csv two words.csv] 0 false", second + " [three.csv] 0 false", third + " [] 1 false"}},
		{"sqs_one_bad_message", []string{first + " [HappyFace.jpg] 0 false", second + " [] 0 true", third + " [good.csv] 0 true"}},
		{"sqs_sns_s3", []string{first + " [HappyFace.jpg] 0 false"}},
		{"sqs_eventbridge", []string{first + " [a+b c%20.csv] 0 false"}},
	}
	for _, test := range tests {
		t.Run(test.fixture, func(t *testing.T) {
			t.Parallel()
			got, err := Parse(fixture(t, test.fixture))
			if err != nil || !got.Queued {
				t.Fatalf("got queued %v, error %v", got.Queued, err)
			}
			if summary := summarize(got); !slices.Equal(summary, test.want) {
				t.Errorf("got %q\nwant %q", summary, test.want)
			}
		})
	}
}

func summarize(n Notices) []string {
	var lines []string
	for _, m := range n.Messages {
		var keys []string
		for _, o := range m.Objects {
			keys = append(keys, o.Key)
		}
		lines = append(lines, fmt.Sprintf("%s %v %d %v", m.ID, keys, m.Ignored, m.Err != nil))
	}
	return lines
}

func TestParseRefusesWhatIsNoNotification(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, raw, found, want string
	}{
		{"nothing", ``, "nothing", wanted},
		{"text", `hello`, "5 bytes that are not JSON", wanted},
		{"cut JSON", `{"Records":[`, "12 bytes that begin like JSON", wanted},
		{"a string", `"s3://bucket/key"`, "a JSON string", wanted},
		{"a number", `42`, "a JSON number, boolean or null", wanted},
		{"null", `null`, "a JSON number, boolean or null", wanted},
		{"another object", `{"b":1,"a":"secret"}`, `a JSON object with the fields ["a" "b"]`, wanted},
		{"no fields", `{}`, "a JSON object with the fields []", wanted},
		{"no key", `{"bucket":"drop"}`, `a JSON object with the fields ["bucket"]`, wanted},
		{"a NUL in the key", `{"bucket":"drop","key":"a\u0000b"}`, `a JSON object with the fields ["bucket" "key"]`, wanted},
		{"an endless key", `{"bucket":"drop","key":"` + strings.Repeat("k", maxKey+1) + `"}`, `a JSON object with the fields ["bucket" "key"]`, wanted},
		{"a record without key", `{"Records":[{"eventName":"ObjectCreated:Put","s3":{"bucket":{"name":"drop"}}}]}`, `a JSON object with the fields ["eventName" "s3"]`, "s3.bucket.name and s3.object.key"},
		{"EventBridge without key", `{"detail-type":"Object Created","detail":{}}`, `a JSON object with the fields ["detail" "detail-type"]`, "detail.bucket.name and detail.object.key"},
		{"a database's stream", `{"Records":[{"eventSource":"aws:dynamodb","dynamodb":{}}]}`, `a JSON object with the fields ["dynamodb" "eventSource"]`, wanted},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got, err := Parse([]byte(test.raw))
			malformed, ok := errors.AsType[*MalformedError](err)
			if !ok || got.Queued || got.Messages != nil {
				t.Fatalf("got %+v, error %v, want a MalformedError", got, err)
			}
			if malformed.Found != test.found {
				t.Errorf("found %q, want %q", malformed.Found, test.found)
			}
			if message := err.Error(); !strings.Contains(message, test.want) || strings.Contains(message, "secret") {
				t.Errorf("message %q", message)
			}
		})
	}
}

func TestParseRefusesAQueuedMessageThatCannotBeAnsweredFor(t *testing.T) {
	t.Parallel()
	_, err := Parse(fixture(t, "sqs_without_message_id"))
	if malformed, ok := errors.AsType[*MalformedError](err); !ok || malformed.Where != "Records[0]" {
		t.Errorf("got %v", err)
	}
}

func TestParseBoundsEnvelopesInEnvelopes(t *testing.T) {
	t.Parallel()
	wrap := func(times int) []byte {
		raw := []byte(`{"bucket":"drop","key":"k"}`)
		for range times {
			raw, _ = json.Marshal(map[string]string{"Type": "Notification", "Message": string(raw)})
		}
		return raw
	}
	if got, err := Parse(wrap(maxDepth)); err != nil || len(got.Messages[0].Objects) != 1 {
		t.Errorf("%d envelopes: got %+v, error %v", maxDepth, got, err)
	}
	if _, err := Parse(wrap(maxDepth + 1)); err == nil {
		t.Errorf("%d envelopes: no error", maxDepth+1)
	}
}

func TestParseKeepsGoodRecordsBesideABadOne(t *testing.T) {
	t.Parallel()
	raw := `{"Records":[
		{"eventName":"ObjectCreated:Put","s3":{"bucket":{"name":"drop"},"object":{"key":"good.csv","size":"a string"}}},
		{"eventName":"ObjectCreated:Put","s3":"not an object"},
		7]}`
	got, err := Parse([]byte(raw))
	if err != nil || len(got.Messages[0].Objects) != 1 {
		t.Fatalf("got %+v, error %v", got, err)
	}
	message := got.Messages[0].Err.Error()
	if !strings.Contains(message, "Records[1]") || !strings.Contains(message, "Records[2]") {
		t.Errorf("got %q, want both bad records named", message)
	}
}

func TestParseDropsTokensThatNoHeaderCanCarry(t *testing.T) {
	t.Parallel()
	raw := `{"bucket":"drop","key":"k","etag":"a\r\nX-Evil: 1","versionId":"` + strings.Repeat("v", maxKey+1) + `"}`
	got, err := Parse([]byte(raw))
	if err != nil {
		t.Fatal(err)
	}
	if object := got.Messages[0].Objects[0]; object.ETag != "" || object.VersionID != "" {
		t.Errorf("got %+v", object)
	}
}

func TestMalformedErrorIsBounded(t *testing.T) {
	t.Parallel()
	fields := map[string]int{}
	for i := range 100 {
		fields[fmt.Sprintf("%03d%s", i, strings.Repeat("x", 1000))] = i
	}
	raw, _ := json.Marshal(fields)
	_, err := Parse(raw)
	if err == nil || len(err.Error()) > 600 {
		t.Errorf("got %d bytes: %v", len(err.Error()), err)
	}
}
