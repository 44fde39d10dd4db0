package telemetry

import (
	"errors"
	"io"
	"maps"
	"slices"
	"sync"
	"time"

	"eventdrop/functions/internal/dropzone"
)

// Meter counts what one invocation did, and writes it as metrics. It is safe for concurrent use.
type Meter struct {
	function string
	now      func() time.Time

	mu        sync.Mutex
	contracts map[string]*tally
	counts    map[string]float64
}

// NewMeter returns a meter for one invocation of a function.
func NewMeter(function string, now func() time.Time) *Meter {
	return &Meter{function: function, now: now, contracts: map[string]*tally{}, counts: map[string]float64{}}
}

// tally is what became of the objects of one contract.
type tally struct {
	books         dropzone.Books
	objects       map[Outcome]float64
	lag, duration []float64
}

// Observe counts the outcome of one object.
func (m *Meter) Observe(r dropzone.Receipt, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	t := m.contracts[r.Contract]
	if t == nil {
		t = &tally{objects: map[Outcome]float64{}}
		m.contracts[r.Contract] = t
	}
	outcome := OutcomeOf(r, err)
	t.objects[outcome]++
	t.books = t.books.Add(r.Books)
	if r.TotalDuration > 0 {
		t.duration = append(t.duration, millis(r.TotalDuration))
	}
	if outcome == Loaded {
		t.lag = append(t.lag, millis(Lag(r, m.now())))
	}
}

// Add counts something beside the objects.
func (m *Meter) Add(name string, n int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.counts[name] += float64(n)
}

// objectMetric names the metric that counts an outcome.
func objectMetric(o Outcome) string {
	return map[Outcome]string{
		Loaded: "ObjectsLoaded", Parked: "ObjectsParked", Failed: "ObjectsFailed", Busy: "ObjectsBusy", Superseded: "ObjectsSuperseded",
		Gone: "ObjectsGone", SettledBefore: "ObjectsSettledBefore", Held: "NoticesHeld",
	}[o]
}

// Flush writes what was counted.
func (m *Meter) Flush(w io.Writer) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	var errs []error
	for _, contract := range slices.Sorted(maps.Keys(m.contracts)) {
		d := document{at: m.now(), function: m.function, contract: contract, metrics: m.contracts[contract].metrics()}
		errs = append(errs, d.write(w))
	}
	if len(m.counts) > 0 {
		d := document{at: m.now(), function: m.function}
		for _, name := range slices.Sorted(maps.Keys(m.counts)) {
			d.metrics = append(d.metrics, metric{name, count, []float64{m.counts[name]}})
		}
		errs = append(errs, d.write(w))
	}
	return errors.Join(errs...)
}

func (t *tally) metrics() []metric {
	one := func(name string, n int64) metric { return metric{name, count, []float64{float64(n)}} }
	b := t.books
	list := []metric{
		one("RowsRead", b.RowsRead), one("RowsInserted", b.Inserted), one("RowsUpdated", b.Updated),
		one("RowsStale", b.Stale), one("RowsDuplicate", b.Duplicate), one("RowsRejected", b.Rejected),
	}
	for _, outcome := range Outcomes() {
		list = append(list, metric{objectMetric(outcome), count, []float64{t.objects[outcome]}})
	}
	for _, m := range []metric{{"Lag", milliseconds, t.lag}, {"Duration", milliseconds, t.duration}} {
		if len(m.values) > 0 {
			list = append(list, m)
		}
	}
	return list
}

func millis(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
