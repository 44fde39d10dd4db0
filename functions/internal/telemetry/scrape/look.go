package scrape

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"eventdrop/functions/internal/runner"
	"eventdrop/functions/internal/warehouse"
)

// receiver is what a look at the runner shows.
func receiver(look func() runner.Stats) []prometheus.Collector {
	notices := func(outcome string, n func(runner.Notices) int64) prometheus.Collector {
		return total("notices_total", "Notices that came in, by what became of them; one for a notification that was refused as a whole.",
			prometheus.Labels{outcomeLabel: outcome}, func() float64 { return float64(n(look().Notices)) })
	}
	show := func(name, help string, n func(runner.Stats) int) prometheus.Collector {
		return gauge(name, help, nil, func() float64 { return float64(n(look())) })
	}
	lane := func(name string, n func(runner.Stats) runner.LaneStats) []prometheus.Collector {
		labels := prometheus.Labels{laneLabel: name}
		return []prometheus.Collector{
			gauge("slow_objects", "Objects being loaded that were slow, and gave way to others.", labels, func() float64 { return float64(n(look()).Slow) }),
			gauge("slow_objects_max", "So many may be; with more the others wait.", labels, func() float64 { return float64(n(look()).Spares) }),
		}
	}
	all := []prometheus.Collector{
		notices("accepted", func(n runner.Notices) int64 { return n.Accepted }),
		notices("ignored", func(n runner.Notices) int64 { return n.Ignored }),
		notices("malformed", func(n runner.Notices) int64 { return n.Malformed }),
		notices("queue_full", func(n runner.Notices) int64 { return n.QueueFull }),
		notices("too_large", func(n runner.Notices) int64 { return n.TooLarge }),
		notices("unauthorised", func(n runner.Notices) int64 { return n.Unauthorised }),
		show("queue_objects", "Objects that wait for a worker.", func(s runner.Stats) int { return s.Waiting }),
		show("queue_objects_max", "So many may wait; with more the sender is told to come back.", func(s runner.Stats) int { return s.QueueLength }),
		show("loading_objects", "Objects being loaded.", func(s runner.Stats) int { return s.Loading }),
	}
	all = append(all, lane("first", func(s runner.Stats) runner.LaneStats { return s.First })...)
	return append(all, lane("retry", func(s runner.Stats) runner.LaneStats { return s.Retry })...)
}

// pool is how the connections to PostgreSQL are used.
func pool(look func() warehouse.Connections) []prometheus.Collector {
	connections := func(state string, n func(warehouse.Connections) int32) prometheus.Collector {
		return gauge("postgresql_connections", "Connections to PostgreSQL.", prometheus.Labels{stateLabel: state}, func() float64 { return float64(n(look())) })
	}
	return []prometheus.Collector{
		connections("acquired", func(c warehouse.Connections) int32 { return c.Acquired }),
		connections("idle", func(c warehouse.Connections) int32 { return c.Idle }),
		connections("constructing", func(c warehouse.Connections) int32 { return c.Constructing }),
		gauge("postgresql_connections_max", "So many may be open.", nil, func() float64 { return float64(look().Max) }),
		total("postgresql_connection_waits_total", "Times that a connection had to be waited for: all were in use, or none was open.", nil,
			func() float64 { return float64(look().Waits) }),
		total("postgresql_connection_wait_seconds_total", "How long that took.", nil, func() float64 { return look().WaitTime.Seconds() }),
	}
}

// ledger asks PostgreSQL at each scrape.
type ledger struct {
	backlog                 func(ctx context.Context) (warehouse.Backlog, error)
	up, failed, due, paused *prometheus.Desc
}

func newLedger(backlog func(ctx context.Context) (warehouse.Backlog, error)) *ledger {
	desc := func(name, help string) *prometheus.Desc {
		return prometheus.NewDesc(prometheus.BuildFQName(namespace, "", name), help, nil, nil)
	}
	return &ledger{
		backlog: backlog,
		up:      desc("ledger_up", "1 if PostgreSQL told this scrape what the ledger knows; else 0, and the other metrics of the ledger are absent."),
		failed:  desc("failed_objects", "Objects in the ledger that failed and are tried again."),
		due:     desc("due_objects", "Of the failed objects, those whose next attempt is due."),
		paused:  desc("paused", "1 while the pipeline is paused, else 0."),
	}
}

// Describe implements prometheus.Collector.
func (l *ledger) Describe(to chan<- *prometheus.Desc) {
	for _, desc := range []*prometheus.Desc{l.up, l.failed, l.due, l.paused} {
		to <- desc
	}
}

// answerTime is how long a scrape waits for the ledger.
const answerTime = time.Second

// Collect implements prometheus.Collector.
func (l *ledger) Collect(to chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), answerTime)
	defer cancel()
	tell := func(desc *prometheus.Desc, value float64) {
		to <- prometheus.MustNewConstMetric(desc, prometheus.GaugeValue, value)
	}
	b, err := l.backlog(ctx)
	tell(l.up, truth(err == nil))
	if err == nil {
		tell(l.failed, float64(b.Failed))
		tell(l.due, float64(b.Due))
		tell(l.paused, truth(b.Paused))
	}
}

func truth(yes bool) float64 {
	if yes {
		return 1
	}
	return 0
}

func gauge(name, help string, labels prometheus.Labels, value func() float64) prometheus.Collector {
	return prometheus.NewGaugeFunc(prometheus.GaugeOpts{Namespace: namespace, Name: name, Help: help, ConstLabels: labels}, value)
}

func total(name, help string, labels prometheus.Labels, value func() float64) prometheus.Collector {
	return prometheus.NewCounterFunc(prometheus.CounterOpts{Namespace: namespace, Name: name, Help: help, ConstLabels: labels}, value)
}
