package notice

import (
	"bytes"
	"encoding/json"
	"errors"
)

// node is the union of all that a notification may hold at any of its levels: an envelope, one of
// its records, or a bare object. Unknown fields are skipped; encoding/json ignores case in names.
type node struct {
	// Records of S3, SQS, SNS and MinIO's wrapper, or the elements of a bare array.
	Records []json.RawMessage `json:"Records"`

	// A record of S3 and its look-alikes.
	EventName string  `json:"eventName"`
	S3        *entity `json:"s3"`

	// A record of SQS; of MinIO's record it tells the sender.
	EventSource string  `json:"eventSource"`
	MessageID   string  `json:"messageId"`
	Body        *string `json:"body"`
	Attributes  struct {
		ReceiveCount string `json:"ApproximateReceiveCount"`
	} `json:"attributes"`

	// A record of SNS; and the same where SNS delivers to SQS or to a web address.
	SNS     *snsMessage `json:"Sns"`
	Type    string      `json:"Type"`
	Message string      `json:"Message"`

	// EventBridge.
	DetailType string  `json:"detail-type"`
	Detail     *detail `json:"detail"`

	// The s3:TestEvent that S3 sends when a notification is configured.
	Event string `json:"Event"`

	// A bare object; both spellings of the version id are in use.
	Bucket     string `json:"bucket"`
	Key        string `json:"key"`
	VersionID  string `json:"versionId"`
	VersionID2 string `json:"version_id"`
	ETag       string `json:"etag"`

	raw json.RawMessage
}

type snsMessage struct {
	Message string `json:"Message"`
}

type named struct {
	Name string `json:"name"`
}

// entity is where an S3 record keeps the object.
type entity struct {
	Bucket named `json:"bucket"`
	Object struct {
		Key       string `json:"key"`
		VersionID string `json:"versionId"`
		ETag      string `json:"eTag"`
		Sequencer string `json:"sequencer"`
	} `json:"object"`
}

// detail is where EventBridge keeps the object. Its names differ from those of S3.
type detail struct {
	Bucket named `json:"bucket"`
	Object struct {
		Key       string `json:"key"`
		VersionID string `json:"version-id"`
		ETag      string `json:"etag"`
	} `json:"object"`
}

// decode reads one JSON value. A field of an unexpected type is skipped: look-alikes send null,
// numbers and objects under names that mean something else here, and that must not cost the rest.
func decode(raw json.RawMessage, where string) (node, error) {
	raw = bytes.TrimSpace(raw)
	n := node{raw: raw}
	var target any = &n
	if bytes.HasPrefix(raw, []byte("[")) {
		target = &n.Records
	}
	err := json.Unmarshal(raw, target)
	if _, mismatch := errors.AsType[*json.UnmarshalTypeError](err); err != nil && !mismatch {
		return node{}, &MalformedError{Where: where, Found: describeText(raw), Err: err}
	}
	return n, nil
}
