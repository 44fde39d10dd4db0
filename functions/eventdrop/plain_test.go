package main

import (
	"strings"
	"testing"
	"unicode"
)

// unruly are names that do something to a terminal, or look like lines of their own.
func unruly() []string {
	return []string{"a\n2026-11-23 10:00:00  loaded.csv", "\x1b[2J\x1b]0;title\x07.csv", "\u202egpj.csv", "tab\tand\rreturn.csv", "\u009b31m.csv"}
}

// S5: names come from whoever drops objects, and must not speak to the terminal or forge a line.
func TestNamesDoNothingToATerminal(t *testing.T) { //nolint:paralleltest // settings belong to the process
	w := newWorld(t)
	for _, name := range unruly() {
		if _, err := w.db.Pool.Exec(t.Context(), `insert into objects (bucket, key, version_id, etag, drop_number, state, reason, hint, detail)
			values ($1, $2, 'v', 'e', 1, 'parked', 'too_large', $2, $2)`, w.config.S3Bucket, name); err != nil {
			t.Fatal(err)
		}
	}
	code, stdout, stderr := w.command("history")
	if code != exitDone || strings.Count(stdout, "\n") != 1+len(unruly()) {
		t.Errorf("history: exit %d, %d lines\n%q %s", code, strings.Count(stdout, "\n"), stdout, stderr)
	}
	tame(t, "history", stdout)
	var receipts strings.Builder
	var views []receiptView
	for _, name := range unruly() {
		views = append(views, receiptView{Object: name, Reason: "too_large", Hint: name, Detail: name, Unknown: []string{name}})
	}
	if err := writeReceipts(&receipts, views); err != nil || strings.Count(receipts.String(), "\n") != 1+4*len(views) {
		t.Errorf("receipts: %v\n%q", err, receipts.String())
	}
	tame(t, "receipts", receipts.String())
	for _, name := range unruly() {
		code, _, stderr := w.command("load", "s3://"+w.config.S3Bucket+"/"+name, "/nowhere/"+name)
		if code == exitDone {
			t.Errorf("load %q: exit %d", name, code)
		}
		tame(t, "an error", stderr)
	}
}

// tame wants a text that a terminal only shows.
func tame(t *testing.T, what, text string) {
	t.Helper()
	for _, r := range text {
		if r != '\n' && !unicode.IsPrint(r) {
			t.Errorf("%s holds %U:\n%q", what, r, text)
			return
		}
	}
}

func TestAnOrdinaryNameIsPlainAlready(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"", "a.csv", "with space.csv", "ümlaut/日本.csv", `quote'".csv`} {
		if got := plain(name); got != name {
			t.Errorf("%q is shown as %q", name, got)
		}
	}
}
