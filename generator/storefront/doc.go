// Package storefront plays the shoppers of a web shop and the careless systems that report them: it makes CSV objects
// with planted defects, and for every line of them the truth about what a loader must make of it.
//
// Start reading at [Shop.Next]: shoppers walk through the shop (session.go), their steps become rows (row.go), a few
// rows get a defect (plant.go, defect*.go), the rows become a CSV object (write.go), a few objects are damaged as a
// whole (damage.go), and a [Manifest] says what was planted.
//
// The package is an oracle for the default contract and must stay independent of the loader: it spells columns and
// reason codes itself and imports nothing of it.
package storefront
