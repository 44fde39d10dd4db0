package main

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"eventdrop/functions/internal/bucket"
	"eventdrop/functions/internal/dropzone"
	"eventdrop/functions/internal/wiring"
)

type eventCmd struct {
	Objects []string `arg:"" name:"s3://bucket/key" help:"Objects of the store."`
	As      string   `enum:"s3,sqs" default:"s3" help:"Form of the notice: ${enum}."`
}

// Run prints a notice for real objects, as S3 would send it itself or through a queue. Sample events that other tools
// make have made-up ETags, for which every store answers that the object was replaced.
func (c *eventCmd) Run(a *app) error {
	objects, _, err := parseSources(c.Objects)
	if err != nil {
		return err
	}
	cfg, err := wiring.Read(wiring.Store)
	if err != nil {
		return err
	}
	store, err := cfg.OpenStore()
	if err != nil {
		return err
	}
	var records []any
	for _, o := range objects {
		found, err := lookUp(a, store, o)
		if err != nil {
			return err
		}
		records = append(records, s3Record(found, cfg.S3Region))
	}
	if c.As == "sqs" {
		if records, err = queued(records, cfg.S3Region); err != nil {
			return err
		}
	}
	encoder := json.NewEncoder(a.stdout)
	encoder.SetIndent("", "  ")
	return encoder.Encode(fields{"Records": records})
}

func lookUp(a *app, store *bucket.Store, o dropzone.Object) (dropzone.Object, error) {
	if o.Local() {
		return o, fmt.Errorf("%w: %q names no object: want s3://bucket/key", errUsage, o.Key)
	}
	return store.Stat(a.ctx, o)
}

// fields is a JSON object.
type fields map[string]any

// s3Record is one record of a notification of S3:
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html.
// Its sequencer says nothing: eventdrop reads only those of MinIO's own notices.
func s3Record(o dropzone.Object, region string) fields {
	object := fields{"key": spellKey(o.Key), "size": o.Size, "eTag": o.ETag, "sequencer": "00"}
	if o.Versioned() {
		object["versionId"] = o.VersionID
	}
	return fields{
		"eventVersion": "2.1", "eventSource": "aws:s3", "awsRegion": region, "eventName": "ObjectCreated:Put",
		"eventTime": o.LastModified.Format("2006-01-02T15:04:05.000Z"),
		"s3": fields{
			"s3SchemaVersion": "1.0", "configurationId": "eventdrop event",
			"bucket": fields{"name": o.Bucket, "arn": "arn:aws:s3:::" + o.Bucket},
			"object": object,
		},
	}
}

// queued wraps each record as a message of a queue of its own.
func queued(records []any, region string) ([]any, error) {
	messages := make([]any, 0, len(records))
	for i, record := range records {
		body, err := json.Marshal(fields{"Records": []any{record}})
		if err != nil {
			return nil, err
		}
		messages = append(messages, fields{
			"messageId": "eventdrop-event-" + strconv.Itoa(i+1), "receiptHandle": "none", "body": string(body),
			"attributes": fields{"ApproximateReceiveCount": "1"}, "messageAttributes": fields{},
			"eventSource": "aws:sqs", "eventSourceARN": "arn:aws:sqs:" + region + ":000000000000:eventdrop", "awsRegion": region,
		})
	}
	return messages, nil
}

// spellKey escapes a key as S3 does: as in a query, but for slashes.
func spellKey(key string) string { return strings.ReplaceAll(url.QueryEscape(key), "%2F", "/") }
