package clean

import (
	"cmp"
	"slices"

	"eventdrop/functions/internal/dropzone"
)

// counts is how often each rule touched each column.
type counts map[countKey]int64

type countKey struct {
	rule, column string
	repaired     bool
}

func (c counts) reject(reason dropzone.Reason, column string) {
	c[countKey{string(reason), column, false}]++
}

// repair counts the repairs of one record.
func (c counts) repair(repairs []countKey) {
	for _, k := range repairs {
		c[k]++
	}
}

// list gives the counts, the largest first.
func (c counts) list() []dropzone.QualityCount {
	list := make([]dropzone.QualityCount, 0, len(c))
	for k, n := range c {
		list = append(list, dropzone.QualityCount{Rule: k.rule, Column: k.column, Repaired: k.repaired, Count: n})
	}
	slices.SortFunc(list, func(a, b dropzone.QualityCount) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Rule, b.Rule), cmp.Compare(a.Column, b.Column))
	})
	return list
}
