package clean

import (
	"math/bits"
	"time"

	"eventdrop/functions/internal/contract"
	"eventdrop/functions/internal/dropzone"
)

// rule is a compiled check of the whole row.
type rule struct {
	column int // at fault when the check fails
	reason dropzone.Reason
	holds  func(values []dropzone.Value, modified time.Time) bool
}

// compileRule turns a rule that the contract has validated into code.
func compileRule(c *contract.Contract, r *contract.Rule) rule {
	at := c.ColumnIndex(r.Column)
	switch r.Name {
	case contract.NotInFuture:
		tolerance := r.Tolerance
		return rule{at, dropzone.InFuture, func(v []dropzone.Value, modified time.Time) bool {
			return !v[at].Present || v[at].Int <= modified.Add(tolerance).UnixMicro()
		}}
	case contract.NotBefore:
		earliest := r.Time.UnixMicro()
		return rule{at, dropzone.TooOld, func(v []dropzone.Value, _ time.Time) bool {
			return !v[at].Present || v[at].Int >= earliest
		}}
	case contract.PurchaseNeedsProduct:
		event, product := c.ColumnIndex(r.Event), c.ColumnIndex(r.Product)
		return rule{product, dropzone.PurchaseNeedsProduct, func(v []dropzone.Value, _ time.Time) bool {
			return v[product].Present || !isPurchase(&v[event])
		}}
	case contract.PurchaseNeedsQuantity:
		event, quantity := c.ColumnIndex(r.Event), c.ColumnIndex(r.Quantity)
		return rule{quantity, dropzone.PurchaseNeedsQuantity, func(v []dropzone.Value, _ time.Time) bool {
			return !v[quantity].Present || v[quantity].Int != 0 || !isPurchase(&v[event])
		}}
	}
	return amountMatches(c, r)
}

func isPurchase(event *dropzone.Value) bool {
	return event.Present && string(event.Bytes) == "purchase"
}

// amountMatches compares price x quantity with the total, exactly, at the finer of their scales.
func amountMatches(c *contract.Contract, r *contract.Rule) rule {
	price, quantity, total := c.ColumnIndex(r.Price), c.ColumnIndex(r.Quantity), c.ColumnIndex(r.Total)
	priceScale, totalScale := c.Columns[price].Scale, c.Columns[total].Scale
	priceUnit, totalUnit := powerOfTen(max(0, totalScale-priceScale)), powerOfTen(max(0, priceScale-totalScale))
	return rule{total, dropzone.AmountMismatch, func(v []dropzone.Value, _ time.Time) bool {
		if !v[price].Present || !v[quantity].Present || !v[total].Present {
			return true
		}
		left, ok := product(v[price].Int, v[quantity].Int, priceUnit)
		right, ok2 := product(v[total].Int, 1, totalUnit)
		return ok && ok2 && left == right
	}}
}

func powerOfTen(n int) int64 {
	p := int64(1)
	for range n {
		p *= 10
	}
	return p
}

// product multiplies three numbers; false on overflow.
func product(a, b, c int64) (int64, bool) {
	negative := (a < 0) != (b < 0)
	hi, lo := bits.Mul64(magnitude(a), magnitude(b))
	hi2, lo2 := bits.Mul64(lo, magnitude(c))
	if hi != 0 || hi2 != 0 || lo2 > 1<<63-1 {
		return 0, false
	}
	if negative {
		return -int64(lo2), true
	}
	return int64(lo2), true
}

func magnitude(n int64) uint64 {
	if n < 0 {
		return -uint64(n)
	}
	return uint64(n)
}
