package bench

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const document = "# Performance\n\n" + beginResults + "old\n" + endResults + "\nThe end.\n"

// documentOf writes a document into a folder of its own.
func documentOf(t *testing.T, text string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "metrics.md")
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return name
}

func result(name string, value float64) Result {
	r := Result{Name: name, What: "something", Floor: "something else", Origin: Origin{Begun: time.Date(2026, 11, 26, 9, 0, 0, 0, time.UTC), Commit: "abc", Machine: "2 cores"}}
	r.add("time against the floor", "x", sample{value}, atMost(1.3, 1))
	r.Plots = []Plot{{Name: name, Title: "A plot", Y: Axis{Log: true}, Curves: []Curve{{"a", [][2]float64{{1, 1}, {2, 10}}}, {"b", [][2]float64{{1, 2}}}}}}
	return r
}

func TestPublish(t *testing.T) {
	t.Parallel()
	name := documentOf(t, document)
	for _, results := range [][]Result{{result("latency", 1.2)}, {result("bulk", 0.9)}} { // the second keeps the first
		if err := Publish(name, results); err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"# Performance\n", "\nThe end.\n", "| [bulk](#bulk) | time against the floor | 0.9 x |", "| goal |", "| first |",
		"### latency\n\nSomething. Floor: something else.", "![A plot](metrics/latency.png)", "2026-11-26, 0s, commit abc, seed 0. 2 cores.",
	} {
		if !strings.Contains(string(text), want) {
			t.Errorf("there is no %q in\n%s", want, text)
		}
	}
	if strings.Contains(string(text), "old\n") || strings.Index(string(text), "### bulk") > strings.Index(string(text), "### latency") {
		t.Errorf("not in the order of the report, or old text is left:\n%s", text)
	}
	plot, err := os.ReadFile(filepath.Join(filepath.Dir(name), "metrics", "bulk.png"))
	if err != nil || !strings.HasPrefix(string(plot), "\x89PNG") {
		t.Errorf("the plot: %v", err)
	}
}

func TestADocumentWithoutMarksIsLeftAlone(t *testing.T) {
	t.Parallel()
	name := documentOf(t, "# Performance\n")
	if err := Publish(name, []Result{result("bulk", 1)}); err == nil || !strings.Contains(err.Error(), "has not the lines") {
		t.Errorf("error %v", err)
	}
	if text, err := os.ReadFile(name); err != nil || string(text) != "# Performance\n" {
		t.Errorf("it is %q now, %v", text, err)
	}
}

func TestFigures(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		values  sample
		bound   *Bound
		value   float64
		verdict string
		spread  string
	}{
		{sample{1.2, 0.9, 5}, atMost(1.3, 1), 1.2, "first", "0.9-5, 3 runs"},
		{sample{1.2, 0.8}, atMost(1.3, 1), 1, "goal", "0.8-1.2, 2 runs"},
		{sample{2}, atMost(1.3, 1), 2, "missed", ""},
		{sample{0.4}, atLeast(0.5, 0.8), 0.4, "missed", ""},
		{sample{0.6}, atLeast(0.5, 0.8), 0.6, "first", ""},
		{sample{90_000.4}, nil, 90_000.4, "", ""},
	} {
		var r Result
		r.add("figure", "x", test.values, test.bound)
		f := &r.Figures[0]
		if f.Value != test.value || f.verdict() != test.verdict || f.spread() != test.spread {
			t.Errorf("%v: %v, %s, %s", test.values, f.Value, f.verdict(), f.spread())
		}
	}
}

func TestSharesOfASample(t *testing.T) {
	t.Parallel()
	s := sample{5, 1, 4, 2, 3}
	for share, want := range map[float64]float64{0: 1, 0.2: 1, 0.5: 3, 0.99: 5, 1: 5} {
		if got := s.at(share); got != want {
			t.Errorf("at %v: %v, want %v", share, got, want)
		}
	}
	if (sample{}).at(0.5) != 0 || (sample{}).median() != 0 {
		t.Error("of nothing there is something")
	}
}
