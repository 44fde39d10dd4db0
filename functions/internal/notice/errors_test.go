package notice

import (
	"encoding/json"
	"errors"
	"testing"
)

func TestMalformedErrorSaysWhereAndWhat(t *testing.T) {
	t.Parallel()
	tests := []struct{ raw, want string }{
		{
			`{"some":"thing"}`,
			`read notification: found a JSON object with the fields ["some"], want a notification of S3, SQS, SNS, EventBridge or MinIO, or {"bucket": ..., "key": ...}`,
		},
		{
			`{"Records":[{"Sns":{"Message":"plain words"}}]}`,
			`read Records[0].Sns.Message: found 11 bytes that are not JSON, want a notification of S3, SQS, SNS, EventBridge or MinIO, or {"bucket": ..., "key": ...}: invalid character 'p' looking for beginning of value`,
		},
		{
			`{"Records":[{"eventName":"ObjectCreated:Put","s3":{"object":{"key":"k"}}}]}`,
			`read Records[0]: found a JSON object with the fields ["eventName" "s3"], want s3.bucket.name and s3.object.key`,
		},
	}
	for _, test := range tests {
		_, err := Parse([]byte(test.raw))
		if err == nil || err.Error() != test.want {
			t.Errorf("got  %v\nwant %s", err, test.want)
		}
	}
}

func TestMalformedErrorKeepsTheDecodersError(t *testing.T) {
	t.Parallel()
	_, err := Parse([]byte(`{"a":}`))
	if _, ok := errors.AsType[*json.SyntaxError](err); !ok {
		t.Errorf("got %#v", err)
	}
}

func TestMessageErrHoldsEveryFaultOfItsMessage(t *testing.T) {
	t.Parallel()
	got, err := Parse(fixture(t, "sqs_one_bad_message"))
	if err != nil {
		t.Fatal(err)
	}
	for i, where := range map[int]string{1: "Records[1].body", 2: "Records[2].body.Records[1]"} {
		malformed, ok := errors.AsType[*MalformedError](got.Messages[i].Err)
		if !ok || malformed.Where != where {
			t.Errorf("message %d: got %v, want a fault of %s", i, got.Messages[i].Err, where)
		}
	}
}
