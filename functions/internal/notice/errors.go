package notice

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// wanted is what [Parse] understands, in a user's words.
const wanted = `a notification of S3, SQS, SNS, EventBridge or MinIO, or {"bucket": ..., "key": ...}`

const (
	maxNames = 8  // field names that an error quotes
	maxName  = 32 // bytes of one of them
)

// MalformedError says that a notification, or a part of it, is nothing that [Parse] knows.
// It names what was found and what was expected, and quotes no content.
type MalformedError struct {
	// Where is the path of the part, such as Records[2].body; empty for the whole.
	Where string
	// Found describes the part: its kind, and the names of its fields.
	Found string
	// Want says what was expected there; empty for any notification.
	Want string
	// Err is the JSON decoder's error; it may be nil.
	Err error
}

func (e *MalformedError) Error() string {
	where, want := e.Where, e.Want
	if where == "" {
		where = "notification"
	}
	if want == "" {
		want = wanted
	}
	message := fmt.Sprintf("read %s: found %s, want %s", where, e.Found, want)
	if e.Err != nil {
		message += ": " + e.Err.Error()
	}
	return message
}

func (e *MalformedError) Unwrap() error { return e.Err }

func malformed(n node, where, want string) *MalformedError {
	return &MalformedError{Where: where, Found: describe(n.raw), Want: want}
}

// describe names the kind of a JSON value, and an object's fields.
func describe(raw json.RawMessage) string {
	var fields map[string]json.RawMessage
	if json.Unmarshal(raw, &fields) != nil || fields == nil {
		return describeText(raw)
	}
	names := slices.Sorted(maps.Keys(fields))
	for i := range names {
		names[i] = fmt.Sprintf("%.*q", maxName, names[i])
	}
	if len(names) > maxNames {
		names = append(names[:maxNames], "...")
	}
	return "a JSON object with the fields [" + strings.Join(names, " ") + "]"
}

// describeText tells other values apart by their first byte.
func describeText(raw []byte) string {
	if len(raw) == 0 {
		return "nothing"
	}
	switch raw[0] {
	case '{', '[':
		return fmt.Sprintf("%d bytes that begin like JSON", len(raw))
	case '"':
		return "a JSON string"
	}
	if json.Valid(raw) {
		return "a JSON number, boolean or null"
	}
	return fmt.Sprintf("%d bytes that are not JSON", len(raw))
}
