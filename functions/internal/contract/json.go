package contract

import "encoding/json"

// A contract as JSON has the fields of its file. JSON is YAML: [Parse] reads it, too.

// MarshalText implements [encoding.TextMarshaler].
func (t TypeName) MarshalText() ([]byte, error) { return []byte(t.String()), nil }

// MarshalJSON writes "reject", "null" or an object with the default.
func (p Policy) MarshalJSON() ([]byte, error) {
	if p.Action == UseDefault {
		return json.Marshal(map[string]string{"default": p.Default})
	}
	return json.Marshal(p.String())
}

// String is the policy in few words.
func (p Policy) String() string {
	switch p.Action {
	case RejectRow:
		return "reject"
	case UseDefault:
		return "default " + p.Default
	case UseNull:
		return "null"
	default:
		return ""
	}
}

// MarshalJSON writes the tolerance as a file has it: 1h0m0s, not nanoseconds.
func (r Rule) MarshalJSON() ([]byte, error) {
	type fields Rule // without this method
	text := struct {
		fields

		Tolerance string `json:"tolerance,omitempty"`
	}{fields: fields(r)}
	if r.Tolerance != 0 {
		text.Tolerance = r.Tolerance.String()
	}
	return json.Marshal(text)
}
