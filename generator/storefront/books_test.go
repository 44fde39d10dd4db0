package storefront

import (
	"encoding/json"
	"maps"
	"strings"
	"testing"
)

// tally counts by hand what the books should say.
func tally(objects []Object) (events, rejects int) {
	ids := map[string]bool{}
	for _, o := range objects {
		equal := map[string]int{}
		for _, line := range o.Truth.Lines {
			if line.Outcome == OutcomeReject {
				rejects++
				continue
			}
			text, _ := json.Marshal(line.Values)
			more, _ := json.Marshal(line.Extras)
			key := string(text) + string(more)
			if line.Derived {
				equal[key]++
				key += strings.Repeat("+", equal[key])
			}
			ids[key] = true
		}
	}
	return len(ids), rejects
}

func TestBooksBalance(t *testing.T) {
	t.Parallel()
	for _, o := range []Options{dirty(1), dirty(2), {Seed: 3, Shape: ShapeOriginal}, {}} {
		var b Books
		objects := produce(t, o, 100)
		for _, object := range objects {
			b.Add(object.Truth)
		}
		events, rejects := tally(objects)
		if b.Objects != 100 || b.Events != events || b.Rejected() != rejects {
			t.Errorf("books %d events and %d rejects, by hand %d and %d", b.Events, b.Rejected(), events, rejects)
		}
		balance(t, &b)
	}
}

// balance holds each class, and the sum of all classes, against the rows read.
func balance(t *testing.T, b *Books) {
	t.Helper()
	sum, rejects := Count{}, map[string]int{}
	for name, c := range b.Classes {
		if c.Rows != c.Events+c.Repeats+c.Rejected() {
			t.Errorf("class %q does not balance: %+v", name, c)
		}
		sum.Rows, sum.Events, sum.Repeats = sum.Rows+c.Rows, sum.Events+c.Events, sum.Repeats+c.Repeats
		for reason, n := range c.Rejects {
			rejects[reason] += n
		}
	}
	if b.Rows != sum.Rows || b.Events != sum.Events || b.Repeats != sum.Repeats || !maps.Equal(b.Rejects, rejects) {
		t.Errorf("the classes add up to %+v %v, the total is %+v", sum, rejects, b.Count)
	}
}

func line(class string, values map[string]string, derived bool) Line {
	return Line{Class: class, Outcome: OutcomeEvent, Values: values, Derived: derived}
}

func TestBooksCountDistinctEvents(t *testing.T) {
	t.Parallel()
	a, b := map[string]string{"event_id": "a"}, map[string]string{"event_id": "b"}
	x, y := map[string]string{"user_id": "1"}, map[string]string{"user_id": "2"}
	reject := Line{Class: "price_text", Outcome: OutcomeReject, Reason: "invalid_decimal"}
	first := Manifest{Outcome: OutcomeLoaded, Lines: []Line{
		line("", a, false), line("twice", a, false), line("", x, true), line("", x, true), reject,
	}}
	for _, test := range []struct {
		name      string
		manifests []Manifest
		want      Count
	}{
		{"equal rows without an id stay two", []Manifest{first}, Count{Rows: 5, Events: 3, Repeats: 1}},
		{"a re-drop adds rejects only", []Manifest{first, first}, Count{Rows: 10, Events: 3, Repeats: 5}},
		{"another object adds what is new", []Manifest{first, {Outcome: OutcomeLoaded, Lines: []Line{
			line("", b, false), line("across", a, false), line("", x, true), line("", y, true),
		}}}, Count{Rows: 9, Events: 5, Repeats: 3}},
		{"parked objects have no rows", []Manifest{{Outcome: OutcomeParked, Class: "object_prose"}}, Count{}},
		{"an empty object has none either", []Manifest{{Outcome: OutcomeLoaded, Class: "object_empty"}}, Count{}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var books Books
			for _, m := range test.manifests {
				books.Add(m)
			}
			if books.Rows != test.want.Rows || books.Events != test.want.Events || books.Repeats != test.want.Repeats {
				t.Errorf("books %+v, want %+v", books.Count, test.want)
			}
			balance(t, &books)
		})
	}
}

func TestBooksCountObjectsByDamage(t *testing.T) {
	t.Parallel()
	var b Books
	for _, class := range []string{"object_prose", "object_prose", Redrop, ""} {
		outcome := OutcomeLoaded
		if class == "object_prose" {
			outcome = OutcomeParked
		}
		b.Add(Manifest{Class: class, Outcome: outcome})
	}
	if b.Objects != 4 || b.Parked != 2 || b.Damage["object_prose"] != 2 || b.Damage[Redrop] != 1 || len(b.Damage) != 2 {
		t.Errorf("books %+v", b)
	}
}
