package clean

import (
	"math/bits"

	"eventdrop/functions/internal/contract"
	"eventdrop/functions/internal/dropzone"
)

// rule is a compiled check of the whole row.
type rule struct {
	column int // at fault when the check fails
	reason dropzone.Reason
	// holds takes the object's last-modified in microseconds.
	holds func(values []dropzone.Value, modified int64) bool
}

// compileRule turns a rule that the contract has validated into code.
func compileRule(c *contract.Contract, r *contract.Rule) rule {
	at := c.ColumnIndex(r.Column)
	switch r.Name {
	case contract.NotInFuture:
		tolerance := r.Tolerance.Microseconds()
		return rule{at, dropzone.InFuture, func(v []dropzone.Value, modified int64) bool {
			return !v[at].Present || v[at].Int <= modified+tolerance
		}}
	case contract.NotBefore:
		earliest := r.Time.UnixMicro()
		return rule{at, dropzone.TooOld, func(v []dropzone.Value, _ int64) bool {
			return !v[at].Present || v[at].Int >= earliest
		}}
	case contract.PurchaseNeedsProduct:
		event, product := c.ColumnIndex(r.Event), c.ColumnIndex(r.Product)
		return rule{product, dropzone.PurchaseNeedsProduct, func(v []dropzone.Value, _ int64) bool {
			return v[product].Present || !isPurchase(&v[event])
		}}
	case contract.PurchaseNeedsQuantity:
		event, quantity := c.ColumnIndex(r.Event), c.ColumnIndex(r.Quantity)
		return rule{quantity, dropzone.PurchaseNeedsQuantity, func(v []dropzone.Value, _ int64) bool {
			return !v[quantity].Present || v[quantity].Int != 0 || !isPurchase(&v[event])
		}}
	}
	return amountMatches(c, r)
}

func isPurchase(event *dropzone.Value) bool {
	return event.Present && string(event.Bytes) == contract.Purchase
}

// amountMatches compares price x quantity with the total, exactly, at the finer of their scales.
func amountMatches(c *contract.Contract, r *contract.Rule) rule {
	price, quantity, total := c.ColumnIndex(r.Price), c.ColumnIndex(r.Quantity), c.ColumnIndex(r.Total)
	priceScale, totalScale := c.Columns[price].Scale, c.Columns[total].Scale
	priceUnit, totalUnit := powerOfTen(max(0, totalScale-priceScale)), powerOfTen(max(0, priceScale-totalScale))
	return rule{total, dropzone.AmountMismatch, func(v []dropzone.Value, _ int64) bool {
		if !v[price].Present || !v[quantity].Present || !v[total].Present {
			return true
		}
		left, fits := product(v[price].Int, v[quantity].Int, priceUnit)
		right, _ := product(v[total].Int, 1, totalUnit)
		return fits && left == right // a product beyond 128 bits equals no total
	}}
}

func powerOfTen(n int) uint64 {
	p := uint64(1)
	for range n {
		p *= 10
	}
	return p
}

// wide is a number of 128 bits and a sign, which is false for zero.
type wide struct {
	negative bool
	hi, lo   uint64
}

// product multiplies two numbers and a unit; false if the result exceeds 128 bits.
func product(a, b int64, unit uint64) (wide, bool) {
	hi, lo := bits.Mul64(magnitude(a), magnitude(b))
	beyond, high := bits.Mul64(hi, unit)
	carry, low := bits.Mul64(lo, unit)
	high, over := bits.Add64(high, carry, 0)
	return wide{(a < 0) != (b < 0) && high|low != 0, high, low}, beyond|over == 0
}

func magnitude(n int64) uint64 {
	if n < 0 {
		return -uint64(n) //nolint:gosec // two's complement: right for the smallest number, too
	}
	return uint64(n)
}
