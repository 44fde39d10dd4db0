package propose

import (
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"eventdrop/functions/internal/contract"
)

// words splits a header into its words: "orderId", "ORDER_ID" and "order id" are two.
func words(header string) (list []string) {
	var word []rune
	end := func() {
		if len(word) > 0 {
			list = append(list, strings.ToLower(string(word)))
		}
		word = nil
	}
	previous := ' '
	for _, r := range header {
		switch {
		case !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r):
			end()
		case unicode.IsUpper(r) && unicode.IsLower(previous):
			end()
			word = append(word, r)
		default:
			word = append(word, r)
		}
		previous = r
	}
	end()
	return list
}

// sqlName makes a name for PostgreSQL of words, without accents; fallback where nothing is left.
func sqlName(parts []string, fallback string) string {
	text := strings.NewReplacer("ß", "ss", "æ", "ae", "ø", "o", "ł", "l").Replace(strings.Join(parts, "_"))
	text = strings.Map(func(r rune) rune {
		if r == '_' || r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, norm.NFKD.String(text))
	text = regexp.MustCompile(`_+`).ReplaceAllString(strings.Trim(text, "_"), "_")
	if text == "" || text[0] >= '0' && text[0] <= '9' {
		text = strings.TrimSuffix(fallback+"_"+text, "_")
	}
	return strings.TrimRight(text[:min(len(text), 50)], "_")
}

// tableName is the file's name without its folders, endings and the number or date behind it.
func tableName(file string) string {
	base, _, _ := strings.Cut(path.Base(strings.ReplaceAll(file, `\`, "/")), ".")
	list := words(base)
	for len(list) > 1 && strings.Trim(list[len(list)-1], "0123456789t") == "" {
		list = list[:len(list)-1]
	}
	name := sqlName(list, "drop")
	if name == "events" { // the default contract's
		return "my_events"
	}
	return name
}

// namer gives each column a name that nothing else has: no other column, no header, no column of the system.
type namer map[string]bool

func newNamer(s *survey) namer {
	n := namer{}
	for _, taken := range contract.ReservedColumns() {
		n[contract.Fold(taken)] = true
	}
	for _, c := range s.columns {
		n[contract.Fold(c.header)] = true
	}
	for _, header := range s.twice { // as a column's name, it would be one of the contract, and come twice
		n[contract.Fold(header)] = true
	}
	return n
}

// name is that of the header where it can be; then the header itself need not be an alias.
func (n namer) name(c *column) (name string, alias bool) {
	name = sqlName(c.words, "column_"+strconv.Itoa(c.field+1))
	own := contract.Fold(c.header)
	reserved := slices.ContainsFunc(contract.ReservedColumns(), func(r string) bool { return contract.Fold(r) == contract.Fold(name) })
	if contract.Fold(name) == own && !reserved {
		return name, false
	}
	return n.free(name), true
}

// free makes a name that is not taken, and takes it.
func (n namer) free(name string) string {
	free := name
	for i := 2; n[contract.Fold(free)]; i++ {
		free = name + "_" + strconv.Itoa(i)
	}
	n[contract.Fold(free)] = true
	return free
}

// isID reports whether the words say that values are names of things, whatever they look like.
func isID(words []string) bool {
	return hasAny(words, "id", "ids", "uuid", "guid", "key", "sku", "code", "number", "no", "nr", "num", "ref", "reference", "session", "token", "hash",
		"zip", "postcode", "plz", "phone", "ean", "gtin", "asin", "barcode", "serial") || strings.HasSuffix(strings.Join(words, ""), "id")
}

// isForeign reports whether an id is likely that of something else than the record.
func isForeign(words []string) bool {
	return hasAny(words, "user", "customer", "visitor", "client", "session", "product", "item", "device", "account", "store", "shop", "category",
		"sku", "code", "zip", "postcode", "plz", "phone", "ean", "gtin", "asin", "barcode", "token", "parent")
}

// isTime reports whether the words speak of time.
func isTime(words []string) bool {
	all := strings.Join(words, "")
	for _, part := range []string{"time", "date", "datum", "zeit", "fecha", "epoch"} {
		if strings.Contains(all, part) {
			return true
		}
	}
	return hasAny(words, "ts", "at", "when", "on", "created", "updated", "modified", "day", "tag")
}

// isChange reports whether a time is that of the record's last change.
func isChange(words []string) bool {
	return hasAny(words, "updated", "modified", "changed", "update", "modification", "lastupdate", "lastmodified", "geändert", "aktualisiert", "modifié", "modificado")
}

// isFlag reports whether the words ask a question.
func isFlag(words []string) bool {
	return hasAny(words, "is", "has", "was", "flag", "enabled", "active")
}

func hasAny(words []string, some ...string) bool {
	return slices.ContainsFunc(words, func(w string) bool { return slices.Contains(some, w) })
}
