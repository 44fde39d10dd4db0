package propose

import (
	"cmp"
	"maps"
	"slices"

	"eventdrop/functions/internal/dropzone"
)

// draft is the contract before it is written.
type draft struct {
	survey           *survey
	file             string
	name             string
	records, damaged int
	dialect          dropzone.Dialect

	columns []draftColumn
	key     string
	keyWhy  []string
	added   bool // the key is a column that the file does not have
	recency string
	changes []string // times of a last change that are not always there
	extras  string
	nulls   []string
}

type draftColumn struct {
	*column
	guess

	name     string
	alias    bool
	required bool
}

func newDraft(s *survey, file string) *draft {
	d := &draft{survey: s, file: file, name: tableName(file)}
	names := newNamer(s)
	nulls := map[string]int{}
	for _, c := range s.columns {
		col := draftColumn{column: c, guess: c.guess()}
		col.name, col.alias = names.name(c)
		col.required = c.absent == 0 && col.misfit == 0 && c.present > 0
		for word, count := range c.nulls {
			nulls[word] += count
		}
		d.columns = append(d.columns, col)
	}
	d.nulls = slices.Sorted(maps.Keys(nulls))
	d.chooseKey(names)
	d.chooseRecency()
	d.extras = names.free("extras")
	return d
}

// chooseKey takes a column that is unique, always there, and named as an id of the record.
func (d *draft) chooseKey(names namer) {
	best := -1
	for i := range d.columns {
		if c := &d.columns[i]; c.mayBeKey() && (best < 0 || c.keyRank() < d.columns[best].keyRank()) {
			best = i
		}
	}
	if best < 0 {
		d.added = true
		d.key = names.free("event_id")
		d.keyWhy = []string{
			"No column is surely the id of a record: none with such a name is unique and always there. So the identity is derived from the",
			"whole record: the same record in two files is one event. If a column identifies a record, name it here and remove " + d.key + ".",
		}
		return
	}
	key := &d.columns[best]
	d.key = key.name
	if key.typ != dropzone.UUID {
		key.typ, key.scale, key.values, key.formats, key.remarks = dropzone.Identifier, 0, nil, nil, nil
	}
	key.remark("Unique and always there in the sample: the key. A record with the same value replaces the older one.")
	d.keyWhy = []string{"It is unique and always there in the sample. Is it the id of the record, for ever? A record with the same id replaces the older one."}
}

// mayBeKey leaves out times and texts that happen to be unique.
func (c *draftColumn) mayBeKey() bool {
	if !c.unique || c.absent > 0 || c.present < 2 || c.misfit > 0 {
		return false
	}
	switch c.typ {
	case dropzone.UUID:
		return !isForeign(c.words)
	case dropzone.Identifier, dropzone.Integer:
		return isID(c.words) && !isForeign(c.words)
	default:
		return false
	}
}

// keyRank is lower for the likelier key: a plain id, then what is first in the file.
func (c *draftColumn) keyRank() int {
	if len(c.words) == 1 && hasAny(c.words, "id", "uuid", "guid", "key") || hasAny(c.words, "event", "row", "record") {
		return c.field
	}
	return c.field + 10_000
}

// chooseRecency takes the time of the last change where every record has it.
func (d *draft) chooseRecency() {
	for i := range d.columns {
		c := &d.columns[i]
		switch {
		case c.typ != dropzone.Timestamp || !isChange(c.words):
		case c.required && d.recency == "":
			d.recency = c.name
		default:
			d.changes = append(d.changes, c.name)
		}
	}
}

func (d *draft) delimiterName() string {
	names := map[string]string{",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
	return cmp.Or(names[d.dialect.Delimiter], "one column")
}
