package csvfile

import (
	"bytes"
	"io"
	"strings"

	"eventdrop/functions/internal/dropzone"
)

// Again reads a record once more that a Reader gave: raw is its [Record.Raw], and d the dialect of
// the object that it came in. ended reports that its last line had a line end.
//
// It is not ok unless raw is one sound record, to its last byte. A record that was damaged may seem sound
// when it stands alone, because its damage lay in its neighbours: do not ask about those.
func Again(raw []byte, ended bool, d dropzone.Dialect, o Options) (record *Record, ok bool) {
	o.Limits = o.Limits.withDefaults()
	r := &Reader{options: o, header: d.Header, dialect: dropzone.Dialect{Charset: utf8Text}}
	r.split = splitter{delimiter: d.Delimiter[0], limit: len(d.Header) + 1, fields: make([][]byte, 0, len(d.Header)+1)}
	// A CR that ends the raw text is content: it needs another one behind it, which is taken for the line end's.
	end := "\r\n"
	if !ended {
		end = "\r"
	}
	r.text = newWindow(io.MultiReader(bytes.NewReader(raw), strings.NewReader(end)), o.Limits.RecordBytes)
	record, err := r.Next()
	if err != nil || record.Damage != "" || !bytes.Equal(record.Raw, raw) {
		return nil, false
	}
	return record, true
}
