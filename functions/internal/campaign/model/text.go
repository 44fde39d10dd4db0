package model

import (
	"fmt"
	"strings"
)

// String tells the schedule for people, a line a step.
func (s *Schedule) String() string {
	var b strings.Builder
	bucket, recency := "replaceable bytes", "last-modified"
	if s.Versioned {
		bucket = "versioned"
	}
	if s.ByEventTime {
		recency = "event_time"
	}
	fmt.Fprintf(&b, "%s, recency by %s\n", bucket, recency)
	for i, body := range s.Bodies {
		fmt.Fprintf(&b, "  body %d: %s\n", i, body)
	}
	for i, step := range s.Steps {
		fmt.Fprintf(&b, "  %2d. %s\n", i+1, step.text(len(s.Bodies)))
	}
	return b.String()
}

// String tells the body's rows.
func (b Body) String() string {
	if b.Unreadable {
		return "unreadable"
	}
	rows := make([]string, len(b.Rows))
	for i, row := range b.Rows {
		rows[i] = row.String()
	}
	return "[" + strings.Join(rows, " | ") + "]"
}

// String tells the row.
func (r Row) String() string {
	id := "no id"
	if r.ID > 0 {
		id = fmt.Sprintf("id %d", r.ID)
	}
	return fmt.Sprintf("%s at %d = %d%s", id, r.Time, r.Value, [faults]string{"", ", fixable", ", hopeless"}[r.Fault])
}

func (s *Step) text(bodies int) string {
	key, body := KeyName(int(s.Key)%Keys), int(s.Body)%bodies
	var what string
	switch s.Action {
	case Put:
		return fmt.Sprintf("%s %s = body %d", s.Action, key, body)
	case Delete, Purge:
		return fmt.Sprintf("%s from %s on", s.Action, key)
	case Tick, Raise, Restart, Lose:
		return fmt.Sprintf("%s %d", s.Action, s.Pick)
	case Replay, Redrive:
		what = fmt.Sprintf("%s from %s on %d", s.Action, key, s.Pick)
	default:
		what = fmt.Sprintf("%s %d", s.Action, s.Pick)
	}
	switch s.Trouble {
	case None:
	case Crash:
		what += fmt.Sprintf(", crash at message %d", s.At)
	case Overwrite:
		what += fmt.Sprintf(", meanwhile its key = body %d", body)
	default:
		what += ", " + s.Trouble.String()
	}
	return what
}

// String names the action.
func (a Action) String() string {
	return [actions]string{
		"put", "deliver", "deliver again", "reconcile", "tick", "deliver twice at once", "lose", "replay", "redrive",
		"raise the revision", "delete", "purge", "reconcile twice at once", "restart the database",
	}[a]
}

// String names the trouble.
func (t Trouble) String() string {
	return [troubles]string{"none", "crash", "cut before COMMIT", "cut after COMMIT", "overwritten meanwhile", "the store fails"}[t]
}
