package clean

import (
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"eventdrop/functions/internal/contract"
	"eventdrop/functions/internal/csvfile"
	"eventdrop/functions/internal/dropzone"
)

const hashHeader = "action,ts,user_id,name,price,quantity,campaign\n"

// hashOf gives the hash of the only record of a file without ids under the default contract.
func hashOf(t *testing.T, csv string) string {
	t.Helper()
	c := defaultCleaner(t)
	rows := all(t, c, rowsOf(t, c, csv))
	if len(rows) != 1 || rows[0].hash == "" {
		t.Fatalf("%q: %+v", csv, rows)
	}
	return rows[0].hash
}

// Keys of stored events are derived from these hashes. If this test fails, the normalisation has
// changed: take the change back, or give it a new version and a migration.
func TestRecordHashesNeverChange(t *testing.T) {
	t.Parallel()
	for csv, want := range map[string]string{
		hashHeader + "view,2024-05-06T07:08:09.123456Z,123.0,Desk Lamp,12.5,2,spring\n": "75312e731baffd642c675a00535dc4ca",
		hashHeader + "Search,1714979289,,\"a \"\"b\"\"\nc\",\"$1,234.50\",,\n":          "9d0ec608be53e9cc7d2a319469a81e18",
		"event_type,event_time\nview,2024-05-06\n":                                      "1316eeb2990398df990dac7aaad0ee18",
		"event_type,event_time,price\nview,2024-05-06,12.505\n":                         "1cdd37f7f2413f222229d298354b067b",
	} {
		if got := hashOf(t, csv); got != want {
			t.Errorf("%q: %s, want %s", csv, got, want)
		}
	}
}

func TestRecordsThatMeanTheSameHashAlike(t *testing.T) {
	t.Parallel()
	want := hashOf(t, hashHeader+"view,2024-05-06T07:08:09Z,123,Lamp,12.50,2,spring\n")
	for name, csv := range map[string]string{
		"other spellings":     hashHeader + " VIEW ,2024-05-06 07:08:09 UTC,123.0, Lamp ,12.5,2.0,spring\n",
		"other notations":     hashHeader + "product_view,1714979289,123,Lamp,\"$12,50\",2,\" spring \"\n",
		"another zone":        hashHeader + "view,2024-05-06T09:08:09+02:00,123,Lamp,12.5,2,spring\n",
		"reordered columns":   "campaign,qty,price,product_name,uid,time,event\nspring,2,12.50,Lamp,123,2024-05-06T07:08:09Z,view\n",
		"an empty column":     strings.TrimSuffix(hashHeader, "\n") + ",event_id,category,ref\nview,2024-05-06T07:08:09Z,123,Lamp,12.50,2,spring,,null,\n",
		"another dialect":     "action;ts;user_id;name;price;quantity;campaign\nview;2024-05-06T07:08:09Z;123;Lamp;12,50;2;\"spring\"\n",
		"an empty identifier": strings.Replace(hashHeader, "campaign", "campaign,session_id", 1) + "view,2024-05-06T07:08:09Z,123,Lamp,12.50,2,spring,0.0\n",
	} {
		if got := hashOf(t, csv); got != want {
			t.Errorf("%s: another hash", name)
		}
	}
}

func TestRecordsThatDifferInAnyValueHashApart(t *testing.T) {
	t.Parallel()
	seen := map[string]string{}
	for _, csv := range []string{
		hashHeader + "view,2024-05-06T07:08:09Z,123,Lamp,12.50,2,spring\n",
		hashHeader + "click,2024-05-06T07:08:09Z,123,Lamp,12.50,2,spring\n",
		hashHeader + "view,2024-05-06T07:08:09.000001Z,123,Lamp,12.50,2,spring\n",
		hashHeader + "view,2024-05-06T07:08:09Z,124,Lamp,12.50,2,spring\n",
		hashHeader + "view,2024-05-06T07:08:09Z,,Lamp,12.50,2,spring\n",
		hashHeader + "view,2024-05-06T07:08:09Z,123,lamp,12.50,2,spring\n",
		hashHeader + "view,2024-05-06T07:08:09Z,123,Lamp,12.51,2,spring\n",
		hashHeader + "view,2024-05-06T07:08:09Z,123,Lamp,12.501,2,spring\n", // before it is rounded
		hashHeader + "view,2024-05-06T07:08:09Z,123,Lamp,12.50,3,spring\n",
		hashHeader + "view,2024-05-06T07:08:09Z,123,Lamp,12.50,,spring\n",
		hashHeader + "view,2024-05-06T07:08:09Z,123,Lamp,12.50,2,Spring\n",
		hashHeader + "view,2024-05-06T07:08:09Z,123,Lamp,12.50,2,\n",
		strings.Replace(hashHeader, "campaign", "medium", 1) + "view,2024-05-06T07:08:09Z,123,Lamp,12.50,2,spring\n",
		strings.Replace(hashHeader, "user_id", "product_id", 1) + "view,2024-05-06T07:08:09Z,123,Lamp,12.50,2,spring\n",
		// No collision by moving text between neighbours.
		"event_type,event_time,a,b\nview,2024-05-06,xy,z\n", "event_type,event_time,a,b\nview,2024-05-06,x,yz\n",
		"event_type,event_time,a,b\nview,2024-05-06,xyz,\n", "event_type,event_time,a,b\nview,2024-05-06,,xyz\n",
		"event_type,event_time,ax,b\nview,2024-05-06,yz,\n", "event_type,event_time,product_name,category\nview,2024-05-06,xy,z\n",
		"event_type,event_time,product_name,category\nview,2024-05-06,x,yz\n",
	} {
		hash := hashOf(t, csv)
		if other, taken := seen[hash]; taken {
			t.Errorf("one hash for %q and %q", csv, other)
		}
		seen[hash] = csv
	}
}

// What a cell means to the contract is part of its identity: an unknown column that happens to be
// called like a known one, or a wrong value with the bytes of a right one, is another record.
func TestKnownAndUnknownRightAndWrongHashApart(t *testing.T) {
	t.Parallel()
	c := cleanerOf(t, "  - {name: column_3, type: text}", "  - {name: n, type: integer, invalid: null}")
	rows := all(t, c, rowsOf(t, c, "column_3,n,\nv,,\n,,v\n,aaaaaaaa,\n,7016996765293437281,\n")) // 0x61 eight times
	hashes := map[string]bool{}
	for _, r := range rows {
		hashes[r.hash] = true
	}
	if len(rows) != 4 || len(hashes) != 4 {
		t.Errorf("%d hashes: %+v", len(hashes), rows)
	}
}

func TestRecordHashesDoNotKnowTheObjectPoliciesOrColumnOrder(t *testing.T) {
	t.Parallel()
	const csv = "b,a\nx,\ny,7\n"
	base := cleanerOf(t, "  - {name: a, type: integer, invalid: null}", "  - {name: b, type: text, max_length: 3}")
	want := hashes(all(t, base, rowsOf(t, base, csv)))
	for name, other := range map[string]*Cleaner{
		"defaults":     cleanerOf(t, "  - {name: a, type: integer, absent: {default: 9}}", "  - {name: b, type: text, max_length: 3}"),
		"column order": cleanerOf(t, "  - {name: b, type: text}", "  - {name: a, type: integer, invalid: null}"),
	} {
		if got := hashes(all(t, other, rowsOf(t, other, csv))); !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
	records, err := csvfile.NewReader(strings.NewReader(csv), csvfile.Options{})
	if err != nil {
		t.Fatal(err)
	}
	later, err := base.Rows(dropzone.Object{Bucket: "b", Key: "k", ETag: "e", LastModified: time.Unix(1, 0)}, records, 9)
	if err != nil {
		t.Fatal(err)
	}
	if got := hashes(all(t, base, later)); !slices.Equal(got, want) {
		t.Errorf("object: %v, want %v", got, want)
	}
}

func hashes(rows []row) (list []string) {
	for _, r := range rows {
		list = append(list, r.hash)
	}
	return list
}

func TestARecordWithAKeyHasNoHash(t *testing.T) {
	t.Parallel()
	r := defaultRow(t, "event_id,event_type,event_time", "6f1c2e0a-77b1-4c1e-9d2b-0123456789ab,view,2024-05-06")
	if r.hash != "" || r.get("event_id") == "absent" {
		t.Errorf("got %+v", r)
	}
	r = defaultRow(t, "event_id,event_type,event_time", "None,view,2024-05-06")
	if r.hash != hashOf(t, "event_type,event_time\nview,2024-05-06\n") || r.get("event_id") != "absent" {
		t.Errorf("got %+v", r)
	}
}

// Two records share a hash exactly if their normal forms are equal.
func TestHashesAreAsManyAsRecords(t *testing.T) {
	t.Parallel()
	c := cleanerOf(t, "  - {name: a, type: text}", "  - {name: b, type: decimal, scale: 2}")
	rapid.Check(t, func(rt *rapid.T) {
		short := rapid.StringMatching(`[ab12.0]{0,3}`)
		var b strings.Builder
		b.WriteString("a,c,d\n")
		for range 8 {
			b.WriteString(quoted(short.Draw(rt, "a")) + "," + quoted(short.Draw(rt, "c")) + "," + quoted(short.Draw(rt, "d")) + "\n")
		}
		byHash, byForm := map[string]string{}, map[string]string{}
		for _, r := range all(t, c, rowsOf(t, c, b.String())) {
			form := r.get("a") + "\x00" + r.get("extras")
			if other, taken := byHash[r.hash]; taken && other != form {
				rt.Errorf("%q and %q share a hash", form, other)
			}
			if other, taken := byForm[form]; taken && other != r.hash {
				rt.Errorf("%q has two hashes", form)
			}
			byHash[r.hash], byForm[form] = form, r.hash
		}
	})
}

func TestTheHashOrderIsByName(t *testing.T) {
	t.Parallel()
	c, err := contract.Default()
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, i := range hashOrder(c) {
		names = append(names, c.Columns[i].Name)
	}
	if !slices.IsSorted(names) || len(names) != len(c.Columns)-1 || slices.Contains(names, c.Key) {
		t.Errorf("got %v", names)
	}
}
