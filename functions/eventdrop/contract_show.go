package main

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"

	"eventdrop/functions/internal/contract"
)

type contractShowCmd struct{ namedContract }

// Run shows the contract with everything that it leaves unsaid. As JSON it is a contract again.
func (c *contractShowCmd) Run(a *app) error {
	rules, _, err := c.read(a)
	if err != nil {
		return err
	}
	return a.print(rules, func(w io.Writer) error { return showContract(w, rules) })
}

func showContract(w io.Writer, c *contract.Contract) error {
	fmt.Fprintf(w, "contract %s, revision %d, into table %s\n\n", c.Name, c.Revision, c.Table)
	if err := showHead(w, c); err != nil {
		return err
	}
	table := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	fmt.Fprintln(table, "\nCOLUMN\tTYPE\tABSENT\tINVALID\tLIMITS\tALSO NAMED")
	for i := range c.Columns {
		col := &c.Columns[i]
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\n", col.Name, columnType(col), col.Absent, invalidPolicy(col), limits(col), orDash(col.Aliases))
	}
	if err := table.Flush(); err != nil {
		return err
	}
	if err := showValues(w, c); err != nil {
		return err
	}
	return showRules(w, c)
}

func showHead(w io.Writer, c *contract.Contract) error {
	key := c.Key
	if c.DerivesKeys() {
		key += "; where it is absent, derived from the record"
	}
	table := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	for _, line := range [][2]string{
		{"key", key},
		{"recency", cmp.Or(c.Recency, "last-modified of the object")},
		{"unknown columns", "in " + c.Extras},
		{"keys begin with", quotedList(c.Objects.Prefixes, "anything")},
		{"keys end with", quotedList(c.Objects.Suffixes, "anything")},
		{"no value", quotedList(c.NullTokens, "")},
		{"timezone", c.Timezone},
		{"last line end", c.FinalNewline},
		{"no header", quotedList(c.Header, "unreadable")},
		{"thresholds", thresholds(c)},
	} {
		fmt.Fprintf(table, "%s\t%s\n", line[0], line[1])
	}
	return table.Flush()
}

func thresholds(c *contract.Contract) string {
	var list []string
	if c.MaxRejectedRows > 0 {
		list = append(list, strconv.FormatInt(c.MaxRejectedRows, 10)+" rejects")
	}
	if c.MaxRejectedPercent > 0 {
		list = append(list, strconv.FormatFloat(c.MaxRejectedPercent, 'f', -1, 64)+" % rejects")
	}
	return cmp.Or(strings.Join(list, ", "), "none")
}

func quotedList(words []string, none string) string {
	quoted := make([]string, len(words))
	for i, word := range words {
		if quoted[i] = word; word == "" || strings.ContainsAny(word, ", \"\t\n") {
			quoted[i] = strconv.Quote(word)
		}
	}
	if len(words) == 1 && words[0] == "" {
		return cmp.Or(none, `""`)
	}
	return cmp.Or(strings.Join(quoted, ", "), none)
}

func columnType(col *contract.Column) string {
	switch {
	case col.Scale > 0:
		return fmt.Sprintf("%s, %d places", col.TypeID, col.Scale)
	case col.Case != "":
		return fmt.Sprintf("%s, %s case", col.TypeID, col.Case)
	}
	return col.TypeID.String()
}

func invalidPolicy(col *contract.Column) string {
	text := col.Invalid.String()
	if col.BelowMinimum.Action != contract.PolicyUnset {
		text += "; too small: " + col.BelowMinimum.String()
	}
	return text
}

func limits(col *contract.Column) string {
	var list []string
	if col.Minimum != "" {
		list = append(list, "from "+col.Minimum)
	}
	if col.Maximum != "" {
		list = append(list, "to "+col.Maximum)
	}
	if col.MaxLength > 0 {
		list = append(list, fmt.Sprintf("%d characters", col.MaxLength))
	}
	if len(col.Formats) > 0 {
		list = append(list, quotedList(col.Formats, ""))
	}
	if len(col.NullTokens) > 0 {
		list = append(list, "no value: "+quotedList(col.NullTokens, ""))
	}
	return orDash(list)
}

func orDash(words []string) string { return cmp.Or(strings.Join(words, ", "), "-") }

// showValues lists the values of enums with their other spellings.
func showValues(w io.Writer, c *contract.Contract) error {
	for i := range c.Columns {
		col := &c.Columns[i]
		if len(col.Values) == 0 {
			continue
		}
		fmt.Fprintf(w, "\nvalues of %s\n", col.Name)
		table := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
		for _, value := range slices.Sorted(maps.Keys(col.Values)) {
			fmt.Fprintf(table, "  %s\t%s\n", value, orDash(col.Values[value]))
		}
		if err := table.Flush(); err != nil {
			return err
		}
	}
	return nil
}

func showRules(w io.Writer, c *contract.Contract) error {
	if len(c.Rules) == 0 {
		return nil
	}
	fmt.Fprintln(w, "\nrules")
	table := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	for i := range c.Rules {
		fmt.Fprintf(table, "  %s\t%s\n", c.Rules[i].Name, ruleParameters(&c.Rules[i]))
	}
	return table.Flush()
}

func ruleParameters(r *contract.Rule) string {
	var list []string
	add := func(name, value string) {
		if value != "" {
			list = append(list, name+" "+value)
		}
	}
	add("column", r.Column)
	add("event", r.Event)
	add("product", r.Product)
	add("price", r.Price)
	add("quantity", r.Quantity)
	add("total", r.Total)
	if r.Tolerance > 0 {
		add("tolerance", r.Tolerance.String())
	}
	if !r.Time.IsZero() {
		add("time", r.Time.Format("2006-01-02T15:04:05Z07:00"))
	}
	return orDash(list)
}
