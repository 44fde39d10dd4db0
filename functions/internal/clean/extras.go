package clean

import (
	"bytes"
	"fmt"
	"strconv"

	"eventdrop/functions/internal/dropzone"
)

// extra is a column that the contract does not know. It is kept under its own name.
type extra struct {
	name   string
	prefix []byte // the name as a JSON string, and the colon
	field  int
}

// nameSet gives each unknown column a name of its own, so that nothing is lost.
type nameSet map[string]bool

func (s nameSet) newExtra(name string, field int) extra {
	if name == "" {
		name = fmt.Sprintf("column_%d", field+1)
	}
	unique := name
	for n := 2; s[unique]; n++ {
		unique = name + "#" + strconv.Itoa(n)
	}
	s[unique] = true
	return extra{name: unique, prefix: append(appendJSONString(nil, []byte(unique)), ':'), field: field}
}

// collectExtras writes all unknown columns that hold something as one JSON object.
func (r *Rows) collectExtras(fields [][]byte) {
	v := &r.event.Values[len(r.event.Values)-1]
	*v = dropzone.Value{}
	start, arena := len(r.arena), r.arena
	for i := range r.extras {
		cell := fields[r.extras[i].field]
		if mayTrim(cell) {
			cell = bytes.TrimSpace(cell)
		}
		if len(cell) == 0 {
			continue
		}
		separator := byte(',')
		if !v.Present {
			separator = '{'
		}
		v.Present = true
		arena = append(append(arena, separator), r.extras[i].prefix...)
		arena = appendJSONString(arena, cell)
	}
	if v.Present {
		arena = append(arena, '}')
		v.Bytes = arena[start:]
	}
	r.arena = arena
}

// appendJSONString appends text, which is UTF-8 without NUL, as a JSON string (RFC 8259, section 7).
func appendJSONString(dst, text []byte) []byte {
	dst = append(dst, '"')
	begin := 0 // of what was not yet appended
	for i, b := range text {
		if b >= ' ' && b != '"' && b != '\\' {
			continue
		}
		dst = appendEscaped(append(dst, text[begin:i]...), b)
		begin = i + 1
	}
	return append(append(dst, text[begin:]...), '"')
}

func appendEscaped(dst []byte, b byte) []byte {
	const hex = "0123456789abcdef"
	switch b {
	case '"', '\\':
		return append(dst, '\\', b)
	case '\n':
		return append(dst, '\\', 'n')
	default:
		return append(dst, '\\', 'u', '0', '0', hex[b>>4], hex[b&15])
	}
}
