package scrape

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"eventdrop/functions/internal/dropzone"
	"eventdrop/functions/internal/reconcile"
	"eventdrop/functions/internal/runner"
	"eventdrop/functions/internal/warehouse"
)

func noon() time.Time { return time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC) }

// sources are those of a runner with two contracts.
func sources() Sources {
	return Sources{
		Contracts: []string{"a", "b"}, Build: map[string]string{"version": "v1"},
		Connections: func() warehouse.Connections {
			return warehouse.Connections{Acquired: 3, Idle: 2, Constructing: 1, Max: 24, Waits: 5, WaitTime: 1500 * time.Millisecond}
		},
		Backlog: func(context.Context) (warehouse.Backlog, error) {
			return warehouse.Backlog{Failed: 4, Due: 1, Paused: true}, nil
		},
	}
}

func stats() runner.Stats {
	return runner.Stats{
		Notices: runner.Notices{Accepted: 10, Ignored: 9, Malformed: 8, QueueFull: 7, TooLarge: 6, Unauthorised: 5},
		Waiting: 4, QueueLength: 100, Loading: 3, First: runner.LaneStats{Slow: 2, Spares: 8}, Retry: runner.LaneStats{Slow: 1, Spares: 4},
	}
}

func scraped(t *testing.T, handler http.Handler) *httptest.ResponseRecorder {
	t.Helper()
	answer := httptest.NewRecorder()
	handler.ServeHTTP(answer, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/metrics", http.NoBody))
	if answer.Code != http.StatusOK {
		t.Fatalf("%d %s", answer.Code, answer.Body)
	}
	return answer
}

// values are all series of a scrape: a counter or a gauge by its name and labels, of a histogram the number of its samples.
func values(t *testing.T, handler http.Handler) map[string]float64 {
	t.Helper()
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(scraped(t, handler).Body)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]float64{}
	for name, family := range families {
		for _, m := range family.GetMetric() {
			series := []string{name}
			for _, label := range m.GetLabel() {
				series = append(series, label.GetName()+"="+label.GetValue())
			}
			all[strings.Join(series, " ")] = value(m)
		}
	}
	return all
}

func value(m *dto.Metric) float64 {
	if h := m.GetHistogram(); h != nil {
		return float64(h.GetSampleCount())
	}
	return m.GetCounter().GetValue() + m.GetGauge().GetValue() // one of them
}

func expect(t *testing.T, got, want map[string]float64) {
	t.Helper()
	for series, n := range want {
		if value, there := got[series]; value != n || !there {
			t.Errorf("%s: got %v, %v, want %v", series, value, there, n)
		}
	}
}

func TestReceiptsAreCountedByContractAndOutcome(t *testing.T) {
	t.Parallel()
	m := New(sources(), noon)
	loaded := dropzone.Receipt{
		Contract: "a", State: dropzone.Loaded, TotalDuration: 3 * time.Millisecond, Object: dropzone.Object{LastModified: noon().Add(-2 * time.Second)},
		Books: dropzone.Books{RowsRead: 15, Inserted: 5, Updated: 4, Stale: 3, Duplicate: 2, Rejected: 1},
	}
	m.Observe(loaded, nil)
	m.Observe(loaded, nil)
	m.Observe(dropzone.Receipt{Contract: "a", State: dropzone.Parked, TotalDuration: time.Millisecond}, nil)
	m.Observe(dropzone.Receipt{Contract: "a", State: dropzone.Failed, TotalDuration: time.Millisecond}, errors.New("no luck"))
	m.Observe(dropzone.Receipt{Contract: "a", State: dropzone.Failed}, dropzone.ErrPaused)
	m.Observe(dropzone.Receipt{Contract: "b", State: dropzone.Loaded, Already: true}, nil)
	m.Reconciled(reconcile.Report{Listed: 9, Missing: 2}, nil)
	m.Reconciled(reconcile.Report{Listed: 1, Missing: 1}, errors.New("the bucket is away"))
	m.Retried(reconcile.Report{Due: 3})
	expect(t, values(t, m.Handler(stats)), map[string]float64{
		"eventdrop_rows_total contract=a outcome=inserted": 10, "eventdrop_rows_total contract=a outcome=updated": 8,
		"eventdrop_rows_total contract=a outcome=stale": 6, "eventdrop_rows_total contract=a outcome=duplicate": 4,
		"eventdrop_rows_total contract=a outcome=rejected": 2, "eventdrop_rows_total contract=b outcome=inserted": 0,
		"eventdrop_objects_total contract=a outcome=loaded": 2, "eventdrop_objects_total contract=a outcome=parked": 1,
		"eventdrop_objects_total contract=a outcome=failed": 1, "eventdrop_objects_total contract=a outcome=held": 1,
		"eventdrop_objects_total contract=b outcome=settled_before": 1, "eventdrop_objects_total contract=b outcome=failed": 0,
		"eventdrop_lag_seconds contract=a": 2, "eventdrop_load_duration_seconds contract=a": 4, "eventdrop_load_duration_seconds contract=b": 0,
		"eventdrop_listed_objects_total": 10, "eventdrop_missed_notices_total": 3, "eventdrop_reconcile_passes_total": 1, "eventdrop_retries_total": 3,
	})
}

func TestAScrapeShowsWhatItLooksUp(t *testing.T) {
	t.Parallel()
	expect(t, values(t, New(sources(), noon).Handler(stats)), map[string]float64{
		"eventdrop_notices_total outcome=accepted": 10, "eventdrop_notices_total outcome=ignored": 9, "eventdrop_notices_total outcome=malformed": 8,
		"eventdrop_notices_total outcome=queue_full": 7, "eventdrop_notices_total outcome=too_large": 6, "eventdrop_notices_total outcome=unauthorised": 5,
		"eventdrop_queue_objects": 4, "eventdrop_queue_objects_max": 100, "eventdrop_loading_objects": 3,
		"eventdrop_slow_objects lane=first": 2, "eventdrop_slow_objects_max lane=first": 8,
		"eventdrop_slow_objects lane=retry": 1, "eventdrop_slow_objects_max lane=retry": 4,
		"eventdrop_postgresql_connections state=acquired": 3, "eventdrop_postgresql_connections state=idle": 2,
		"eventdrop_postgresql_connections state=constructing": 1, "eventdrop_postgresql_connections_max": 24,
		"eventdrop_postgresql_connection_waits_total": 5, "eventdrop_postgresql_connection_wait_seconds_total": 1.5,
		"eventdrop_ledger_up": 1, "eventdrop_failed_objects": 4, "eventdrop_due_objects": 1, "eventdrop_paused": 1,
		"eventdrop_build_info version=v1": 1,
	})
}

// The metrics are needed most while PostgreSQL is away.
func TestAScrapeDoesNotNeedTheLedger(t *testing.T) {
	t.Parallel()
	s := sources()
	s.Backlog = func(ctx context.Context) (warehouse.Backlog, error) {
		<-ctx.Done() // it never answers
		return warehouse.Backlog{}, context.Cause(ctx)
	}
	got := values(t, New(s, noon).Handler(stats))
	expect(t, got, map[string]float64{"eventdrop_ledger_up": 0, "eventdrop_queue_objects": 4})
	if _, there := got["eventdrop_failed_objects"]; there {
		t.Error("it tells what it does not know")
	}
}

func TestNamesAndTypesAreAsPrometheusWantsThem(t *testing.T) {
	t.Parallel()
	problems, err := promlint.New(scraped(t, New(sources(), noon).Handler(stats)).Body).Lint()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		t.Errorf("%s: %s", p.Metric, p.Text)
	}
}
