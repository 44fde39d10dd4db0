package clean

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"

	"eventdrop/functions/internal/csvfile"
	"eventdrop/functions/internal/dropzone"
)

// extra is a column that the contract does not know. It is kept under its own name.
type extra struct {
	name   string
	prefix []byte // the name as a JSON string, and the colon
	field  int
}

// newExtra names the unknown column so that no two share a name: nothing is lost.
func newExtra(name string, field int, taken []extra) extra {
	if name == "" {
		name = fmt.Sprintf("column_%d", field+1)
	}
	unique := name
	for n := 2; slices.ContainsFunc(taken, func(e extra) bool { return e.name == unique }); n++ {
		unique = name + "#" + strconv.Itoa(n)
	}
	return extra{name: unique, prefix: append(appendJSONString(nil, []byte(unique)), ':'), field: field}
}

// collectExtras writes all unknown columns that hold something as one JSON object.
func (r *Rows) collectExtras(record *csvfile.Record) {
	v := &r.event.Values[len(r.event.Values)-1]
	*v = dropzone.Value{}
	start := len(r.arena)
	for i := range r.extras {
		cell := bytes.TrimSpace(record.Fields[r.extras[i].field])
		if len(cell) == 0 {
			continue
		}
		separator := byte(',')
		if !v.Present {
			separator = '{'
		}
		v.Present = true
		r.arena = append(append(r.arena, separator), r.extras[i].prefix...)
		r.arena = appendJSONString(r.arena, cell)
	}
	if v.Present {
		r.arena = append(r.arena, '}')
		v.Bytes = r.arena[start:]
	}
}

// appendJSONString appends text, which is UTF-8 without NUL, as a JSON string (RFC 8259, section 7).
func appendJSONString(dst, text []byte) []byte {
	const hex = "0123456789abcdef"
	dst = append(dst, '"')
	for _, b := range text {
		switch {
		case b == '"' || b == '\\':
			dst = append(dst, '\\', b)
		case b == '\n':
			dst = append(dst, '\\', 'n')
		case b < 0x20:
			dst = append(dst, '\\', 'u', '0', '0', hex[b>>4], hex[b&15])
		default:
			dst = append(dst, b)
		}
	}
	return append(dst, '"')
}
