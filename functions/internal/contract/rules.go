package contract

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"eventdrop/functions/internal/dropzone"
)

// The named rules. Each one's reason for a reject stands in package dropzone.
const (
	NotInFuture           = "not_in_future"           // column, tolerance: not later than the object's last-modified plus tolerance
	NotBefore             = "not_before"              // column, time
	PurchaseNeedsProduct  = "purchase_needs_product"  // event, product: a purchase names its product
	PurchaseNeedsQuantity = "purchase_needs_quantity" // event, quantity: a purchase is not of zero pieces
	AmountMatches         = "amount_matches"          // price, quantity, total: exact, where all three are present
)

// Purchase is the value of an enum that the rules about purchases look for.
const Purchase = "purchase"

// ruleParameters gives the parameters of each rule. All are needed, but for the tolerance.
func ruleParameters() map[string][]string {
	return map[string][]string{
		NotInFuture:           {"column", "tolerance"},
		NotBefore:             {"column", "time"},
		PurchaseNeedsProduct:  {"event", "product"},
		PurchaseNeedsQuantity: {"event", "quantity"},
		AmountMatches:         {"price", "quantity", "total"},
	}
}

// parameter is a parameter of a rule that names a column.
type parameter struct {
	name, column string
	want         dropzone.Type
}

func (r Rule) parameters() []parameter {
	return []parameter{
		{"column", r.Column, dropzone.Timestamp},
		{"event", r.Event, dropzone.Enum},
		{"product", r.Product, dropzone.Identifier},
		{"quantity", r.Quantity, dropzone.Integer},
		{"price", r.Price, dropzone.Decimal},
		{"total", r.Total, dropzone.Decimal},
	}
}

func (c *Contract) validateRules(f *Faults) {
	for i := range c.Rules {
		rule := &c.Rules[i]
		place := func(field string) string { return fmt.Sprintf("rules[%d].%s", i, field) }
		allowed, known := ruleParameters()[rule.Name]
		if !known {
			f.Add(place("rule"), "rules: %q is not a rule: want one of %s", rule.Name,
				strings.Join(slices.Sorted(maps.Keys(ruleParameters())), ", "))
			continue
		}
		rule.validate(f, place, allowed)
		for _, p := range rule.parameters() {
			if slices.Contains(allowed, p.name) {
				c.validateParameter(f, place(p.name), rule.Name, p)
			}
		}
	}
}

// validate checks what can be said of a rule without its columns.
func (r Rule) validate(f *Faults, place func(string) string, allowed []string) {
	unwanted := func(ok bool, field string) {
		f.check(ok, place(field), "rule %s: it has no %s: its parameters are %s", r.Name, field, strings.Join(allowed, ", "))
	}
	for _, p := range r.parameters() {
		unwanted(p.column == "" || slices.Contains(allowed, p.name), p.name)
	}
	unwanted(r.Time.IsZero() || r.Name == NotBefore, "time")
	unwanted(r.Tolerance == 0 || r.Name == NotInFuture, "tolerance")
	f.check(!r.Time.IsZero() || r.Name != NotBefore, place("time"), "rule %s: time is missing: add one, such as 2000-01-01T00:00:00Z", r.Name)
	f.check(r.Tolerance >= 0, place("tolerance"), "rule %s: tolerance must not be negative", r.Name)
}

func (c *Contract) validateParameter(f *Faults, place, rule string, p parameter) {
	i := c.ColumnIndex(p.column)
	if i < 0 || c.Columns[i].Type() != p.want {
		f.Add(place, "rule %s: %s: %q is not a column of type %s", rule, p.name, p.column, TypeName(p.want))
		return
	}
	_, sells := c.Columns[i].Values[Purchase]
	f.check(p.name != "event" || sells, place, "rule %s: column %s has no value %q: add it to its values", rule, p.column, Purchase)
}
