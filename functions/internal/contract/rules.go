package contract

import "eventdrop/functions/internal/dropzone"

// The named rules. Each one's reason for a reject stands in package dropzone.
const (
	NotInFuture           = "not_in_future"           // column, tolerance: not later than the object's last-modified plus tolerance
	NotBefore             = "not_before"              // column, time
	PurchaseNeedsProduct  = "purchase_needs_product"  // event, product: a purchase names its product
	PurchaseNeedsQuantity = "purchase_needs_quantity" // event, quantity: a purchase is not of zero pieces
	AmountMatches         = "amount_matches"          // price, quantity, total: exact, where all three are present
)

// parameters gives, for each rule, the columns that it names and the type each must have.
func (r *Rule) parameters() (map[string]dropzone.Type, bool) {
	switch r.Name {
	case NotInFuture, NotBefore:
		return map[string]dropzone.Type{r.Column: dropzone.Timestamp}, true
	case PurchaseNeedsProduct:
		return map[string]dropzone.Type{r.Event: dropzone.Enum, r.Product: dropzone.Identifier}, true
	case PurchaseNeedsQuantity:
		return map[string]dropzone.Type{r.Event: dropzone.Enum, r.Quantity: dropzone.Integer}, true
	case AmountMatches:
		return map[string]dropzone.Type{
			r.Price: dropzone.Decimal, r.Quantity: dropzone.Integer, r.Total: dropzone.Decimal,
		}, true
	}
	return nil, false
}

func (c *Contract) validateRules(faults *faults) {
	for i := range c.Rules {
		rule := &c.Rules[i]
		params, known := rule.parameters()
		faults.check(known, "rules: %q is not a rule", rule.Name)
		for name, want := range params {
			col := c.ColumnIndex(name)
			faults.check(col >= 0 && c.Columns[col].Type() == want,
				"rule %s: %q is not a column of type %s", rule.Name, name, typeNames()[want-1])
		}
		faults.check(rule.Name != NotBefore || !rule.Time.IsZero(), "rule %s: time is missing", rule.Name)
		faults.check(rule.Tolerance >= 0, "rule %s: tolerance must not be negative", rule.Name)
	}
}
