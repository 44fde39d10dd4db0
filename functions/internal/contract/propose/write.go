package propose

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"eventdrop/functions/internal/contract"
	"eventdrop/functions/internal/dropzone"
)

// writer writes YAML with comments.
type writer struct{ strings.Builder }

func (w *writer) line(format string, args ...any) { fmt.Fprintf(w, format+"\n", args...) }

func (d *draft) yaml() []byte {
	w := &writer{}
	d.writeOrigin(w)
	d.writeHead(w)
	w.line("\ncolumns:")
	if d.added {
		w.line("  # The file has no such column: it is derived.\n  - name: %s\n    type: uuid\n", d.key)
	}
	for i := range d.columns {
		if i > 0 {
			w.line("")
		}
		d.columns[i].write(w)
	}
	d.writeRules(w)
	return []byte(w.String())
}

func (d *draft) writeOrigin(w *writer) {
	w.line("# Proposed by `eventdrop contract new` from %s: %s, separated by %s, %s.",
		strconv.Quote(d.file), counted(d.records, "record"), d.delimiterName(), d.dialect.Charset)
	w.line("# Every comment gives the reason of a guess, and quotes the sample: mind that before you share this file.")
	w.line("# Read them, change what is wrong, then:")
	w.line("#   eventdrop contract check FILE      finds all faults")
	w.line("#   EVENTDROP_CONTRACT=FILE            makes the programs use it; `eventdrop migrate` then makes its table")
	if d.damaged > 0 {
		w.line("# Damaged, and rejected whatever a contract says: %s of the sample.", counted(d.damaged, "record"))
	}
	for _, name := range d.survey.twice {
		w.line("# The header has %s more than once, but for case and separators. No contract can tell such columns apart: both go to extras.", strconv.Quote(name))
	}
	if n := len(d.survey.unnamed); n > 0 {
		w.line("# %s no name with letters or digits: they go to extras.", counted(n, "column")+map[bool]string{true: " has", false: " have"}[n == 1])
	}
	w.line("")
}

func (d *draft) writeHead(w *writer) {
	w.line("contract: %s", scalar(d.name))
	w.line("revision: 1  # raise it with every change")
	w.line("table: %s  # a table of its own", scalar(d.name))
	w.line("\n# Which keys of the bucket it serves: give it a folder of its own where others drop, too, such as [%s/].", d.name)
	w.line("objects:\n  prefixes: [\"\"]\n  suffixes: [.csv, .csv.gz, .csv.zst, .csv.bz2, .tsv, .tsv.gz, .tsv.zst, .tsv.bz2, .txt, .txt.gz]")
	w.line("")
	for _, reason := range d.keyWhy {
		w.line("# %s", reason)
	}
	w.line("key: %s", scalar(d.key))
	w.line("\n# Which of two records with the same key wins:")
	switch {
	case d.recency != "":
		w.line("# the one with the later %s. Every record of the sample has it.\nrecency: %s", d.recency, scalar(d.recency))
	case len(d.changes) > 0:
		w.line("# the one in the file that was dropped later. %s cannot be used: some records do not have it.", strings.Join(d.changes, ", "))
	default:
		w.line("# the one in the file that was dropped later. If records have the time of their last change: recency: THAT_COLUMN, which must be required.")
	}
	w.line("\nextras: %s  # columns that are not named below", scalar(d.extras))
	w.line("timezone: UTC  # of times that name no zone; an IANA name, such as Europe/Berlin")
	w.line("\n# Words that mean \"no value\", whatever their case.%s", map[bool]string{true: " The sample has none but empty cells.", false: ""}[len(d.nulls) == 0])
	w.line("null_tokens: %s", sequence(append([]string{""}, d.nulls...)))
	if d.records > 0 && !d.dialect.FinalNewline {
		w.line("\n# The sample's last line has no line end. A file that was cut looks just like it: have the export write one, and remove this.")
		w.line("final_newline: optional")
	}
}

func (c *draftColumn) write(w *writer) {
	w.line("  # %s: %s", strconv.Quote(c.header), c.seen())
	if c.misfit > 0 {
		w.line("  # %d of the values are no %s, such as %s: they become null. To reject such records, remove invalid.", c.misfit, contract.TypeName(c.typ), strconv.Quote(c.example))
	}
	for _, remark := range c.remarks {
		w.line("  # %s", remark)
	}
	w.line("  - name: %s\n    type: %s", scalar(c.name), contract.TypeName(c.typ))
	if c.alias {
		w.line("    aliases: %s", sequence([]string{c.header}))
	}
	if c.required {
		w.line("    required: true")
	}
	if c.typ == dropzone.Decimal && c.scale > 0 {
		w.line("    scale: %d", c.scale)
	}
	if len(c.formats) > 0 {
		w.line("    formats: %s", sequence(c.formats))
	}
	if len(c.values) > 0 {
		w.line("    values:")
		for _, value := range c.values {
			w.line("      %s: []  # %d", scalar(value.text), value.count)
		}
	}
	if c.misfit > 0 {
		w.line("    invalid: null")
	}
}

// seen says how much of the column is filled, and with what.
func (c *draftColumn) seen() string {
	text := fmt.Sprintf("filled in all %d records", c.present)
	if c.absent > 0 {
		text = fmt.Sprintf("filled in %d of %d records", c.present, c.present+c.absent)
	}
	if len(c.examples) == 0 {
		return text + "."
	}
	quoted := make([]string, len(c.examples))
	for i, e := range c.examples {
		quoted[i] = strconv.Quote(e)
	}
	return text + ", such as " + strings.Join(quoted, ", ") + "."
}

// writeRules proposes rules, but does not set them: the sample cannot tell what is right.
func (d *draft) writeRules(w *writer) {
	i := slices.IndexFunc(d.columns, func(c draftColumn) bool { return c.typ == dropzone.Timestamp && !isChange(c.words) })
	if i < 0 {
		return
	}
	w.line("\n# Rules about the whole record, for instance:\n# rules:")
	w.line("#   - {rule: not_in_future, column: %s, tolerance: 1h}", d.columns[i].name)
	w.line("#   - {rule: not_before, column: %s, time: 2000-01-01T00:00:00Z}", d.columns[i].name)
}

// scalar writes a text so that YAML reads the same text, in quotes where it must be.
func scalar(text string) string {
	plain := regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`).MatchString(text)
	words := []string{"null", "true", "false", "yes", "no", "on", "off", "y", "n"} // in any version of YAML
	if plain && !slices.Contains(words, strings.ToLower(text)) {
		return text
	}
	return strconv.Quote(text)
}

func sequence(list []string) string {
	quoted := make([]string, len(list))
	for i, text := range list {
		quoted[i] = scalar(text)
	}
	return "[" + strings.Join(quoted, ", ") + "]"
}

func counted(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
