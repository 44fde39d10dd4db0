package schedule

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"eventdrop/functions/internal/campaign/model"
	"eventdrop/functions/internal/clean"
	"eventdrop/functions/internal/contract"
)

// eventBase is the earliest event time. It lies before every clock.
var eventBase = time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC) //nolint:gochecknoglobals // a constant

// csv is a body as the bytes of an object. Its first row stands on line 2.
func csv(b model.Body) string {
	if b.Unreadable {
		return "no,known,column\n1,2,3\n"
	}
	var text strings.Builder
	text.WriteString("event_id,event_type,event_time,user_id,quantity\n")
	for _, row := range b.Rows {
		kind, quantity := "view", "1"
		switch row.Fault {
		case model.Fixable:
			quantity = fixable
		case model.Hopeless:
			kind = "nonsense"
		default:
		}
		fmt.Fprintf(&text, "%s,%s,%s,u%d,%s\n", eventID(row.ID), kind, eventTime(row.Time).Format(time.RFC3339), row.Value, quantity)
	}
	return text.String()
}

const fixable = "5000" // a quantity that the contract's first revision refuses

func eventID(id uint8) string {
	if id == 0 {
		return ""
	}
	return fmt.Sprintf("%08d-1111-4111-8111-111111111111", id)
}

func eventTime(t uint8) time.Time { return eventBase.Add(time.Duration(t) * time.Second) }

// newCleaners compiles the contracts.
func newCleaners(t *testing.T) map[terms]*clean.Cleaner {
	t.Helper()
	cleaners := map[terms]*clean.Cleaner{}
	for _, byEventTime := range []bool{false, true} {
		for _, revision := range []int32{1, 2} {
			cleaners[terms{byEventTime, revision}] = cleaner(t, byEventTime, revision)
		}
	}
	return cleaners
}

// cleaner compiles a contract of the model: the default one, but for what schedules are about.
func cleaner(t *testing.T, byEventTime bool, revision int32) *clean.Cleaner {
	t.Helper()
	text, err := os.ReadFile("../../contract/ecommerce_events.yaml")
	if err != nil {
		t.Fatal(err)
	}
	changes := []string{"\nrevision: 1\n", fmt.Sprintf("\nrevision: %d\nmax_rejected_rows: %d\n", revision, model.MaxRejected)}
	if revision == 1 {
		changes = append(changes, "maximum: \"10000\"\n", "maximum: \"100\"\n")
	}
	if byEventTime {
		changes = append(changes, "\nkey: event_id", "\nrecency: event_time\nkey: event_id")
	}
	c, err := contract.Parse("contract.yaml", []byte(strings.NewReplacer(changes...).Replace(string(text))))
	if err != nil {
		t.Fatal(err)
	}
	compiled, err := clean.Compile(c)
	if err != nil {
		t.Fatal(err)
	}
	return compiled
}
