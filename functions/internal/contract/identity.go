package contract

import (
	"fmt"
	"slices"
	"strings"

	"eventdrop/functions/internal/dropzone"
)

// DerivesKeys reports whether events can come without a key of their own.
func (c *Contract) DerivesKeys() bool {
	i := c.ColumnIndex(c.Key)
	return i >= 0 && c.Columns[i].Absent.Action != RejectRow
}

// Identity says what derived keys depend on: each part, such as "column price", and how it is. Were it another one,
// records that are in the table would get other keys when they come again. Spellings that used
// to be rejected are no part of it, because no event has them.
func (c *Contract) Identity() map[string]string {
	parts := map[string]string{"timezone": c.Timezone, "null_tokens": tokens(c.NullTokens)}
	for i := range c.Columns {
		if col := &c.Columns[i]; col.Name != c.Key {
			parts["column "+col.Name] = col.identity()
		}
	}
	return parts
}

// IdentityPlace is the place of a part of the identity in the file.
func (c *Contract) IdentityPlace(part string) string {
	name, isColumn := strings.CutPrefix(part, "column ")
	if i := c.ColumnIndex(name); isColumn && i >= 0 {
		return ColumnPlace(i, "type")
	}
	return part
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

// tokens lists null tokens, whose case and order mean nothing.
func tokens(words []string) string {
	quoted := make([]string, len(words))
	for i, word := range words {
		quoted[i] = fmt.Sprintf("%q", strings.ToLower(strings.TrimSpace(word)))
	}
	slices.Sort(quoted)
	return strings.Join(slices.Compact(quoted), " ")
}
