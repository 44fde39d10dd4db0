package contract

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"eventdrop/functions/internal/dropzone"
)

// Together joins the errors of [Contract.Beside] of each contract and those before it in the list.
func Together(list []*Contract) error {
	var errs []error
	for i, c := range list {
		errs = append(errs, c.Beside(list[:i]))
	}
	return errors.Join(errs...)
}

// Beside finds what keeps the contract from serving one bucket side by side with others. The error is nil or an
// [*InvalidError]. Refused are:
//
//   - Two of one name: the ledger, the receipts and redrive know contracts by their names alone.
//   - Two that serve the same key: which of them an object gets would be a matter of chance.
//   - Two of one table that is not the same for both: see [Contract.unlike].
func (c *Contract) Beside(others []*Contract) error {
	faults := c.NewFaults()
	for _, other := range others {
		c.beside(other, faults)
	}
	return faults.Err()
}

// beside notes what keeps c from being used beside another contract.
func (c *Contract) beside(other *Contract, f *Faults) {
	if c.Name == other.Name {
		f.Add("contract", "contract: %s has the name %s, too, and the ledger knows contracts by their names: rename one of them", other.file, c.Name)
		return
	}
	if key, both := c.sharedKey(other); both {
		f.Add("objects", "objects: this contract, %s, and the contract %s would both serve the key %q, and an object has one contract: "+
			"give them prefixes of which none begins another one, or suffixes of which none ends another one%s",
			c.Name, other.Name, key, copyHint(c, other))
	}
	if c.Table == other.Table {
		for _, difference := range c.unlike(other) {
			f.Add(difference.place, "table: %s is also the table of the contract %s, for which %s: name another table, or make them agree",
				c.Table, other.Name, difference.text)
		}
	}
}

// sharedKey gives an example of a key that both contracts serve, if there is one. There is exactly if a prefix of one begins a
// prefix of the other, and a suffix of one ends a suffix of the other.
func (c *Contract) sharedKey(other *Contract) (key string, both bool) {
	prefix, found := longer(c.Objects.Prefixes, other.Objects.Prefixes, strings.HasPrefix)
	if !found {
		return "", false
	}
	suffix, found := longer(c.Objects.Suffixes, other.Objects.Suffixes, strings.HasSuffix)
	return prefix + "example" + suffix, found
}

// longer finds two patterns of which one includes the other, and returns the longer one.
func longer(a, b []string, includes func(pattern, other string) bool) (pattern string, found bool) {
	for _, x := range orAny(a) {
		for _, y := range orAny(b) {
			if includes(x, y) {
				return x, true
			}
			if includes(y, x) {
				return y, true
			}
		}
	}
	return "", false
}

// orAny is the pattern that matches everything, where there are none.
func orAny(patterns []string) []string {
	if len(patterns) == 0 {
		return []string{""}
	}
	return patterns
}

// copyHint tells how to change a contract that nobody can edit.
func copyHint(contracts ...*Contract) string {
	for _, c := range contracts {
		if c.builtIn {
			return fmt.Sprintf("; %s is built in: change a copy, which `eventdrop contract show -o json %s` writes", c.Name, c.Name)
		}
	}
	return ""
}

// difference is what two contracts of one table do not agree on.
type difference struct{ place, text string }

// unlike says in what c differs from another contract of the same table. They must agree on all that makes a row
// what it is: the columns' names and types, key and extras, by what a newer version of an event is known, how the key is read, and, where
// both derive keys, by what; else one record would be two events, depending on the key of its object. Beyond that their spellings, bounds, rules
// and policies are their own, and so are the names of columns in their files: the same file with names that only one of them knows is
// another file to the other one.
func (c *Contract) unlike(other *Contract) (list []difference) {
	differ := func(place, what, here, there string) {
		if here != there {
			list = append(list, difference{place, fmt.Sprintf("%s is %s, not %s", what, there, here)})
		}
	}
	differ("key", "the key", c.Key, other.Key)
	differ("extras", "the column of extras", c.Extras, other.Extras)
	differ("recency", "recency", cmp.Or(c.Recency, "last-modified"), cmp.Or(other.Recency, "last-modified"))
	list = append(list, c.unlikeColumns(other)...)
	if len(list) == 0 {
		for _, change := range c.IdentityChanges(other.Identity()) {
			differ(change.Place, change.Part+", on which keys depend,", change.Is, change.Was)
		}
	}
	return list
}

func (c *Contract) unlikeColumns(other *Contract) (list []difference) {
	types := map[string]string{}
	for i := range other.Columns {
		types[other.Columns[i].Name] = other.Columns[i].storedType()
	}
	for i := range c.Columns {
		name, here := c.Columns[i].Name, c.Columns[i].storedType()
		switch there, known := types[name]; {
		case !known:
			list = append(list, difference{ColumnPlace(i, "name"), "there is no column " + name})
		case here != there:
			list = append(list, difference{ColumnPlace(i, "type"), fmt.Sprintf("column %s is %s, not %s", name, there, here)})
		}
		delete(types, name)
	}
	for _, name := range slices.Sorted(maps.Keys(types)) {
		list = append(list, difference{"columns", "there is also a column " + name})
	}
	return list
}

// storedType is the type of the column as far as the table has it.
func (c *Column) storedType() string {
	switch c.Type() {
	case dropzone.Identifier, dropzone.Text, dropzone.Enum:
		return "text"
	case dropzone.Decimal:
		return fmt.Sprintf("%s of scale %d", c.TypeID, c.Scale)
	default:
		return c.TypeID.String()
	}
}
