package bench

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"eventdrop/functions/internal/wiring"
)

func TestMain(m *testing.M) {
	code := m.Run()
	if started.lab != nil {
		_ = started.lab.close(context.Background()) // the watchdog would end the servers, too
		_ = os.RemoveAll(started.folder)
	}
	os.Exit(code)
}

//nolint:gochecknoglobals // what TestMain must stop
var started sharedLab

// testLab is the lab of all tests of the package, with sizes that take seconds. Tests that use it must not be parallel: loaders
// listen at one address, and what is measured is small.
func testLab(t *testing.T) *lab {
	t.Helper()
	s, err := shared()
	if err != nil {
		t.Fatal(err)
	}
	return s.lab
}

// sharedLab is a lab and the folder of the program that it measures.
type sharedLab struct {
	lab    *lab
	folder string
}

//nolint:gochecknoglobals // servers are started once for all tests of the package
var shared = sync.OnceValues(func() (s sharedLab, err error) {
	if s.folder, err = os.MkdirTemp("", "eventdrop-bench-"); err != nil {
		return s, err
	}
	program := filepath.Join(s.folder, "eventdrop")
	if out, err := exec.Command("go", "build", "-o", program, "eventdrop/functions/eventdrop").CombinedOutput(); err != nil {
		return s, fmt.Errorf("build eventdrop: %w\n%s", err, out)
	}
	s.lab, err = newLab(context.Background(), Options{
		Quick: true, Seed: 1, Program: program, Progress: os.Stderr, Config: wiring.Config{Workers: 4},
		Sizes: Sizes{
			Runs: 2, Rows: 2_000, Backlog: 25, For: time.Second, Memory: []int{1, 2}, Listed: 20, Offered: []int{500, 6_000},
		},
	})
	started = s
	return s, err
})

// measured runs one benchmark on the lab of the tests.
func measured(t *testing.T, name string) Result {
	t.Helper()
	chosen := choose([]string{name})
	if len(chosen) != 1 {
		t.Fatalf("there is no benchmark %s", name)
	}
	r, err := testLab(t).measure(t.Context(), chosen[0])
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// wantFigures fails unless the result has exactly these figures, in this order.
func wantFigures(t *testing.T, r Result, want ...string) {
	t.Helper()
	var got []string
	for i := range r.Figures {
		got = append(got, r.Figures[i].Name)
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("figures\n%q, want\n%q", got, want)
	}
}
