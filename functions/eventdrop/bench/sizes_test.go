package bench

import (
	"errors"
	"math"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// resized is the lab of the tests with other sizes, for one test.
func resized(t *testing.T, resize func(s *Sizes)) *lab {
	t.Helper()
	l := *testLab(t)
	resize(&l.Sizes)
	return &l
}

func unchanged(*Sizes) {}

// sane runs a benchmark, and wants figures that can be; those that are named must be above 0.
func sane(t *testing.T, l *lab, name string, figures ...string) Result {
	t.Helper()
	chosen := choose([]string{name})
	if len(chosen) != 1 {
		t.Fatalf("there is no benchmark %s", name)
	}
	r, err := l.measure(t.Context(), chosen[0])
	if err != nil {
		t.Fatal(err)
	}
	if r.Missing != "" {
		t.Fatalf("not measured: %s", r.Missing)
	}
	if len(r.Figures) == 0 || r.Figures[0].Bound == nil {
		t.Fatalf("the first figure has no bound: %+v", r.Figures)
	}
	for _, f := range r.Figures {
		if math.IsNaN(f.Value) || math.IsInf(f.Value, 0) || f.Low > f.Value || f.Value > f.High || f.Runs < 1 {
			t.Errorf("%+v", f)
		}
	}
	for _, figure := range figures {
		if value(&r, figure) <= 0 {
			t.Errorf("%s is not above 0: %+v", figure, r.Figures)
		}
	}
	return r
}

// value is that of a figure; -1 where there is none.
func value(r *Result, figure string) float64 {
	for _, f := range r.Figures {
		if f.Name == figure {
			return f.Value
		}
	}
	return -1
}

func TestDecodeComparesTheProcessorTimeOfTwoReaders(t *testing.T) { //nolint:paralleltest // it counts the processor time of the process
	l := resized(t, func(s *Sizes) { s.Rows = 20_000 }) // clocks are coarse
	r := sane(t, l, "decode", "processor time against the floor", "the same without cleaning", "megabytes a second", "rows a second")
	if ours, floor := value(&r, "processor time against the floor"), value(&r, "the same without cleaning"); floor >= ours {
		t.Errorf("cleaning costs nothing: %f without it, %f with it", floor, ours)
	}
}

func TestDecodeRefusesToMeasureWhatIsNotThere(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{"a row is missing": "event_id\na\n", "a quote is open": "event_id\n\"a\nb\n"} {
		if err := readPlainly([]byte(text), 2); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestMemoryIsMeasuredForEachSize(t *testing.T) { //nolint:paralleltest // the benchmarks of a lab follow each other
	if peakMemory(os.Getpid()) == 0 {
		t.Skip("no /proc: the benchmark says so, too")
	}
	r := sane(t, resized(t, func(s *Sizes) { s.Memory = []int{3, 1} }), "memory", "peak at the largest object", "3 MB against 1 MB", "peak at 1 MB", "peak at 3 MB")
	if peak := value(&r, "peak at the largest object"); peak < 5 || peak > 1000 {
		t.Errorf("a loader with %f MiB", peak)
	}
	drawn(t, &r, 2)
}

// drawn wants one plot, of one curve with so many points, that can be drawn.
func drawn(t *testing.T, r *Result, points int) {
	t.Helper()
	if len(r.Plots) != 1 || len(r.Plots[0].Curves) != 1 || len(r.Plots[0].Curves[0].XY) != points {
		t.Fatalf("%+v", r.Plots)
	}
	if err := r.Plots[0].save(t.TempDir()); err != nil {
		t.Error(err)
	}
}

func TestStartMeasuresBothFunctionsAndALoad(t *testing.T) { //nolint:paralleltest // the benchmarks of a lab follow each other
	r := sane(t, resized(t, unchanged), "start",
		"to the first answer of the empty function", "to the first answer of ingest", "to the first answer of ingest with an object loaded")
	if r.Figures[0].Runs < 10 {
		t.Errorf("%+v", r.Figures[0])
	}
}

func TestStartFailsWithTheFunction(t *testing.T) { //nolint:paralleltest // the benchmarks of a lab follow each other
	p := testPlace(t, unchanged)
	program, err := exec.LookPath("false")
	if err != nil {
		t.Fatal(err)
	}
	source, err := findCheckout(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer source.close()
	ingest, err := source.build(t.Context(), "ingest", "")
	if err != nil {
		t.Fatal(err)
	}
	for want, a := range map[string]firstAnswer{
		"ended":  {program: program, event: "{}"},
		"answer": {program: ingest, event: `{"nonsense":true}`},
		"rows":   {program: ingest, event: `{"Event":"s3:TestEvent"}`, rows: 1},
	} {
		if err := p.measureFirst(t.Context(), &a); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want an error about %s, got %v", want, err)
		}
	}
}

func TestWithoutTheSourceItIsToldWhatIsNeeded(t *testing.T) {
	t.Chdir(t.TempDir())
	_, err := findCheckout(t.Context())
	if missing, ok := errors.AsType[missingError](err); !ok || !strings.Contains(missing.Error(), "checkout") {
		t.Errorf("%v", err)
	}
}

func TestSizeIsThatOfTheZipFiles(t *testing.T) { //nolint:paralleltest // the benchmarks of a lab follow each other
	r := sane(t, resized(t, unchanged), "size", "zip file for arm64", "zip file for amd64")
	for _, arch := range []string{"arm64", "amd64"} {
		zipped, plain := value(&r, "zip file for "+arch), value(&r, "program for "+arch)
		if zipped < 1 || zipped > plain {
			t.Errorf("%s: %f MB, zipped %f MB", arch, plain, zipped)
		}
	}
}

func TestReconcileComparesAllWithTheLedger(t *testing.T) { //nolint:paralleltest // the benchmarks of a lab follow each other
	r := sane(t, resized(t, func(s *Sizes) { s.Listed = 1_050 }), "reconcile", "time against the floor", "time", "floor", "objects a second")
	if n := value(&r, "objects"); n != 1_050 {
		t.Errorf("%f objects", n)
	}
}

// A reconcile that misses something, or does not see all of the bucket, is no measurement.
func TestReconcileFailsWhereTheLedgerDoesNotKnowAll(t *testing.T) { //nolint:paralleltest // the benchmarks of a lab follow each other
	p := testPlace(t, func(s *Sizes) { s.Listed = 3 })
	last, err := p.fillLedger(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.compare(t.Context(), 3, last); err != nil {
		t.Fatal(err)
	}
	if err := p.exec(t.Context(), "delete from objects where key = $1", last); err != nil {
		t.Fatal(err)
	}
	if _, err := p.compare(t.Context(), 3, last); err == nil || !strings.Contains(err.Error(), "missing 1") {
		t.Errorf("%v", err)
	}
	lister, forget, err := p.lister()
	if err != nil {
		t.Fatal(err)
	}
	defer forget()
	if _, err := lister.compare(t.Context(), 0, "zzz"); err == nil {
		t.Error("it did not list up to zzz")
	}
}

func TestScalingCountsWhatPostgreSQLTakes(t *testing.T) { //nolint:paralleltest // the benchmarks of a lab follow each other
	l := resized(t, func(s *Sizes) { s.Rows = 20_000 })
	if l.postgres == nil || peakMemory(os.Getpid()) == 0 {
		t.Skip("no PostgreSQL of its own, or no /proc: the benchmark says so, too")
	}
	r := sane(t, l, "scaling", "rows a second, 1 loader", "rows a second, 8 loaders", "PostgreSQL's processor time per million rows, 8 loaders")
	drawn(t, &r, 4)
}

func TestScalingFailsWhereRowsAreMissing(t *testing.T) { //nolint:paralleltest // the benchmarks of a lab follow each other
	p := testPlace(t, unchanged)
	if p.postgres == nil {
		t.Skip("no PostgreSQL of its own")
	}
	if err := p.drainWith(t.Context(), &width{loaders: 1}, 1); err == nil {
		t.Error("no row came of one, and nothing was said")
	}
}

// testPlace is a place that goes with the test.
func testPlace(t *testing.T, resize func(s *Sizes)) *place {
	t.Helper()
	p, remove, err := resized(t, resize).newPlace(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(remove)
	return p
}
