package warehouse

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"eventdrop/functions/internal/contract"
	"eventdrop/functions/internal/dropzone"
	"eventdrop/functions/internal/pgtest"
)

// wantsFault wants the table to be refused for one reason, or, where there is none, to fit.
func (h *harness) wantsFault(want string) {
	h.t.Helper()
	err := h.CheckTable(h.t.Context())
	if (err == nil) != (want == "") || err != nil && (!strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n")) {
		h.t.Errorf("got %v\nwant %q", err, want)
	}
}

// aliased gives a column of a contract one more name.
func aliased(column, alias string) func(*contract.Contract) {
	return func(c *contract.Contract) {
		c.Revision++
		col := &c.Columns[c.ColumnIndex(column)]
		col.Aliases = append(slices.Clone(col.Aliases), alias)
	}
}

func TestAnAliasForWhatKeysAreDerivedFromIsRefused(t *testing.T) {
	t.Parallel()
	const keyed, keyless = "event_id,event_type,event_time,", "event_type,event_time,"
	const event = "view,2026-11-23T09:00:00Z,"
	required := func(c *contract.Contract) {
		c.Columns[c.ColumnIndex(c.Key)].Absent = contract.Policy{Action: contract.RejectRow}
	}
	const want = `column category: records without a key came with "Kampagne" when the contract did not know this name`
	for name, test := range map[string]struct {
		csv    string
		change func(*contract.Contract)
		want   string
	}{
		"a name that came without a key": {keyless + "Kampagne\n" + event + "Herbst\n", aliased("category", "Kampagne"), want},
		"in another spelling":            {keyless + "Kampagne\n" + event + "Herbst\n", aliased("category", "KAMP-AGNE"), want},
		"a name that never came":         {keyless + "Kampagne\n" + event + "Herbst\n", aliased("category", "campaign"), ""},
		"a name that came empty":         {keyless + "Kampagne\n" + event + "\n", aliased("category", "Kampagne"), ""},
		"a name that came with keys":     {keyed + "Kampagne\n" + id1 + "," + event + "Herbst\n", aliased("category", "Kampagne"), ""},
		"keys are no longer derived":     {keyless + "Kampagne\n" + event + "Herbst\n", func(c *contract.Contract) { aliased("category", "Kampagne")(c); required(c) }, ""},
		"a name that becomes the key's":  {keyless + "Nr\n" + event + id1 + "\n", aliased("event_id", "Nr"), `column event_id: records without a key came with "Nr"`},
		"and keys are no longer derived": {
			keyless + "Nr\n" + event + id1 + "\n", func(c *contract.Contract) { aliased("event_id", "Nr")(c); required(c) },
			`column event_id: records without a key came with "Nr"`,
		},
		"a name with signs of a pattern": {keyless + "100%_'?\"\n" + event + "x\n", aliased("category", "100"), `records without a key came with "100%_'?\""`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			before := newHarness(t)
			before.load(object("a.csv"), test.csv)
			before.wantsFault("")
			after := newHarnessAt(t, before.db, test.change)
			after.wantsFault(test.want)
			doubled := after.replay(object("a.csv"), test.csv).Inserted > 0
			if doubled != (test.want != "") {
				t.Errorf("whether a replay doubles the event: %v", doubled)
			}
		})
	}
}

// Names in files are each contract's own. What came under the keys of another one is read by the names of that one when it comes again, unless
// this one serves those keys by now.
func TestANameThatCameUnderTheKeysOfAnotherContractIsFree(t *testing.T) {
	t.Parallel()
	const csv = "event_type,event_time,Kampagne\nview,2026-11-23T09:00:00Z,Herbst\n"
	const want = `column category: records without a key came with "Kampagne"`
	serving := func(name string, objects contract.Objects) func(*contract.Contract) {
		return func(c *contract.Contract) { c.Name, c.Objects = name, objects }
	}
	another := newHarnessFor(t, serving("another", contract.Objects{Prefixes: []string{"another/"}}))
	newest := object("another/a.csv")
	newest.LastModified = newest.LastModified.AddDate(0, 0, 1)
	another.load(newest, csv)
	for name, test := range map[string]struct {
		objects contract.Objects
		want    string
	}{
		"other prefixes": {contract.Objects{Prefixes: []string{"own/"}}, ""},
		"other suffixes": {contract.Objects{Suffixes: []string{".tsv"}}, ""},
		"the same keys":  {contract.Objects{Prefixes: []string{"own/", "another/"}}, want},
		"all keys":       {contract.Objects{}, want},
	} {
		newHarnessAt(t, another.db, func(c *contract.Contract) {
			serving("own", test.objects)(c)
			aliased("category", "Kampagne")(c)
		}).wantsFault(test.want)
		if t.Failed() {
			t.Fatal(name)
		}
	}
	own := contract.Objects{Prefixes: []string{"own/"}}
	newHarnessAt(t, another.db, serving("own", own)).load(object("own/a.csv"), csv) // the event stays that of the newest object
	newHarnessAt(t, another.db, func(c *contract.Contract) {
		serving("own", own)(c)
		aliased("category", "Kampagne")(c)
	}).wantsFault(want)
}

// As the refusal advises: a table of its own is filled under the new name from the start, whatever the ledger remembers.
func TestAnAliasIsAcceptedForAnotherTable(t *testing.T) {
	t.Parallel()
	const csv = "event_type,event_time,Kampagne\nview,2026-11-23T09:00:00Z,Herbst\n"
	before := newHarness(t)
	before.load(object("a.csv"), csv)
	after := newHarnessAt(t, before.db, func(c *contract.Contract) {
		aliased("category", "Kampagne")(c)
		c.Table = "events_again"
	})
	after.makeTable()
	if r := after.replay(object("a.csv"), csv); r.Inserted != 1 {
		t.Errorf("%+v", r.Books)
	}
	after.wantsFault("")
}

// makeTable makes the contract's table as its owner.
func (h *harness) makeTable() {
	h.t.Helper()
	ddl, err := CreateTable(h.contract, h.db.Schema)
	if err != nil {
		h.t.Fatal(err)
	}
	h.exec(ddl)
}

func TestAChangeOfWhatIsMendedIsRefused(t *testing.T) {
	t.Parallel()
	const csv = "user_id,action,price,timestamp\n1,a,-3,2026-11-23T09:00:00Z\n2,b,1,23.11.2026\n3,a,2,2026-11-23T09:00:00Z\n"
	for name, test := range map[string]struct {
		column string
		change func(*contract.Column)
		want   string
	}{
		"a lower minimum": {
			"price", func(c *contract.Column) { c.Minimum = "-5" },
			"minimum of column price: table original_events is filled, and its keys depend on it. It was 0.00, wrong values are mended and is -5.00",
		},
		"one more format":    {"timestamp", func(c *contract.Column) { c.Formats = []string{"iso", "dd.MM.yyyy"} }, "formats of column timestamp: table original_events is filled"},
		"another default":    {"price", func(c *contract.Column) { c.BelowMinimum.Default = "1" }, ""},
		"mended no longer":   {"price", func(c *contract.Column) { c.BelowMinimum = contract.Policy{Action: contract.RejectRow} }, ""},
		"one more null word": {"action", func(c *contract.Column) { c.NullTokens = []string{"a"} }, "column action: table original_events is filled"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			before := newOriginal(t, pgtest.New(t), nil)
			before.makeTable()
			before.load(object("a.csv"), csv)
			before.wantsFault("")
			after := newOriginal(t, before.db, func(c *contract.Contract) { test.change(&c.Columns[c.ColumnIndex(test.column)]) })
			after.wantsFault(test.want)
			if doubled := after.replay(object("a.csv"), csv).Inserted > 0; doubled != (test.want != "") {
				t.Errorf("whether a replay doubles events: %v", doubled)
			}
		})
	}
}

// newOriginal is a harness for the contract of the original pipeline, at revision 2 where it is changed.
func newOriginal(t *testing.T, db pgtest.DB, change func(*contract.Contract)) *harness {
	t.Helper()
	return newHarnessAt(t, db, func(c *contract.Contract) {
		original, err := contract.Embedded("original_pipeline")
		if err != nil {
			t.Fatal(err)
		}
		*c = *original
		if change != nil {
			c.Revision++
			change(c)
		}
	})
}

// The comment of a table that an older program made says less. What it does not say is not held against anybody.
func TestATableWhoseCommentSaysLessIsNotRefused(t *testing.T) {
	t.Parallel()
	before := newOriginal(t, pgtest.New(t), nil)
	before.makeTable()
	before.exec(`comment on column original_events.event_id is 'Identity of the event; where the file has none, derived from the record, by: {"timezone":"UTC",
		"null_tokens":"\"\" \"nan\" \"none\" \"null\"","column user_id":"integer","column action":"text, case upper","column product_id":"integer","column product_name":"text",
		"column price":"decimal of scale 2","column timestamp":"timestamp","column session_id":"text"}'`)
	if r := before.load(object("a.csv"), "user_id,price\n1,-3\n"); r.Books != (dropzone.Books{RowsRead: 1, Inserted: 1}) {
		t.Errorf("%+v", r.Books)
	}
	before.wantsFault("")
	newOriginal(t, before.db, func(c *contract.Contract) { c.Columns[c.ColumnIndex("price")].Minimum = "-5" }).wantsFault("")
	newOriginal(t, before.db, func(c *contract.Contract) { c.Columns[c.ColumnIndex("price")].Scale = 1 }).wantsFault("column price: table original_events is filled")
}

// newOrders is a harness for a contract whose key has this type, and nothing else of interest.
func newOrders(t *testing.T, db pgtest.DB, key string) *harness {
	t.Helper()
	return newHarnessAt(t, db, func(c *contract.Contract) {
		orders, err := contract.Parse("orders.yaml", fmt.Appendf(nil,
			"contract: orders\nrevision: %d\ntable: orders\nkey: order_no\nextras: extras\ncolumns:\n  - {name: order_no, %s}\n  - {name: status, type: text}\n",
			len(key), key)) // longer is later
		if err != nil {
			t.Fatal(err)
		}
		*c = *orders
	})
}

func TestAChangeOfHowTheKeyIsReadIsRefused(t *testing.T) {
	t.Parallel()
	const csv = "order_no,status\nab1,new\n17.0,new\n" + id1 + ",new\n"
	const want = "order_no: table orders is filled, and its keys depend on it. It was "
	for name, test := range map[string]struct{ was, is, want string }{
		"the case":                       {"type: text", "type: text, case: upper", "type of column " + want + "text and is text, case upper"},
		"the type":                       {"type: text", "type: identifier", "type of column " + want + "text and is identifier"},
		"a null token":                   {"type: text", "type: text, null_tokens: [ab1]", "null_tokens of column " + want},
		"the case of a required key":     {"type: text, required: true", "type: text, required: true, case: upper", "type of column " + want},
		"a null token of a required key": {"type: text, required: true", "type: text, required: true, null_tokens: [ab1]", ""},
		"keys are derived no longer":     {"type: text", "type: text, required: true", ""},
		"keys are derived from now on":   {"type: text, required: true", "type: text", ""},
		"a length":                       {"type: text", "type: text, max_length: 36", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			before := newOrders(t, pgtest.New(t), test.was)
			before.makeTable()
			before.load(object("a.csv"), csv)
			before.wantsFault("")
			after := newOrders(t, before.db, test.is)
			after.wantsFault(test.want)
			if doubled := after.replay(object("a.csv"), csv).Inserted > 0; doubled != (test.want != "") {
				t.Errorf("whether a replay doubles events: %v", doubled)
			}
			before.exec("comment on column orders.order_no is 'Identity of the event.'") // as an older program wrote it
			after.wantsFault("")
		})
	}
}
