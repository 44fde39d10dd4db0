package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"eventdrop/functions/internal/warehouse"
	"eventdrop/generator/storefront"
)

// tables is what the warehouse exports.
type tables interface {
	EachEvent(ctx context.Context, visit func(warehouse.ExportedEvent) error) error
	EachReject(ctx context.Context, visit func(warehouse.ExportedReject) error) error
	EachObject(ctx context.Context, visit func(warehouse.ExportedObject) error) error
}

// comparison holds what was planted against what was loaded, row by row and value by value.
type comparison struct {
	events  map[string]string // event id -> its values
	derived map[string]int    // values of events whose id nobody planted -> how many
	rejects map[place]warehouse.ExportedReject
	objects map[string]warehouse.ExportedObject

	classes map[string]*classView
	matched map[string]bool // planted ids
	planned map[string]int  // values of events without an id -> how many there must be
	faults  []string        // the first differences
	wrong   int
}

// place is a line of an object.
type place struct {
	key  string
	line int64
}

// classView says how many rows, or objects, of a defect class were planted, and how many of them
// ended exactly where the manifest says, with those values or that reason.
type classView struct {
	Class   string `json:"class"`
	Planted int    `json:"planted"`
	Right   int    `json:"as_planned"`
	Outcome string `json:"outcome"` // what the manifest says: event, reject, or both for some classes
}

// maxFaults is how many differences are told one by one.
const maxFaults = 20

// compare reads all tables and judges every planted row.
func compare(ctx context.Context, truth []storefront.Manifest, t tables) (*comparison, error) {
	c := &comparison{
		events: map[string]string{}, derived: map[string]int{}, rejects: map[place]warehouse.ExportedReject{},
		objects: map[string]warehouse.ExportedObject{}, classes: map[string]*classView{}, matched: map[string]bool{}, planned: map[string]int{},
	}
	if err := c.read(ctx, truth, t); err != nil {
		return nil, err
	}
	for i := range truth {
		c.judgeObject(&truth[i])
	}
	c.judgeRest()
	return c, nil
}

func (c *comparison) read(ctx context.Context, truth []storefront.Manifest, t tables) error {
	planted := map[string]bool{}
	for i := range truth {
		for j := range truth[i].Lines {
			planted[truth[i].Lines[j].Values["event_id"]] = true
		}
	}
	if err := t.EachEvent(ctx, func(e warehouse.ExportedEvent) error {
		values, extras, err := eventValues(e.Document)
		if id := values["event_id"]; planted[id] {
			c.events[id] = canonical(values, extras)
			return err
		}
		delete(values, "event_id")
		c.derived[canonical(values, extras)]++
		return err
	}); err != nil {
		return err
	}
	if err := t.EachReject(ctx, func(r warehouse.ExportedReject) error {
		c.rejects[place{r.Key, r.Line}] = r
		return nil
	}); err != nil {
		return err
	}
	return t.EachObject(ctx, func(o warehouse.ExportedObject) error {
		c.objects[o.Key] = o
		return nil
	})
}

func (c *comparison) judgeObject(m *storefront.Manifest) {
	object, known := c.objects[m.Key]
	right := known && string(object.State) == m.Outcome &&
		(m.Outcome == storefront.OutcomeLoaded || slices.Contains(m.Reasons, string(object.Reason)))
	if m.Class != "" {
		c.count("object: "+m.Class, m.Outcome, right)
	}
	if !right {
		c.fault("%s: %s %s, planned %s %v", m.Key, object.State, object.Reason, m.Outcome, m.Reasons)
	}
	if m.Outcome == storefront.OutcomeParked {
		return
	}
	equal := map[string]int{} // rows without an id and with these values so far
	for i := range m.Lines {
		line := &m.Lines[i]
		var difference string
		if line.Outcome == storefront.OutcomeReject {
			difference = c.judgeReject(m.Key, line)
		} else {
			difference = c.judgeEvent(line, equal)
		}
		c.count(line.Class, line.Outcome, difference == "")
		if difference != "" {
			c.fault("%s line %d (%s): %s", m.Key, line.Line, line.Class, difference)
		}
	}
}

func (c *comparison) judgeReject(key string, line *storefront.Line) string {
	at := place{key, int64(line.Line)}
	got, found := c.rejects[at]
	delete(c.rejects, at)
	switch {
	case !found:
		return "not rejected, planned " + line.Reason
	case string(got.Reason) != line.Reason || got.Column != line.Column:
		return fmt.Sprintf("rejected as %s %s, planned %s %s", got.Reason, got.Column, line.Reason, line.Column)
	case got.Raw != asText(line.Raw):
		return fmt.Sprintf("raw text %q, planned %q", got.Raw, line.Raw)
	}
	return ""
}

// asText shows bytes that are no text, as where a file was cut within a character, the way that the
// quarantine does.
func asText(raw string) string {
	var text strings.Builder
	for i, r := range raw {
		if _, size := utf8.DecodeRuneInString(raw[i:]); r == utf8.RuneError && size == 1 {
			fmt.Fprintf(&text, `\x%02x`, raw[i])
		} else {
			text.WriteRune(r)
		}
	}
	return text.String()
}

func (c *comparison) judgeEvent(line *storefront.Line, equal map[string]int) string {
	want := canonical(line.Values, line.Extras)
	if line.Derived {
		equal[want]++
		c.planned[want] = max(c.planned[want], equal[want]) // the same record in another object is the same event
		if c.derived[want] < equal[want] {
			return "missing, without an id: " + want
		}
		return ""
	}
	id := line.Values["event_id"]
	got, found := c.events[id]
	c.matched[id] = true
	switch {
	case !found:
		return "missing: " + want
	case got != want:
		return fmt.Sprintf("has %s, planned %s", got, want)
	}
	return ""
}

// judgeRest finds what is in the tables and was never planted.
func (c *comparison) judgeRest() {
	for at, r := range c.rejects {
		c.fault("%s line %d: rejected as %s, not planned", at.key, at.line, r.Reason)
	}
	for id := range c.events {
		if !c.matched[id] {
			c.fault("event %s: not planned", id)
		}
	}
	for values, n := range c.derived {
		if n > c.planned[values] {
			c.fault("%d events, planned %d: %s", n, c.planned[values], values)
		}
	}
}

func (c *comparison) count(class, outcome string, right bool) {
	if class == "" {
		class = "(none)"
	}
	v := c.classes[class]
	if v == nil {
		v = &classView{Class: class, Outcome: outcome}
		c.classes[class] = v
	}
	if !strings.Contains(v.Outcome, outcome) {
		v.Outcome += ", " + outcome
	}
	v.Planted++
	if right {
		v.Right++
	}
}

func (c *comparison) fault(format string, args ...any) {
	c.wrong++
	if len(c.faults) < maxFaults {
		c.faults = append(c.faults, fmt.Sprintf(format, args...))
	}
}

func (c *comparison) sortedClasses() []classView {
	var views []classView
	for _, class := range slices.Sorted(maps.Keys(c.classes)) {
		views = append(views, *c.classes[class])
	}
	return views
}

// canonical writes an event's values in a form that can be compared.
func canonical(values, extras map[string]string) string {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(values)) {
		parts = append(parts, fmt.Sprintf("%s=%q", name, values[name]))
	}
	for _, name := range slices.Sorted(maps.Keys(extras)) {
		parts = append(parts, fmt.Sprintf("extras.%s=%q", name, extras[name]))
	}
	return strings.Join(parts, " ")
}

// eventValues brings a row of the table into the form of a manifest.
func eventValues(document []byte) (values, extras map[string]string, err error) {
	var row map[string]any
	decoder := json.NewDecoder(bytes.NewReader(document))
	decoder.UseNumber()
	if err := decoder.Decode(&row); err != nil {
		return nil, nil, fmt.Errorf("read an exported event: %w", err)
	}
	values, extras = map[string]string{}, map[string]string{}
	for name, value := range row {
		switch v := value.(type) {
		case nil:
		case map[string]any:
			for extra, text := range v {
				extras[extra] = fmt.Sprint(text)
			}
		default:
			values[name] = fmt.Sprint(v)
		}
	}
	if at, err := time.Parse(time.RFC3339Nano, values["event_time"]); err == nil {
		values["event_time"] = at.UTC().Format("2006-01-02T15:04:05.000000Z07:00")
	}
	return values, extras, nil
}
