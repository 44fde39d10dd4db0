// Package bench is the performance report of the pipeline: it measures what eventdrop does against a floor, which is the least that
// the same servers could take for the same, in one run and by turns.
//
// Absolute figures differ from machine to machine and from minute to minute; a ratio of two measurements that were taken by turns
// holds. Each benchmark is a file of its own, named for what it measures, and a [Result] is all that it says. Loaders are
// processes of their own, as in production: what the measuring takes is not theirs.
//
// Start reading at [Run].
package bench
