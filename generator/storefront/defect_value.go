package storefront

import (
	"fmt"
	"strconv"
	"strings"
)

// identifierClasses are the defects of user_id and product_id; prefix is user or product. A purchase whose product is
// absent must be rejected, which judge (row.go) sees to.
func identifierClasses(c column, prefix string) []class {
	return []class{
		absent(c, prefix+"_empty", "no "+c.String(), ""),
		absent(c, prefix+"_null", "null for a "+c.String(), "null", "None", "NaN", "undefined"),
		absent(c, prefix+"_zero", "0 for a "+c.String(), "0"),
		absent(c, prefix+"_minus_one", "-1 for a "+c.String(), "-1"),
		respelt(c, prefix+"_float", "123.0 for 123", func(id string, _ *draft) string { return id + ".0" }),
		replaced(c, prefix+"_text", "a word for a number", func(d *draft) string {
			return fmt.Sprintf("%s-%06x", prefix, d.rng.Uint32N(1<<24))
		}),
	}
}

func sessionClasses() []class {
	return []class{absent(colSessionID, "session_empty", "no session_id", "")}
}

func nameClasses() []class {
	c := colProductName
	fixed := func(name, text string, names ...string) class {
		return replaced(c, name, text, func(d *draft) string { return pick(d.rng, names) })
	}
	return []class{
		absent(c, "name_empty", "no product_name", ""),
		respelt(c, "name_padded", "spaces around the name", func(v string, _ *draft) string { return "  " + v + "   " }),
		fixed("name_quotes", "quotes inside the name", `The "Original" 12" Skillet`, `"Best of" the ""Eighties""`),
		fixed("name_commas", "commas inside the name", "Knives, forks, and spoons, 24 pieces", "Rope, 10 m, red,"),
		fixed("name_newline", "a line end inside the name", "Desk Lamp\nwith USB port", "Gift box:\n\nsmall\nmedium"),
	}
}

func priceClasses() []class {
	c := colPrice
	negative := respelt(c, "price_negative", "a price below zero", func(v string, _ *draft) string { return "-" + v })
	return []class{
		rejecting(negative, reasonBelowMinimum),
		absent(c, "price_empty", "no price", ""),
		expensive("price_currency", "$1,234.50", func(whole, cents string) string { return "$" + thousands(whole, ",") + "." + cents }),
		expensive("price_european", "1.234,50", func(whole, cents string) string { return thousands(whole, ".") + "," + cents }),
		refused(c, reasonInvalidDecimal, "price_text", "a word for a price", "free", "call us", "twelve"),
		{name: "price_zero", column: c, text: "a price of 0.00: kept", plant: func(r *row, _ *draft) { r.reprice(0) }},
		refused(c, reasonAboveMaximum, "price_absurd", "a price beyond reason", "99999999.99", "1000000.01"),
	}
}

// rejecting turns a class into one whose rows must be rejected.
func rejecting(c class, reason string) class {
	plant := c.plant
	c.text = strings.TrimSuffix(c.text, ": kept") + ": " + reason
	c.plant = func(r *row, d *draft) {
		plant(r, d)
		r.refuse(c.column, reason)
	}
	return c
}

// expensive gives the row a price of four digits, so that the separator of thousands shows, and spells it.
func expensive(name, text string, spell func(whole, cents string) string) class {
	return class{name: name, column: colPrice, text: text + ": kept", plant: func(r *row, d *draft) {
		cents := 1_000_00 + d.rng.Int64N(9_000_00)
		r.reprice(cents)
		whole, fraction, _ := strings.Cut(money(cents), ".")
		r.cells[colPrice] = spell(whole, fraction)
	}}
}

// thousands separates the last three of four digits.
func thousands(whole, separator string) string { return whole[:1] + separator + whole[1:] }

func quantityClasses() []class {
	c := colQuantity
	return []class{
		{
			name: "quantity_zero", column: c, text: "no pieces: kept, but a purchase is " + reasonNeedsQuantity,
			fits: func(*row) bool { return true },
			plant: func(r *row, _ *draft) {
				r.write(c, "0", "0")
				r.retotal(0)
			},
		},
		refused(c, reasonBelowMinimum, "quantity_negative", "fewer than no pieces", "-1", "-12"),
		refused(c, reasonInvalidInteger, "quantity_text", "a word for a quantity", "two", "a few", "1 box"),
		refused(c, reasonAboveMaximum, "quantity_huge", "more pieces than sense", "1000000", "10001"),
	}
}

func totalClasses() []class {
	return []class{{
		name: "total_mismatch", column: colTotal, text: "price x quantity is not the total: " + reasonAmountMismatch,
		plant: func(r *row, d *draft) {
			off, _ := strconv.ParseInt(strings.ReplaceAll(r.want[colTotal], ".", ""), 10, 64) // our own money()
			r.write(colTotal, money(off+1+d.rng.Int64N(500)), "")
			r.refuse(colTotal, reasonAmountMismatch)
		},
	}}
}
