package warehouse

import (
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// guide returns the statements of a part of the user guide.
func guide(t *testing.T, heading string) []string {
	t.Helper()
	text, err := os.ReadFile("../../../docs/user_guide.md")
	if err != nil {
		t.Fatal(err)
	}
	_, part, found := strings.Cut(string(text), heading)
	if !found {
		t.Fatalf("the guide has no %q", heading)
	}
	part, _, _ = strings.Cut(part, "\n**")
	var statements []string
	for _, block := range regexp.MustCompile("(?s)```sql\n(.*?)```").FindAllStringSubmatch(part, -1) {
		statements = append(statements, strings.TrimSuffix(strings.TrimSpace(block[1]), ";"))
	}
	return statements
}

// The documented statements: the index can be made, and the queries find by it what they promise.
func TestTheGuideSearchesExtrasByAnIndex(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	var csv strings.Builder
	csv.WriteString("event_id,event_type,event_time,store,campaign\n")
	const rows = 20_000
	for i := range rows {
		store, campaign := "", "spring"
		if i%1_000 == 0 {
			store, campaign = "Kiel", "autumn"
		}
		fmt.Fprintf(&csv, "%s,view,2026-11-23T09:00:00Z,%s,%s\n", id(i), store, campaign)
	}
	h.load(object("a.csv"), csv.String())
	statements := guide(t, "**12. Search in columns that the contract does not know**")
	if len(statements) != 3 || !strings.HasPrefix(statements[0], "create index") {
		t.Fatalf("want an index and two queries, got %q", statements)
	}
	h.exec(statements[0])
	h.exec("analyze events")
	for _, query := range statements[1:] {
		h.expect(strconv.Itoa(rows/1_000), "select count(*) from ("+query+") found")
		var plan []byte
		if err := h.db.Pool.QueryRow(t.Context(), "explain (format json) "+query).Scan(&plan); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(plan), `"Index Name": "events_extras"`) {
			t.Errorf("%s\ndoes not use the index:\n%s", query, plan)
		}
	}
}
