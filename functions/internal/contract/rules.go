package contract

import (
	"slices"

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

func (r *Rule) parameters() []parameter {
	return []parameter{
		{"column", r.Column, dropzone.Timestamp},
		{"event", r.Event, dropzone.Enum},
		{"product", r.Product, dropzone.Identifier},
		{"quantity", r.Quantity, dropzone.Integer},
		{"price", r.Price, dropzone.Decimal},
		{"total", r.Total, dropzone.Decimal},
	}
}

func (c *Contract) validateRules(faults *faults) {
	for i := range c.Rules {
		rule := &c.Rules[i]
		allowed, known := ruleParameters()[rule.Name]
		if !known {
			faults.add("rules: %q is not a rule", rule.Name)
			continue
		}
		rule.validate(faults, allowed)
		for _, p := range rule.parameters() {
			if slices.Contains(allowed, p.name) {
				c.validateParameter(faults, rule.Name, p)
			}
		}
	}
}

// validate checks what can be said of a rule without its columns.
func (r *Rule) validate(faults *faults, allowed []string) {
	for _, p := range r.parameters() {
		faults.check(p.column == "" || slices.Contains(allowed, p.name), "rule %s: it has no %s", r.Name, p.name)
	}
	faults.check(r.Time.IsZero() || r.Name == NotBefore, "rule %s: it has no time", r.Name)
	faults.check(!r.Time.IsZero() || r.Name != NotBefore, "rule %s: time is missing", r.Name)
	faults.check(r.Tolerance == 0 || r.Name == NotInFuture, "rule %s: it has no tolerance", r.Name)
	faults.check(r.Tolerance >= 0, "rule %s: tolerance must not be negative", r.Name)
}

func (c *Contract) validateParameter(faults *faults, rule string, p parameter) {
	i := c.ColumnIndex(p.column)
	if i < 0 || c.Columns[i].Type() != p.want {
		faults.add("rule %s: %s: %q is not a column of type %s", rule, p.name, p.column, typeNames()[p.want-1])
		return
	}
	_, sells := c.Columns[i].Values[Purchase]
	faults.check(p.name != "event" || sells, "rule %s: column %s has no value %q", rule, p.column, Purchase)
}
