package storefront

import (
	"encoding/binary"
	"math/rand/v2"
	"strconv"
	"time"

	"github.com/google/uuid"
)

// clockTruth is how a manifest writes a time: UTC, microseconds.
const clockTruth = "2006-01-02T15:04:05.000000Z"

// row is one record on its way into a file: what will stand in it, and what must come out of it.
type row struct {
	cells [columns]string // the text of each cell, before quoting
	want  [columns]string // the value of each column after cleaning, in canonical form; "" is absent
	time  time.Time       // when it happened, UTC, microseconds
	class string          // the planted defect, "" for a sound row

	reason string // why it must be rejected, "" if it must survive
	blame  column // the column that is to blame
}

// write puts a text into a cell and notes what it must become.
func (r *row) write(c column, text, want string) { r.cells[c], r.want[c] = text, want }

// refuse notes that the row must be rejected.
func (r *row) refuse(c column, reason string) { r.reason, r.blame = reason, c }

// newRow is the sound report of one step.
func newRow(rng *rand.Rand, l *layout, who *shopper, did step, when time.Time) row {
	r := row{time: when}
	r.tell(l, colEventID, newID(rng))
	r.tell(l, colEventType, did.kind)
	r.write(colEventTime, when.Format(l.clock), canonical(when, l))
	r.tell(l, colUserID, who.user)
	r.tell(l, colSessionID, who.session)
	r.tell(l, colCurrency, who.currency)
	r.tell(l, colDevice, who.device)
	r.tell(l, colCampaign, who.campaign)
	r.tell(l, colReferrer, who.referrer)
	r.article(l, did)
	if l.floatUsers {
		r.cells[colUserID] += ".0"
	}
	return r
}

// tell writes a value that is its own canonical form, if the layout has a column for it.
func (r *row) tell(l *layout, c column, value string) {
	if l.has(c) {
		r.write(c, value, value)
	}
}

// article writes what the step was about. Only steps from the cart on have amounts, and only from the checkout on a
// total; the original has a price on every row.
func (r *row) article(l *layout, did step) {
	if did.product == nil {
		return
	}
	r.tell(l, colProductID, did.product.id)
	r.tell(l, colProductName, did.product.name)
	r.tell(l, colCategory, did.product.category)
	if did.quantity > 0 || l.original {
		r.tell(l, colPrice, money(did.product.cents))
	}
	if did.quantity > 0 {
		r.tell(l, colQuantity, strconv.FormatInt(did.quantity, 10))
	}
	if did.kind == kindCheckout || did.kind == kindPurchase {
		r.tell(l, colTotal, money(did.product.cents*did.quantity))
	}
}

// reprice gives the row another price in cents, and the total that belongs to it.
func (r *row) reprice(cents int64) {
	r.write(colPrice, money(cents), money(cents))
	r.retotal(cents)
}

// retotal makes the total fit the price in cents and the quantity, where there is a total.
func (r *row) retotal(cents int64) {
	if r.want[colTotal] == "" {
		return
	}
	pieces, _ := strconv.ParseInt(r.want[colQuantity], 10, 64) // absent counts as 0: nothing was bought
	r.write(colTotal, money(cents*pieces), money(cents*pieces))
}

// judge applies the rules about whole rows to a row whose values are all valid.
func (r *row) judge() {
	if r.reason != "" || r.want[colEventType] != kindPurchase {
		return
	}
	switch {
	case r.want[colProductID] == "":
		r.refuse(colProductID, reasonNeedsProduct)
	case r.want[colQuantity] == "0":
		r.refuse(colQuantity, reasonNeedsQuantity)
	}
}

// canonical is the time that survives the layout's precision.
func canonical(when time.Time, l *layout) string {
	if l.original {
		return when.Format(clockTruth)
	}
	return when.Truncate(time.Millisecond).Format(clockTruth)
}

// newID is a random UUID (version 4).
func newID(rng *rand.Rand) string {
	var id uuid.UUID
	binary.BigEndian.PutUint64(id[:8], rng.Uint64())
	binary.BigEndian.PutUint64(id[8:], rng.Uint64())
	id[6] = id[6]&0x0f | 0x40
	id[8] = id[8]&0x3f | 0x80
	return id.String()
}
