package propose

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"eventdrop/functions/internal/clean"
	"eventdrop/functions/internal/contract"
)

// A folder below testdata is a case, and its name says what it shows: a sample, and the contract that is proposed.
//
//nolint:gochecknoglobals // a test flag has to be one
var update = flag.Bool("update", false, "write the contracts of the golden cases")

func TestGoldenProposals(t *testing.T) {
	t.Parallel()
	folders, err := filepath.Glob("testdata/*")
	if err != nil || len(folders) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	for _, folder := range folders {
		t.Run(filepath.Base(folder), func(t *testing.T) {
			t.Parallel()
			samples, err := filepath.Glob(folder + "/*.[ct]sv*")
			if err != nil || len(samples) != 1 {
				t.Fatalf("want one sample: %v, %v", samples, err)
			}
			sample, err := os.ReadFile(samples[0])
			if err != nil {
				t.Fatal(err)
			}
			got := mustPropose(t, sample, filepath.Base(samples[0]))
			want := filepath.Join(folder, "want.yaml")
			if *update {
				if err := os.WriteFile(want, got.YAML, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			text, err := os.ReadFile(want)
			if err != nil || !bytes.Equal(text, got.YAML) {
				t.Errorf("%v, got\n%s", err, got.YAML)
			}
		})
	}
}

// mustPropose wants a proposal that loads all that can be loaded.
func mustPropose(tb testing.TB, sample []byte, file string) Proposal {
	tb.Helper()
	p, err := Sample(bytes.NewReader(sample), file, 1000)
	if err != nil {
		tb.Fatal(err)
	}
	c, err := contract.Parse("proposal", p.YAML)
	if err != nil {
		tb.Fatalf("%v\n%s", err, p.YAML)
	}
	if _, err := clean.Compile(c); err != nil {
		tb.Fatalf("%v\n%s", err, p.YAML)
	}
	rejected, err := p.Try(bytes.NewReader(sample))
	if err != nil || rejected != p.Damaged {
		tb.Fatalf("%d of %d rejected, %d damaged, %v\n%s\n%s", rejected, p.Records, p.Damaged, err, p.YAML, sample)
	}
	return p
}

func TestSamplesThatTellNothingAreRefused(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ sample, want string }{
		"empty":              {"", "the sample is empty"},
		"only a header":      {"a,b\n", "no sound record"},
		"only damage":        {"a,b\n1\n2\n", "no sound record"},
		"no header, numbers": {"1,2\n3,4\n", `"1" is a value`},
		"no header, a time":  {"view,2024-05-06 10:00:00\nview,2024-05-06 10:00:00\n", "is a value, not a name"},
		"only a name twice":  {"H,h\n1,2\n", "no column has a name of its own"},
		"only a sign":        {"€\n1\n", "no column has a name of its own"},
		"a picture":          {"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "binary_content"},
	} {
		if _, err := Sample(strings.NewReader(test.sample), "a.csv", 100); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, want %q", name, err, test.want)
		}
	}
}

// An amount has as many places as it is written with: the next one may need them.
func TestDecimalPlacesAreThoseThatAreWritten(t *testing.T) {
	t.Parallel()
	for cell, want := range map[string]string{
		"19.50": "scale: 2", "1.007,50 €": "scale: 2", "20.00": "scale: 2", "1,234.5": "scale: 1", "1.125": "scale: 3", "0.123456789": "scale: 8",
	} {
		if p := mustPropose(t, []byte("name;amount\na;"+cell+"\n"), "a.csv"); !strings.Contains(string(p.YAML), "    type: decimal\n    required: true\n    "+want+"\n") {
			t.Errorf("%s: no %s in\n%s", cell, want, p.YAML)
		}
	}
}
