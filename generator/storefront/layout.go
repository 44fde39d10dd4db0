package storefront

import "slices"

// Times of sound rows, as the two shapes write them.
const (
	clockShop     = "2006-01-02T15:04:05.000Z"   // UTC, milliseconds
	clockOriginal = "2006-01-02T15:04:05.000000" // no zone, microseconds
)

// layout is one way to lay an event out in a CSV file: a schema version of the shop, or a variant of the original.
type layout struct {
	version    string
	header     []string
	columns    []column
	clock      string // Go layout of a sound time; its precision is what survives
	original   bool   // a price on every row, no quantity
	floatUsers bool   // every user_id is written as "123.0"
}

func (l *layout) has(c column) bool { return slices.Contains(l.columns, c) }

// shopLayouts are the schema versions of the shop, oldest first.
func shopLayouts() []layout {
	v1 := []column{
		colEventID, colEventType, colEventTime, colUserID, colProductID, colProductName, colCategory, colPrice,
		colQuantity, colTotal,
	}
	v2 := []column{
		colEventID, colEventType, colEventTime, colUserID, colSessionID, colProductID, colProductName, colCategory,
		colPrice, colQuantity, colTotal, colCurrency, colDevice,
	}
	return []layout{
		{version: "v1", header: names(v1), columns: v1, clock: clockShop},
		{version: "v2", header: names(v2), columns: v2, clock: clockShop},
		layoutV3(),
	}
}

// layoutV3 is what a rewrite of the shop's front end made of version 2: reordered, renamed, and wider.
func layoutV3() layout {
	return layout{
		version: "v3",
		header: []string{
			"occurred_at", "event_name", "event_uuid", "customer_id", "session_id", "sku", "product_title",
			"product_category", "qty", "unit_price", "order_total", "currency_code", "platform", "campaign", "referrer",
		},
		columns: []column{
			colEventTime, colEventType, colEventID, colUserID, colSessionID, colProductID, colProductName,
			colCategory, colQuantity, colPrice, colTotal, colCurrency, colDevice, colCampaign, colReferrer,
		},
		clock: clockShop,
	}
}

// names are the contract's names of the columns: the header of a file that renames nothing.
func names(of []column) []string {
	header := make([]string, len(of))
	for i, c := range of {
		header[i] = c.String()
	}
	return header
}
