package contract

import (
	"cmp"
	"fmt"
	"maps"
	"math/big"
	"slices"
	"strconv"
	"strings"

	"eventdrop/functions/internal/dropzone"
)

// DerivesKeys reports whether events can come without a key of their own.
func (c *Contract) DerivesKeys() bool {
	i := c.ColumnIndex(c.Key)
	return i >= 0 && c.Columns[i].Absent.Action != RejectRow
}

// Identity says what keys depend on: each part, such as "column price", and how it is. Were it another one,
// records that are in the table would get other keys when they come again. Where no keys are derived, it is what the key itself depends on:
//
//   - Of the key its type and normal form, but for a UUID, which has one form only; where keys are derived, also its null tokens.
//   - Of each other column its type and normal form.
//   - Of each spelling of an enum, and of each format of a time, what is read from it.
//   - Of each limit, which values are wrong ("minimum of column price"), and what becomes of them: mended, a wrong value
//     enters the hash as it was read, and a right one in its type's form. Rejected, it is in no event.
//
// Names in files are no part of it. A new one does harm only where records had come with it before, which the
// table knows, and no contract.
func (c *Contract) Identity() map[string]string {
	parts := map[string]string{}
	c.addKey(parts)
	if !c.DerivesKeys() {
		return parts
	}
	parts["timezone"], parts["null_tokens"] = c.Timezone, tokens(c.NullTokens)
	for i := range c.Columns {
		if col := &c.Columns[i]; col.Name != c.Key {
			parts[wholeColumn+col.Name] = col.identity()
			col.addReadings(parts)
			col.addLimits(parts)
		}
	}
	return parts
}

// addKey says how the key is read. Its null tokens are apart: where no keys are derived, they only reject records.
func (c *Contract) addKey(parts map[string]string) {
	i := c.ColumnIndex(c.Key)
	if i < 0 || c.Columns[i].Type() == dropzone.UUID {
		return
	}
	key := c.Columns[i]
	if c.DerivesKeys() {
		parts["null_tokens"+ofColumn+key.Name] = tokens(key.NullTokens)
	}
	key.NullTokens = nil
	parts["type"+ofColumn+key.Name] = key.identity()
}

// A part is about a whole column, or about something of a column. Where it is a limit, it ends with what becomes of wrong values.
const (
	wholeColumn = "column "
	ofColumn    = " of column "
	ofWrong     = ", wrong values are "
	rejected    = "rejected"
	mended      = "mended"
)

// IdentityChange is a part of the identity that is not what it was.
type IdentityChange struct {
	Part, Was, Is string
	Place         string // in the file
}

// IdentityChanges compares with the identity that a table was made for.
func (c *Contract) IdentityChanges(was map[string]string) (changes []IdentityChange) {
	is := c.Identity()
	all := maps.Clone(was)
	maps.Copy(all, is)
	for _, part := range slices.Sorted(maps.Keys(all)) {
		if changesKeys(part, was, is) {
			changes = append(changes, IdentityChange{part, cmp.Or(was[part], "not there"), cmp.Or(is[part], "not there"), c.identityPlace(part)})
		}
	}
	return changes
}

// changesKeys compares one part. What only one side has does no harm: the other one reads no value by that spelling or format, or
// derives no keys, or its table is of a time when less was noted. A column does, where both derive keys.
func changesKeys(part string, was, is map[string]string) bool {
	before, noted := was[part]
	now, has := is[part]
	if !noted || !has {
		return strings.HasPrefix(part, wholeColumn) && ofDerived(was) && ofDerived(is)
	}
	before, wrongBefore, _ := strings.Cut(before, ofWrong)
	now, wrongNow, _ := strings.Cut(now, ofWrong)
	return before != now && (wrongBefore != rejected || wrongNow != rejected)
}

// ofDerived reports whether an identity is that of derived keys.
func ofDerived(identity map[string]string) bool {
	_, ok := identity["timezone"]
	return ok
}

// identityPlace is the place of a part of the identity in the file.
func (c *Contract) identityPlace(part string) string {
	field, name, _ := strings.Cut(part, ofColumn)
	if whole, ok := strings.CutPrefix(part, wholeColumn); ok {
		field, name = "type", whole
	}
	i := c.ColumnIndex(name)
	switch {
	case i < 0:
		return part
	case strings.HasPrefix(field, `"`):
		field = "values"
	case strings.HasPrefix(field, "format "):
		field = "formats"
	}
	return ColumnPlace(i, field)
}

func (c *Column) identity() string {
	text := TypeName(c.Type()).String()
	if c.Type() == dropzone.Decimal {
		text += fmt.Sprintf(" of scale %d", c.Scale)
	}
	if c.Case != "" {
		text += ", case " + c.Case
	}
	if len(c.NullTokens) > 0 {
		text += ", null_tokens " + tokens(c.NullTokens)
	}
	return text
}

// addReadings says what each spelling of an enum means, and which format of a time is tried first, second and so on: one more
// at the end changes nothing for values that an earlier one reads.
func (c *Column) addReadings(parts map[string]string) {
	for spelling, value := range c.meanings() {
		parts[strconv.Quote(spelling)+ofColumn+c.Name] = value
	}
	for i, format := range c.Formats {
		parts[fmt.Sprintf("format %d%s%s", i+1, ofColumn, c.Name)] = format
	}
}

// meanings are the values of an enum by each of their spellings, folded.
func (c *Column) meanings() map[string]string {
	values := map[string]string{}
	for value, synonyms := range c.Values {
		for _, spelling := range append([]string{value}, synonyms...) {
			values[Fold(spelling)] = value
		}
	}
	return values
}

// addLimits says which values are wrong, where the type alone does not.
func (c *Column) addLimits(parts map[string]string) {
	add := func(field, limit string, wrong Policy) {
		text := cmp.Or(limit, "none") + ofWrong + rejected
		if wrong.Action != RejectRow {
			text = cmp.Or(limit, "none") + ofWrong + mended
		}
		parts[field+ofColumn+c.Name] = text
	}
	switch c.Type() {
	case dropzone.Integer, dropzone.Decimal:
		low := c.BelowMinimum
		if low.Action == PolicyUnset {
			low = c.Invalid
		}
		add("minimum", c.bound(c.Minimum), low)
		add("maximum", c.bound(c.Maximum), c.Invalid)
	case dropzone.Text, dropzone.Identifier:
		add("max_length", strconv.Itoa(c.MaxLength), c.Invalid)
	case dropzone.Enum:
		add("values", strings.Join(slices.Sorted(maps.Keys(c.meanings())), " "), c.Invalid)
	case dropzone.Timestamp:
		add("formats", strings.Join(c.Formats, "; "), c.Invalid)
	default:
	}
}

// bound writes a minimum or a maximum with all its decimal places, so that 0 and 0.00 are alike.
func (c *Column) bound(text string) string {
	if number, ok := new(big.Rat).SetString(text); ok {
		return number.FloatString(c.Scale)
	}
	return text
}

// tokens lists null tokens, whose case and order mean nothing.
func tokens(words []string) string {
	quoted := make([]string, len(words))
	for i, word := range words {
		quoted[i] = fmt.Sprintf("%q", strings.ToLower(strings.TrimSpace(word)))
	}
	slices.Sort(quoted)
	return strings.Join(slices.Compact(quoted), " ")
}
