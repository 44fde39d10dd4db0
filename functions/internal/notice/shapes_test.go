package notice

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"

	"eventdrop/functions/internal/dropzone"
)

// quote makes a JSON string of a document, as an envelope carries it.
func quote(document string) string {
	raw, _ := json.Marshal(document)
	return string(raw)
}

func record(name, key string) string {
	return fmt.Sprintf(`{"eventName":%q,"s3":{"bucket":{"name":"drop"},"object":{"key":%q}}}`, name, key)
}

// The fixtures hold what senders really sent; these are the other ways to put it together.
func TestParseTakesEveryNesting(t *testing.T) {
	t.Parallel()
	put := `{"Records":[` + record("ObjectCreated:Put", "k") + `]}`
	bus := `{"detail-type":"Object Created","detail":{"bucket":{"name":"drop"},"object":{"key":"k"}}}`
	sns := func(inner string) string { return `{"Type":"Notification","Message":` + quote(inner) + `}` }
	sqs := func(inner string) string {
		return `{"Records":[{"messageId":"1","eventSource":"aws:sqs","body":` + quote(inner) + `}]}`
	}
	tests := map[string]string{
		"S3":                          put,
		"S3 with spaces around":       "\n\t " + put + " \n",
		"S3 in lower case":            `{"records":[` + record("ObjectCreated:Put", "k") + `]}`,
		"an array of S3 records":      `[` + record("s3:ObjectCreated:Put", "k") + `]`,
		"a record that names no kind": `{"Records":[` + record("", "k") + `]}`,
		"MinIO's wrapper":             `{"EventName":"s3:ObjectCreated:Put","Key":"drop/k","Records":[` + record("s3:ObjectCreated:Put", "k") + `]}`,
		"S3 in SNS":                   sns(put),
		"S3 in SQS":                   sqs(put),
		"S3 in SNS in SQS":            sqs(sns(put)),
		"EventBridge in SQS":          sqs(bus),
		"EventBridge in SNS in SQS":   sqs(sns(bus)),
		"SQS in SQS":                  sqs(sqs(put)),
		"SQS of a look-alike":         `{"Records":[{"messageId":"1","body":` + quote(put) + `}]}`,
		"a bare object in SQS":        sqs(`{"bucket":"drop","key":"k"}`),
		"bare objects in SQS":         sqs(`[{"bucket":"drop","key":"k"}]`),
	}
	for name, raw := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := Parse([]byte(raw))
			if err != nil || got.Messages[0].Err != nil {
				t.Fatalf("got %+v, error %v", got, err)
			}
			want := []dropzone.Object{{Bucket: "drop", Key: "k"}}
			if objects := slices.Collect(got.Objects()); !slices.Equal(objects, want) {
				t.Errorf("got %+v, want %+v", objects, want)
			}
		})
	}
}

func TestParseAcknowledgesWhatAnnouncesNothing(t *testing.T) {
	t.Parallel()
	tests := map[string]int{ // the number of ignored records
		`{"Records":[]}`: 0,
		`[]`:             0,
		`{"Records":[` + record("ObjectRemoved:Delete", "k") + `]}`:             1,
		`{"Event":"s3:TestEvent","Bucket":"drop"}`:                              1,
		`{"Type":"UnsubscribeConfirmation","Message":"You have chosen to ..."}`: 1,
		`{"detail-type":"Object Tags Added","detail":{}}`:                       1,
		`{"detail-type":"Scheduled Event","detail":{}}`:                         1,
	}
	for raw, ignored := range tests {
		got, err := Parse([]byte(raw))
		if err != nil || len(got.Messages) != 1 || got.Messages[0].Err != nil || got.Ignored() != ignored {
			t.Errorf("%s: got %+v, error %v, want %d ignored", raw, got, err, ignored)
		}
	}
}

func TestParseCountsWhatItIgnoresBesideObjects(t *testing.T) {
	t.Parallel()
	raw := `{"Records":[` + record("ObjectCreated:Put", "one") + `,` + record("ObjectRemoved:Delete", "two") + `,` + record("ObjectCreated:Copy", "three") + `]}`
	got, err := Parse([]byte(raw))
	if err != nil || summarize(got)[0] != " [one three] 1 false" {
		t.Errorf("got %q, error %v", summarize(got), err)
	}
}

func TestObjectsStopsWhenAsked(t *testing.T) {
	t.Parallel()
	got, err := Parse(fixture(t, "sqs_s3"))
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for range got.Objects() {
		seen++
		break
	}
	if seen != 1 {
		t.Errorf("got %d objects", seen)
	}
}
