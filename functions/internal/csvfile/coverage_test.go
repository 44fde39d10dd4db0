package csvfile

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// rules are the headings that testdata/README.md must have: what a reader of anybody's files must cope with.
func rules() []string {
	return []string{
		// Dialects.
		"Gzip, zstd and bzip2 are known by their first bytes, not by the name",
		"The ratio and the size of decompressed text are bounded",
		"Members of a compressed stream may be concatenated",
		"A compressed stream that is cut or corrupt fails whole",
		"UTF-8 with and without byte order mark",
		"UTF-16 by its byte order mark",
		"Other bytes cost their record, never the file",
		"A header of other bytes is refused",
		"A NUL costs its record",
		"The delimiter (comma, semicolon, tab, |) is found from the header",
		"Lines end with CRLF or LF",
		"A quoted field may have line breaks",
		"Blank lines are skipped",
		"A header may be quoted",
		"Spaces around names go, spaces around values stay",
		"Columns have any order and any name",
		"Without any known column the object is unreadable",
		"A quote within a field is text, fields are taken as they are",
		"Ragged rows are rejected one by one",
		"A record has a size limit",
		"The number of columns has a limit",
		"An unbalanced quote does not swallow the file",
		"Two stray quotes do not pair up over the rows between them",
		"A quoted field that contains lines which are records is damage",
		"Reading resumes at the next sound line, and physical lines add up",
		"A file that was cut never gives a wrong value",
		"An empty object and one of header only are fine",
		"Where the contract names the fields, a file may have no header",
		// Defects: schema.
		"The header is missing",
		"The header comes again in the middle",
		"Columns are new or reordered",
		// Defects: structure.
		"Too few fields",
		"Too many fields",
		"Prose",
		"An unterminated quote",
		"Quotes, commas and line breaks in a name",
		"Empty",
		"Header only",
		"A cut file",
		"Binary",
		"A decompression bomb",
	}
}

func TestEveryRuleHasItsGoldenCases(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join("testdata", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	var headings, named []string
	for _, section := range strings.Split(string(text), "\n### ")[1:] {
		heading, body, _ := strings.Cut(section, "\n")
		headings = append(headings, heading)
		cases := regexp.MustCompile("`([a-z]+/[a-z0-9_]+)`").FindAllStringSubmatch(body, -1)
		if len(cases) == 0 {
			t.Errorf("%s: no case", heading)
		}
		for _, match := range cases {
			named = append(named, match[1])
		}
	}
	if !slices.Equal(headings, rules()) {
		t.Errorf("headings are %q, want %q", headings, rules())
	}
	compareCases(t, named)
}

// compareCases compares the cases that are named with those that exist.
func compareCases(t *testing.T, named []string) {
	t.Helper()
	var existing []string
	for _, folder := range goldenFolders(t, "ok", "partly", "unreadable") {
		existing = append(existing, strings.TrimPrefix(filepath.ToSlash(folder), "testdata/"))
	}
	for _, name := range named {
		if !slices.Contains(existing, name) {
			t.Errorf("%s does not exist", name)
		}
	}
	for _, name := range existing {
		if !slices.Contains(named, name) {
			t.Errorf("%s shows no rule", name)
		}
	}
}
