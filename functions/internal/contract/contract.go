// Package contract is the file that says everything about the columns of a drop zone: their
// names, types, aliases, rules and policies. Code implements types and rules; only contracts
// know column names.
//
// [Parse] reads and checks one; [Embedded] gives those that are built in. Package clean compiles it.
package contract

import (
	"cmp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"eventdrop/functions/internal/dropzone"
)

// Contract describes the columns of one kind of object and the table that they are loaded into.
// It is read-only after [Parse].
type Contract struct {
	// Name and Revision stand on every row and receipt. A change of the file needs a higher revision.
	Name     string `yaml:"contract" json:"contract"`
	Revision int32  `yaml:"revision" json:"revision"`
	// Table is the table's name, without its schema.
	Table string `yaml:"table" json:"table"`
	// Objects says which keys of the bucket the contract serves.
	Objects Objects `yaml:"objects" json:"objects"`
	// Key names the column that identifies an event; where its value is absent it is derived
	// from the normalised record.
	Key string `yaml:"key" json:"key"`
	// Recency names a required timestamp that decides which version of an event wins.
	// Empty: the object's last-modified.
	Recency string `yaml:"recency" json:"recency,omitempty"`
	// Extras names the jsonb column that keeps every column the contract does not know.
	Extras string `yaml:"extras" json:"extras"`
	// Timezone is the IANA name of the zone of times that name none. Empty: UTC.
	Timezone string `yaml:"timezone" json:"timezone,omitempty"`
	// NullTokens are words that mean "no value" in every column, whatever their case.
	NullTokens []string `yaml:"null_tokens" json:"null_tokens,omitempty"`
	// FinalNewline is "required" (the default: a last record without its line end may have been
	// cut and is rejected) or "optional".
	FinalNewline string `yaml:"final_newline" json:"final_newline,omitempty"`
	// Header names the fields of files without a header line, in their order; empty: every file has one. A name that no
	// column has goes to extras.
	Header []string `yaml:"header" json:"header,omitempty"`
	// MaxRejectedRows and MaxRejectedPercent park the whole object when exceeded; 0 means no limit.
	MaxRejectedRows    int64   `yaml:"max_rejected_rows" json:"max_rejected_rows,omitempty"`
	MaxRejectedPercent float64 `yaml:"max_rejected_percent" json:"max_rejected_percent,omitempty"`

	Columns []Column `yaml:"columns" json:"columns"`
	Rules   []Rule   `yaml:"rules" json:"rules,omitempty"`

	location *time.Location
	file     string
	builtIn  bool
	places   places
}

// Objects selects keys: one of the prefixes and one of the suffixes must match.
type Objects struct {
	Prefixes []string `yaml:"prefixes" json:"prefixes,omitempty"`
	Suffixes []string `yaml:"suffixes" json:"suffixes,omitempty"`
}

// Column is one column of the contract.
type Column struct {
	Name    string   `yaml:"name" json:"name"`
	TypeID  TypeName `yaml:"type" json:"type"`
	Aliases []string `yaml:"aliases" json:"aliases,omitempty"`
	// Required is the short form of "absent: reject".
	Required bool `yaml:"required" json:"required,omitempty"`
	// NullTokens are added to those of the contract.
	NullTokens []string `yaml:"null_tokens" json:"null_tokens,omitempty"`
	// Values are the values of an enum, each with its other spellings.
	Values map[string][]string `yaml:"values" json:"values,omitempty"`
	// Formats of a timestamp are tried in turn: "iso", "epoch", or a pattern such as
	// "dd-MM-yyyy, HH:mm:ss" in the letters of Java and Spark.
	Formats []string `yaml:"formats" json:"formats,omitempty"`
	// Scale is the number of decimal places of a decimal, 0 to 8.
	Scale int `yaml:"scale" json:"scale,omitempty"`
	// Minimum and Maximum bound an integer or a decimal, both inclusive.
	Minimum string `yaml:"minimum" json:"minimum,omitempty"`
	Maximum string `yaml:"maximum" json:"maximum,omitempty"`
	// MaxLength is in characters; 0 means no limit.
	MaxLength int `yaml:"max_length" json:"max_length,omitempty"`
	// Case is "upper", "lower" or empty: unchanged.
	Case string `yaml:"case" json:"case,omitempty"`
	// Absent and Invalid say what happens to a missing and to a wrong value.
	Absent  Policy `yaml:"absent" json:"absent,omitzero"`
	Invalid Policy `yaml:"invalid" json:"invalid,omitzero"`
	// BelowMinimum is Invalid for numbers below the minimum, where those need another policy.
	BelowMinimum Policy `yaml:"below_minimum" json:"below_minimum,omitzero"`
}

// Type returns the column's type.
func (c *Column) Type() dropzone.Type { return dropzone.Type(c.TypeID) }

// Rule is a named check of the whole row; the other fields are its parameters.
type Rule struct {
	Name      string        `yaml:"rule" json:"rule"`
	Column    string        `yaml:"column" json:"column,omitempty"`
	Tolerance time.Duration `yaml:"tolerance" json:"tolerance,omitempty"`
	Time      time.Time     `yaml:"time" json:"time,omitzero"`
	Event     string        `yaml:"event" json:"event,omitempty"`
	Product   string        `yaml:"product" json:"product,omitempty"`
	Quantity  string        `yaml:"quantity" json:"quantity,omitempty"`
	Price     string        `yaml:"price" json:"price,omitempty"`
	Total     string        `yaml:"total" json:"total,omitempty"`
}

// Location is the zone of times that name none.
func (c *Contract) Location() *time.Location { return cmp.Or(c.location, time.UTC) }

// ColumnIndex returns the position of the named column, or -1.
func (c *Contract) ColumnIndex(name string) int {
	for i := range c.Columns {
		if c.Columns[i].Name == name {
			return i
		}
	}
	return -1
}

// ColumnNamed returns the position of the column that a file calls so, by its name or an alias, or -1.
func (c *Contract) ColumnNamed(name string) int {
	folded := Fold(name)
	isName := func(spelling string) bool { return Fold(spelling) == folded }
	return slices.IndexFunc(c.Columns, func(col Column) bool { return isName(col.Name) || slices.ContainsFunc(col.Aliases, isName) })
}

// Serves reports whether objects with this key are the contract's.
func (c *Contract) Serves(key string) bool {
	return anyMatch(c.Objects.Prefixes, key, strings.HasPrefix) && anyMatch(c.Objects.Suffixes, key, strings.HasSuffix)
}

func anyMatch(patterns []string, key string, match func(key, pattern string) bool) bool {
	for _, p := range patterns {
		if match(key, p) {
			return true
		}
	}
	return len(patterns) == 0
}

// Fold brings a column name or an enum's spelling to the form in which names are compared: its
// letters and digits, in lower case. "eventId", "EVENT_ID" and "event id" fold alike.
func Fold(name string) string {
	return string(AppendFold(make([]byte, 0, len(name)), []byte(name)))
}

// AppendFold appends the folded form of name to dst.
func AppendFold(dst, name []byte) []byte {
	for i, b := range name {
		switch {
		case b >= 'A' && b <= 'Z':
			dst = append(dst, b+'a'-'A')
		case b >= 'a' && b <= 'z', b >= '0' && b <= '9':
			dst = append(dst, b)
		case b >= utf8.RuneSelf:
			return appendFoldUnicode(dst, name[i:])
		}
	}
	return dst
}

// appendFoldUnicode also drops what cannot be seen, such as no-break and zero-width spaces. Marks
// stay: they are parts of letters.
func appendFoldUnicode(dst, name []byte) []byte {
	for _, r := range string(name) {
		if unicode.In(r, unicode.Letter, unicode.Mark, unicode.Digit) {
			dst = utf8.AppendRune(dst, unicode.ToLower(r))
		}
	}
	return dst
}
