package clean

import (
	"encoding/csv"
	"fmt"
	"maps"
	"strconv"
	"strings"
	"testing"
	"time"

	"eventdrop/functions/internal/contract"
	"eventdrop/generator/storefront"
)

// originalRules is the original job's cleaning of one record, said once more and without the contract: a time that is
// missing or cannot be read is that of the object, the action is in upper case or UNKNOWN, a negative
// price is 0, ids of 0 and less are null, names and sessions have a word for "none".
func originalRules(record map[string]string) map[string]string {
	want := map[string]string{
		"action": "UNKNOWN", "product_name": "Unknown Product", "session_id": "unknown", "timestamp": modifiedText,
	}
	for _, layout := range []string{"2006-01-02T15:04:05.000000", "2006-01-02 15:04:05"} {
		if at, err := time.Parse(layout, record["timestamp"]); err == nil {
			want["timestamp"] = at.Format("2006-01-02T15:04:05.000000Z")
		}
	}
	if action := record["action"]; action != "" && action != "null" {
		want["action"] = strings.ToUpper(action)
	}
	for _, column := range []string{"product_name", "session_id"} {
		if record[column] != "" {
			want[column] = record[column]
		}
	}
	for _, column := range []string{"user_id", "product_id"} {
		if id, err := strconv.ParseFloat(record[column], 64); err == nil && id > 0 {
			want[column] = strconv.FormatInt(int64(id), 10)
		}
	}
	if price, err := strconv.ParseFloat(record["price"], 64); err == nil {
		want["price"] = fmt.Sprintf("%.2f", max(price, 0))
	}
	return want
}

func originalCleaner(t *testing.T) *Cleaner {
	t.Helper()
	c, err := contract.Embedded("original_pipeline")
	if err != nil {
		t.Fatal(err)
	}
	return mustCompile(t, c)
}

func TestOriginalFilesAreRepairedAsTheOriginalDid(t *testing.T) {
	t.Parallel()
	shop, err := storefront.New(storefront.Options{Seed: 17, Shape: storefront.ShapeOriginal})
	if err != nil {
		t.Fatal(err)
	}
	c, repairs := originalCleaner(t), map[string]int64{}
	for range 300 {
		object, err := shop.Next(modified())
		if err != nil {
			t.Fatal(err)
		}
		rows := rowsOf(t, c, string(object.Body))
		compareWithOriginal(t, object, all(t, c, rows))
		for _, q := range rows.Quality() {
			repairs[q.Rule+" "+q.Column] += q.Count
		}
	}
	for _, repair := range []string{
		"absent_defaulted timestamp", "invalid_timestamp_defaulted timestamp", "absent_defaulted action", "absent_defaulted product_name",
		"absent_defaulted session_id", "below_minimum_nulled product_id", "below_minimum_defaulted price",
	} {
		if repairs[repair] == 0 {
			t.Errorf("%s never happened: nothing was compared", repair)
		}
	}
}

func compareWithOriginal(t *testing.T, object storefront.Object, got []row) {
	t.Helper()
	records, err := csv.NewReader(strings.NewReader(string(object.Body))).ReadAll()
	if err != nil || len(records) != len(got)+1 {
		t.Fatalf("%s: %d records, %d rows, %v", object.Key, len(records)-1, len(got), err)
	}
	for i, cells := range records[1:] {
		record := map[string]string{}
		for at, name := range records[0] {
			record[name] = cells[at]
		}
		want := originalRules(record)
		if !maps.Equal(got[i].values, want) || got[i].hash == "" {
			t.Errorf("%s: %v\n got %s %v\nwant %v", object.Key, record, got[i].reason, got[i].values, want)
		}
	}
}

// What its files do not show, by hand.
func TestOriginalRulesOnRareValues(t *testing.T) {
	t.Parallel()
	c := originalCleaner(t)
	header := "user_id,action,product_id,product_name,price,timestamp,session_id\n"
	for _, test := range []struct{ record, want string }{
		{"0,,0,,,,", "UNKNOWN||Unknown Product||" + modifiedText + "|unknown|"},
		{"-7,Add To Cart,-7.0, Lamp ,-0.01,INVALID_DATE, s ", "ADD TO CART||Lamp|0.00|" + modifiedText + "|s|"},
		{"abc,purchase,12x,null,free,2024-13-01,null", "PURCHASE||Unknown Product||" + modifiedText + "|unknown|"},
		{"12.0,view,3,Lamp,1.239,1714979289,s", "VIEW|3|Lamp|1.24|" + modifiedText + "|s|12"},
		{"99999999999999999999,view,3,Lamp,1.5,2030-01-01 00:00:00,s", "VIEW|3|Lamp|1.50|2030-01-01T00:00:00.000000Z|s|"},
	} {
		rows := all(t, c, rowsOf(t, c, header+test.record+"\n"))
		var got []string
		for _, column := range []string{"action", "product_id", "product_name", "price", "timestamp", "session_id", "user_id"} {
			got = append(got, rows[0].values[column])
		}
		if text := strings.Join(got, "|"); text != test.want || rows[0].reason != "" {
			t.Errorf("%s\n got %s %s\nwant %s", test.record, text, rows[0].reason, test.want)
		}
	}
}

// The identity is taken before any repair: records that are repaired to the same values stay apart.
func TestOriginalRepairsDoNotEnterTheIdentity(t *testing.T) {
	t.Parallel()
	c := originalCleaner(t)
	rows := all(t, c, rowsOf(t, c, "user_id,action,price,timestamp\n1,view,-1,x\n1,view,-2,x\n1,view,-1,y\n1,view,0,\n1,view,-1,x\n1.0,view,-1,x\n"))
	hashes := map[string]int{}
	for _, r := range rows {
		hashes[r.hash]++
	}
	if len(hashes) != 4 || hashes[rows[0].hash] != 3 {
		t.Errorf("%v", hashes)
	}
}
