// Package scrape keeps the metrics of the local runner for a Prometheus server to scrape. It is apart from package
// telemetry so that the functions on Lambda do not link Prometheus's client.
package scrape

import (
	"context"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"eventdrop/functions/internal/dropzone"
	"eventdrop/functions/internal/reconcile"
	"eventdrop/functions/internal/runner"
	"eventdrop/functions/internal/telemetry"
	"eventdrop/functions/internal/warehouse"
)

// namespace is how all names begin.
const namespace = "eventdrop"

// The labels. None has a value that an object or a row brings: their number is known at the start.
const (
	contractLabel = "contract"
	outcomeLabel  = "outcome"
	laneLabel     = "lane"
	stateLabel    = "state"
)

// Sources are what a scrape looks up, and what never changes.
type Sources struct {
	// Contracts are the names of all. Their series begin with zeros, or the first increase would be seen by nobody.
	Contracts   []string
	Build       map[string]string // what the build knows of itself, as labels
	Connections func() warehouse.Connections
	Backlog     func(ctx context.Context) (warehouse.Backlog, error)
}

// Metrics counts what one runner does. It is safe for concurrent use.
type Metrics struct {
	registry *prometheus.Registry
	now      func() time.Time

	rows, objects                   *prometheus.CounterVec
	lag, duration                   *prometheus.HistogramVec
	listed, missed, retries, passes prometheus.Counter
}

// New returns metrics of a runner that has done nothing yet.
func New(s Sources, now func() time.Time) *Metrics {
	m := &Metrics{
		registry: prometheus.NewRegistry(), now: now,
		rows:     counters("rows_total", "Rows read, by what became of them.", contractLabel, outcomeLabel),
		objects:  counters("objects_total", "Objects handled, by what became of them.", contractLabel, outcomeLabel),
		lag:      seconds("lag_seconds", "Of each loaded object: from its last-modified, which has whole seconds, to the end of its load."),
		duration: seconds("load_duration_seconds", "Of each object: from the first look at it to its outcome."),
		listed:   counter("listed_objects_total", "Objects of the bucket that reconciles compared with the ledger."),
		missed:   counter("missed_notices_total", "Objects that reconciles found, and that no notice had delivered."),
		retries:  counter("retries_total", "Failed objects whose next attempt was due."),
		passes:   counter("reconcile_passes_total", "Reconciles of the whole bucket that ended well."),
	}
	for _, contract := range s.Contracts {
		m.begin(contract)
	}
	m.registry.MustRegister(
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		m.rows, m.objects, m.lag, m.duration, m.listed, m.missed, m.retries, m.passes,
		gauge("build_info", "1; the labels tell what was built.", s.Build, func() float64 { return 1 }),
		newLedger(s.Backlog),
	)
	m.registry.MustRegister(pool(s.Connections)...)
	return m
}

// begin makes the series of a contract.
func (m *Metrics) begin(contract string) {
	m.addRows(contract, dropzone.Books{})
	for _, outcome := range telemetry.Outcomes() {
		m.objects.WithLabelValues(contract, string(outcome))
	}
	m.lag.WithLabelValues(contract)
	m.duration.WithLabelValues(contract)
}

// Observe counts the outcome of one object.
func (m *Metrics) Observe(r dropzone.Receipt, err error) {
	outcome := telemetry.OutcomeOf(r, err)
	m.objects.WithLabelValues(r.Contract, string(outcome)).Inc()
	m.addRows(r.Contract, r.Books)
	if r.TotalDuration > 0 {
		m.duration.WithLabelValues(r.Contract).Observe(r.TotalDuration.Seconds())
	}
	if outcome == telemetry.Loaded {
		m.lag.WithLabelValues(r.Contract).Observe(telemetry.Lag(r, m.now()).Seconds())
	}
}

func (m *Metrics) addRows(contract string, b dropzone.Books) {
	add := func(outcome string, n int64) { m.rows.WithLabelValues(contract, outcome).Add(float64(n)) }
	add("inserted", b.Inserted)
	add("updated", b.Updated)
	add("stale", b.Stale)
	add("duplicate", b.Duplicate)
	add("rejected", b.Rejected)
}

// Reconciled counts what a reconcile found, and whether it came to the end of the bucket.
func (m *Metrics) Reconciled(r reconcile.Report, err error) {
	m.listed.Add(float64(r.Listed))
	m.missed.Add(float64(r.Missing))
	if err == nil {
		m.passes.Inc()
	}
}

// Retried counts the failed objects that were due.
func (m *Metrics) Retried(r reconcile.Report) { m.retries.Add(float64(r.Due)) }

// mostScrapes is how many scrapes are answered at a time: each asks the ledger.
const mostScrapes = 2

// Handler answers scrapes, also with what a look at the runner shows. It is asked for once.
func (m *Metrics) Handler(look func() runner.Stats) http.Handler {
	m.registry.MustRegister(receiver(look)...)
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{MaxRequestsInFlight: mostScrapes})
}

func counter(name, help string) prometheus.Counter {
	return prometheus.NewCounter(prometheus.CounterOpts{Namespace: namespace, Name: name, Help: help})
}

func counters(name, help string, labels ...string) *prometheus.CounterVec {
	return prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: namespace, Name: name, Help: help}, labels)
}

// seconds is a histogram from a millisecond, in which a small object is loaded, to an hour, which tells that objects waited
// for something that was away. A bound at five minutes makes the alarm of the lag exact.
func seconds(name, help string) *prometheus.HistogramVec {
	return prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Namespace: namespace, Name: name, Help: help,
		Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 120, 300, 900, 3600},
	}, []string{contractLabel})
}
