package clean

import (
	"eventdrop/functions/internal/contract"
	"eventdrop/functions/internal/dropzone"
)

// endings tell by the first and the last byte that a field is its own normal form and no null token, as
// most are: there is nothing to trim, to change or to compare.
type endings [256]uint8

// What a byte does not settle: as the first one of a field, or as the last one.
const (
	openFirst uint8 = 1 << iota
	openLast
)

func newEndings(col *contract.Column, nulls *tokenSet) (e endings) {
	for b := range e {
		solid := isSolid(byte(b))
		if !solid || nulls.first[b] || col.Case != "" {
			e[b] |= openFirst
		}
		if !solid || col.Type() == dropzone.Identifier && mayEndFloat(byte(b)) {
			e[b] |= openLast
		}
	}
	return e
}

// settle is false for an empty field.
func (e *endings) settle(field []byte) bool {
	n := len(field)
	return n > 0 && e[field[0]]&openFirst|e[field[n-1]]&openLast == 0
}
