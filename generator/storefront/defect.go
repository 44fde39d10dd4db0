package storefront

import (
	"slices"
	"strings"
)

// Class describes one kind of defect that can be planted.
type Class struct {
	Name   string `json:"name"`   // the code that rates and manifests use
	Object bool   `json:"object"` // a whole object is damaged, not a row
	Text   string `json:"text"`   // what is planted, and what must come of it
}

// Classes lists every class in a fixed order, rows first. Re-drops have a rate of their own: [Options.Redrops].
func Classes() []Class {
	var all []Class
	for _, c := range rowClasses() {
		all = append(all, Class{Name: c.name, Text: c.text})
	}
	for _, c := range objectClasses() {
		all = append(all, Class{Name: c.name, Object: true, Text: c.text})
	}
	return all
}

// class is a defect of one row.
type class struct {
	name   string
	text   string
	column column                        // files without this column cannot have the defect
	fits   func(r *row) bool             // whether the row can have it; nil: its cell is not empty
	plant  func(r *row, d *draft)        // spoils the row and says what must come of it
	repeat func(d *draft, s *Shop) *ring // instead of plant: where to find the row to write once more
}

// possible tells whether the row can carry the defect.
func (c *class) possible(r *row, l *layout) bool {
	if c.repeat != nil || !l.has(c.column) {
		return false
	}
	if c.fits == nil {
		return r.cells[c.column] != ""
	}
	return c.fits(r)
}

// respelt: the cell is written in another way and still means the same.
func respelt(c column, name, text string, spell func(value string, d *draft) string) class {
	return class{name: name, column: c, text: text + ": kept", plant: func(r *row, d *draft) {
		r.cells[c] = spell(r.want[c], d)
	}}
}

// replaced: the cell has another value, which is valid too.
func replaced(c column, name, text string, value func(d *draft) string) class {
	return class{name: name, column: c, text: text + ": kept", plant: func(r *row, d *draft) {
		v := value(d)
		r.write(c, v, v)
	}}
}

// absent: the cell holds one of the words, all of which mean that there is no value.
func absent(c column, name, text string, words ...string) class {
	return class{name: name, column: c, text: text + ": absent", plant: func(r *row, d *draft) {
		r.write(c, pick(d.rng, words), "")
	}}
}

// refused: the cell holds one of the words, for each of which the row must be rejected.
func refused(c column, reason, name, text string, words ...string) class {
	return class{name: name, column: c, text: text + ": " + reason, plant: func(r *row, d *draft) {
		r.write(c, pick(d.rng, words), "")
		r.refuse(c, reason)
	}}
}

// rowClasses are all defects of rows, in the order of the columns.
func rowClasses() []class {
	return slices.Concat(
		idClasses(), typeClasses(), timeClasses(),
		identifierClasses(colUserID, "user"), identifierClasses(colProductID, "product"),
		nameClasses(), priceClasses(), quantityClasses(), totalClasses(), sessionClasses(),
	)
}

// namedClass finds a row class; the tables of this package name only classes that exist.
func namedClass(name string) *class {
	all := rowClasses()
	i := slices.IndexFunc(all, func(c class) bool { return c.name == name })
	return &all[i]
}

func idClasses() []class {
	return []class{
		absent(colEventID, "id_absent", "no event_id, the key is derived", ""),
		refused(colEventID, reasonInvalidUUID, "id_malformed", "an event_id that is no UUID",
			"12345", "evt-000017", "6f1c2e0a-zzzz-4c1e-9d2b-0123456789ab", "6f1c2e0a-77b1-4c1e-9d2b"),
		{
			name: "id_duplicate_in_object", column: colEventID, text: "a row once more in the same object: one survives",
			repeat: func(d *draft, _ *Shop) *ring { return &d.sound },
		},
		{
			name: "id_duplicate_across", column: colEventID, text: "a row of an earlier object once more: one survives",
			repeat: func(d *draft, s *Shop) *ring { return s.earlier[d.layout.version] },
		},
	}
}

func typeClasses() []class {
	c := colEventType
	spelt := func(spell func(string) string) func(string, *draft) string {
		return func(kind string, _ *draft) string { return spell(kind) }
	}
	several := func(r *row) bool { return strings.Contains(r.cells[c], "_") }
	camel := respelt(c, "type_camel", "AddToCart", spelt(camelCase))
	camel.fits = several
	kebab := respelt(c, "type_kebab", "add-to-cart", spelt(kebabCase))
	kebab.fits = several
	return []class{
		respelt(c, "type_upper", "VIEW", spelt(strings.ToUpper)),
		respelt(c, "type_title", "Purchase", spelt(titleCase)),
		respelt(c, "type_padded", "' Purchase '", spelt(func(kind string) string { return " " + titleCase(kind) + " " })),
		camel, kebab,
		respelt(c, "type_synonym", "cart, transaction", func(kind string, d *draft) string {
			return pick(d.rng, synonyms(kind))
		}),
		refused(c, reasonMissing, "type_empty", "no event_type", ""),
		refused(c, reasonMissing, "type_null", "null for an event_type", "null", "NULL", "None"),
		refused(c, reasonUnknownValue, "type_unknown", "an event_type that nobody knows", "hover", "refund", "UNKNOWN", "42"),
	}
}

// synonyms are other words for a kind of event.
func synonyms(kind string) []string {
	switch kind {
	case kindView:
		return []string{"product_view", "page_view"}
	case kindClick:
		return []string{"clicked", "product_click"}
	case kindSearch:
		return []string{"searched", "site_search"}
	case kindCart:
		return []string{"cart", "added_to_cart"}
	case kindRemove:
		return []string{"cart_remove", "remove"}
	case kindWishlist:
		return []string{"add_to_wishlist", "favorite"}
	case kindCheckout:
		return []string{"begin_checkout", "check_out"}
	default:
		return []string{"transaction", "order", "bought"}
	}
}

func titleCase(kind string) string { return strings.ToUpper(kind[:1]) + kind[1:] }

func kebabCase(kind string) string { return strings.ReplaceAll(kind, "_", "-") }

func camelCase(kind string) string {
	words := strings.Split(kind, "_")
	for i, word := range words {
		words[i] = titleCase(word)
	}
	return strings.Join(words, "")
}
