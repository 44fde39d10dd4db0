package notice

import (
	"encoding/json"
	"net/url"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"eventdrop/functions/internal/dropzone"
)

// keys generates UTF-8 keys with many of the characters that get lost on the way.
func keys() *rapid.Generator[string] {
	piece := rapid.OneOf(
		rapid.SampledFrom([]string{"+", "%", " ", "#", "?", "/", "%2B", "%20", "&", "=", `"`, `\`, "é", "漢", "\u202e", "\u2028"}),
		rapid.StringN(1, 4, -1),
	)
	return rapid.Custom(func(t *rapid.T) string {
		key := strings.Join(rapid.SliceOfN(piece, 1, 12).Draw(t, "pieces"), "")
		return strings.ReplaceAll(key, "\x00", "0")
	})
}

// encodings are how senders escape a key: AWS and MinIO escape all, some leave the slashes.
func encodings() map[string]func(string) string {
	return map[string]func(string) string{
		"query":       url.QueryEscape,
		"slashes":     func(k string) string { return strings.ReplaceAll(url.QueryEscape(k), "%2F", "/") },
		"percent 20":  func(k string) string { return strings.ReplaceAll(url.QueryEscape(k), "+", "%20") },
		"lower cases": func(k string) string { return strings.ReplaceAll(url.QueryEscape(k), "%2F", "%2f") },
	}
}

// Holds N12 of the failure modes.
func TestDecodeKeyUndoesEveryEncodingOfEveryKey(t *testing.T) {
	t.Parallel()
	for name, encode := range encodings() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rapid.Check(t, func(t *rapid.T) {
				key := keys().Draw(t, "key")
				got, raw := decodeKey(encode(key))
				if got != key || raw != "" && raw != encode(key) || raw == key {
					t.Fatalf("got key %q, raw %q", got, raw)
				}
			})
		})
	}
}

func TestParseFindsTheKeyInEveryEnvelope(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		key := keys().Draw(t, "key")
		record := map[string]any{"eventName": "ObjectCreated:Put", "s3": map[string]any{
			"bucket": map[string]any{"name": "drop"}, "object": map[string]any{"key": url.QueryEscape(key)},
		}}
		notification := map[string]any{"Records": []any{record}}
		for range rapid.IntRange(0, 3).Draw(t, "envelopes") {
			inner := marshal(t, notification)
			notification = rapid.SampledFrom([]map[string]any{
				{"Type": "Notification", "Message": inner},
				{"Records": []any{map[string]any{"EventSource": "aws:sns", "Sns": map[string]any{"Message": inner}}}},
				{"Records": []any{map[string]any{"eventSource": "aws:sqs", "messageId": "1", "body": inner}}},
			}).Draw(t, "envelope")
		}
		got, err := Parse([]byte(marshal(t, notification)))
		if err != nil {
			t.Fatal(err)
		}
		for object := range got.Objects() {
			if object.Key == key {
				return
			}
		}
		t.Fatalf("got %+v, want key %q", got, key)
	})
}

func marshal(t *rapid.T, v any) string {
	raw, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

func FuzzParse(f *testing.F) {
	for _, name := range []string{"s3_put", "s3_encoded_keys", "s3_test_event", "sqs_s3", "sqs_one_bad_message", "sqs_sns_s3", "sns_lambda", "sns_subscription", "eventbridge_created", "minio_put", "bare", "bare_array"} {
		f.Add(fixture(f, name))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		got, err := Parse(raw)
		if err != nil && len(got.Messages) > 0 {
			t.Fatalf("messages %+v beside the error %v", got, err)
		}
		for object := range got.Objects() {
			checkObject(t, object)
		}
		if err == nil && utf8.Valid(raw) {
			checkEnveloped(t, raw, got)
		}
		for _, message := range got.Messages {
			if got.Queued == (message.ID == "") {
				t.Errorf("queued is %v, message id is %q", got.Queued, message.ID)
			}
		}
	})
}

// checkEnveloped parses a notification once more, in an envelope of SNS: it announces the same, unless that is one
// envelope too many.
func checkEnveloped(t *testing.T, raw []byte, want Notices) {
	t.Helper()
	got, err := Parse([]byte(`{"Type":"Notification","Message":` + quote(string(raw)) + `}`))
	if err == nil && len(got.Messages) == 1 && got.Messages[0].Err != nil {
		err = got.Messages[0].Err
	}
	if err != nil && strings.Contains(err.Error(), "envelopes in each other") {
		return
	}
	if !slices.Equal(slices.Collect(got.Objects()), slices.Collect(want.Objects())) || got.Ignored() != want.Ignored() {
		t.Errorf("alone %+v, in an envelope %+v, %v", want, got, err)
	}
}

func checkObject(t *testing.T, o dropzone.Object) {
	t.Helper()
	if o.Bucket == "" || o.Key == "" || len(o.Key) > maxKey || !utf8.ValidString(o.Key) || o.RawKey == o.Key {
		t.Errorf("object with an impossible name: %+v", o)
	}
	if o.VersionID == "null" || strings.ContainsAny(o.ETag+o.VersionID, "\"\r\n\x00 ") {
		t.Errorf("object with an impossible token: %+v", o)
	}
	if o.Size != 0 || !o.LastModified.IsZero() || o.VersionRank != 0 {
		t.Errorf("object with what only the bucket knows: %+v", o)
	}
}
