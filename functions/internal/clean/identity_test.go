package clean

import (
	"testing"
)

// readings are columns that read the same cells otherwise.
func readings() []string {
	return []string{
		"type: text", "type: text, case: lower", "type: text, max_length: 2", "type: text, max_length: 2, invalid: null", "type: identifier",
		"type: integer", "type: integer, minimum: 1", "type: integer, maximum: 1", "type: integer, invalid: null", "type: integer, minimum: 1, invalid: null",
		"type: integer, minimum: 0, below_minimum: {default: 7}", "type: integer, minimum: 1, below_minimum: null",
		"type: integer, minimum: 1, below_minimum: reject, invalid: null", "type: integer, maximum: 1, invalid: {default: 0}",
		"type: decimal, scale: 1", "type: decimal, scale: 2", "type: decimal, scale: 2, maximum: 1, invalid: null",
		"type: boolean", "type: boolean, invalid: null", "type: uuid, invalid: null",
		"type: enum, values: {x: [], y: [z]}", "type: enum, values: {x: [z], y: []}", "type: enum, values: {x: [], y: [z], other: ['1']}",
		"type: enum, values: {x: [], y: []}, invalid: null", "type: enum, values: {x: [], y: [z]}, invalid: {default: x}",
		"type: timestamp", "type: timestamp, formats: [iso]", "type: timestamp, formats: [epoch, iso]", "type: timestamp, formats: [dd.MM.yyyy, MM.dd.yyyy]",
		"type: timestamp, formats: [MM.dd.yyyy, dd.MM.yyyy]", "type: timestamp, invalid: null", "type: timestamp, formats: [iso], invalid: {default: last_modified}",
		"type: text, null_tokens: [x]",
	}
}

// One record stays one event: where a change of a column gives a record that was an event another hash, the identity has changed.
func TestNoHashChangesUnderOneIdentity(t *testing.T) {
	t.Parallel()
	const csv = "a\nx\nX\nz\nxyz\n-1\n0\n1\n2.0\n0.55\n0.555\ntrue\n20240506\n2024-05-06\n01.02.2024\n13.02.2024\n1714979289\n12345678-1234-1234-1234-123456789abc\n"
	var cleaners []*Cleaner
	var outcomes [][]row
	for _, yaml := range readings() {
		c := cleanerOf(t, "  - {name: a, "+yaml+"}")
		cleaners, outcomes = append(cleaners, c), append(outcomes, all(t, c, rowsOf(t, c, csv)))
	}
	changed, alike := 0, 0
	for i, was := range cleaners {
		for j, is := range cleaners {
			if len(is.contract.IdentityChanges(was.contract.Identity())) > 0 {
				changed++
				continue
			}
			alike++
			for n, before := range outcomes[i] {
				if now := outcomes[j][n]; before.hash != now.hash && before.hash != "" && now.hash != "" {
					t.Errorf("one identity, but line %d has another hash:\nwas %s\nis  %s", before.line, readings()[i], readings()[j])
				}
			}
		}
	}
	if changed == 0 || alike <= len(cleaners) {
		t.Errorf("%d changed identities, %d that are alike: nothing was compared", changed, alike)
	}
}
