package network

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/uuid"
)

const header = "event_id,event_type,event_time,user_id\n"

// rows are n sound records with ids of their own, but for the first one, which it shares with objects
// of the same remainder: so objects compete for it.
func rows(object, n int) string {
	var b strings.Builder
	for i := range n {
		record(&b, id(object, i), "view", object)
	}
	record(&b, id(-1-object%7, 0), "view", object)
	return b.String()
}

func record(b *strings.Builder, id uuid.UUID, kind string, object int) {
	fmt.Fprintf(b, "%s,%s,2026-11-23T09:00:00Z,u%d\n", id, kind, object)
}

// id is the id of an event: the same for the same numbers.
func id(object, i int) uuid.UUID {
	return uuid.NewSHA1(uuid.NameSpaceOID, fmt.Appendf(nil, "%d/%d", object, i))
}

const nonsense = "nonsense,view,2026-11-23T09:00:00Z,u\n" // a record that every contract refuses

// teleported is a record that only the relaxed contract accepts.
func teleported(object int) string {
	var b strings.Builder
	record(&b, id(object, 1_000_000), "teleported", object)
	return b.String()
}

// relaxed is the text of the default contract with one more word. Its revision is the same, so that the
// table is the one of a rebuild once every row was run through it.
func relaxed(tb testing.TB) string {
	tb.Helper()
	text, err := os.ReadFile("../../contract/ecommerce_events.yaml")
	if err != nil {
		tb.Fatal(err)
	}
	strict := "view: [product_view,"
	if !strings.Contains(string(text), strict) {
		tb.Fatalf("the default contract has no line %q any more", strict)
	}
	return strings.Replace(string(text), strict, "view: [teleported, product_view,", 1)
}
