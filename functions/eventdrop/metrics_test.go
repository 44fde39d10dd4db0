package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/VictoriaMetrics/metricsql"
	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"go.yaml.in/yaml/v3"

	"eventdrop/functions/internal/runner"
)

// scraped is what a Prometheus server would get.
type scraped struct {
	text     string
	families map[string]*dto.MetricFamily
}

func scrapeMetrics(t *testing.T, url string) scraped {
	t.Helper()
	status, body := fetch(t, url)
	if status != http.StatusOK {
		t.Fatalf("%s: %d %s", url, status, body)
	}
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	return scraped{body, families}
}

// value adds up what the series with all of these labels have: of a histogram the number of samples.
func (s scraped) value(name string, labels ...string) string {
	sum := 0.0
	for _, m := range s.families[name].GetMetric() {
		if has(m, labels) {
			sum += m.GetCounter().GetValue() + m.GetGauge().GetValue() + float64(m.GetHistogram().GetSampleCount())
		}
	}
	return strconv.FormatFloat(sum, 'f', -1, 64)
}

// has reports whether a series has labels, each as name=value.
func has(m *dto.Metric, labels []string) bool {
	for _, label := range labels {
		if !slices.ContainsFunc(m.GetLabel(), func(l *dto.LabelPair) bool { return l.GetName()+"="+l.GetValue() == label }) {
			return false
		}
	}
	return true
}

// What a scrape tells is what the receipts and the ledger tell, to the row.
func TestMetricsAreWhatTheReceiptsSay(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const dropped = 30
	w.drop(dropped, dirty(11))
	w.put("incoming/a.csv", "event_id,event_type,event_time\n00000001-1111-4111-8111-111111111111,view,2026-11-23T10:00:00Z\n")
	w.put("incoming/b.csv", "event_id,event_type,event_time\n00000001-1111-4111-8111-111111111111,purchase,2026-11-23T10:00:00Z\n") // another version of it
	w.put("incoming/binary.csv", "PK\x03\x04\x00\x00\x00\x00")                                                                      // parked
	const objects = dropped + 3

	p := w.start("serve")
	notices := p.await(t, `notices=(\S+)`)[1]
	p.await(t, "reconciled")
	url := strings.TrimSuffix(notices, "/notices") + "/metrics"

	own := `{"bucket":"` + w.config.S3Bucket + `","key":`
	post(t, notices, w.config.WebhookToken, own+`"incoming/gone.csv"}`)
	post(t, notices, w.config.WebhookToken, own+`"a.png"}`)
	post(t, notices, w.config.WebhookToken, "{")
	post(t, notices, "nonsense", own+`"incoming/a.csv"}`)
	got := settled(t, url, objects+1)
	w.expect(strconv.Itoa(objects), "select count(*) from objects where state in ('loaded', 'parked')")

	for _, outcome := range []string{"inserted", "updated", "stale", "duplicate", "rejected"} {
		w.expect(got.value("eventdrop_rows_total", "contract=ecommerce_events", "outcome="+outcome), "select sum("+outcome+") from receipts")
	}
	w.expect(got.value("eventdrop_rows_total"), "select sum(rows_read) from receipts")
	for _, state := range []string{"loaded", "parked"} {
		w.expect(got.value("eventdrop_objects_total", "contract=ecommerce_events", "outcome="+state), "select count(*) from objects where state = $1", state)
	}
	w.expect(got.value("eventdrop_lag_seconds"), "select count(*) from receipts where state = 'loaded'")
	for _, want := range []struct{ value, name, label string }{
		{"1", "eventdrop_objects_total", "outcome=gone"},
		{strconv.Itoa(objects + 1), "eventdrop_load_duration_seconds", "contract=ecommerce_events"},
		{strconv.Itoa(objects), "eventdrop_missed_notices_total", ""},
		{"1", "eventdrop_notices_total", "outcome=accepted"},
		{"1", "eventdrop_notices_total", "outcome=ignored"},
		{"1", "eventdrop_notices_total", "outcome=malformed"},
		{"1", "eventdrop_notices_total", "outcome=unauthorised"},
		{"24", "eventdrop_postgresql_connections_max", ""},
		{"1", "eventdrop_ledger_up", ""},
		{"0", "eventdrop_failed_objects", ""},
		{"0", "eventdrop_paused", ""},
	} {
		labels := strings.Fields(want.label)
		if value := got.value(want.name, labels...); value != want.value {
			t.Errorf("%s %s: got %s, want %s", want.name, want.label, value, want.value)
		}
	}
	for _, reason := range []string{"inserted", "rejected"} { // or the comparison above proves little
		if got.value("eventdrop_rows_total", "outcome="+reason) == "0" {
			t.Errorf("no row is %s", reason)
		}
	}
	lint(t, got)

	if _, err := w.parts.Warehouse.Pause(t.Context(), ""); err != nil {
		t.Fatal(err)
	}
	if got := settled(t, url, objects+1); got.value("eventdrop_paused") != "1" {
		t.Error("a pause is not seen")
	}
	if err := p.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := p.Wait(); err != nil {
		t.Errorf("serve after SIGTERM: %v", err)
	}
}

func lint(t *testing.T, s scraped) {
	t.Helper()
	problems, err := promlint.New(strings.NewReader(s.text)).Lint()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		t.Errorf("%s: %s", p.Metric, p.Text)
	}
}

// settled scrapes until so many objects have an outcome, and once more: a scrape is no snapshot, and the one in which a total is
// reached may miss what belongs to it.
func settled(t *testing.T, url string, objects int) scraped {
	t.Helper()
	poll := time.NewTicker(20 * time.Millisecond)
	defer poll.Stop()
	limit := time.NewTimer(time.Minute)
	defer limit.Stop()
	for reached := false; ; {
		got := scrapeMetrics(t, url)
		if reached && got.value("eventdrop_ledger_up") == "1" {
			return got
		}
		reached = reached || got.value("eventdrop_objects_total") == strconv.Itoa(objects) &&
			got.value("eventdrop_load_duration_seconds") == strconv.Itoa(objects)
		select {
		case <-poll.C:
		case <-limit.C:
			t.Fatalf("%s objects have an outcome, want %d", got.value("eventdrop_objects_total"), objects)
		}
	}
}

// A dashboard or an alert that asks for something which nobody counts shows nothing, and says so to nobody.
func TestDashboardAndAlertsAskForWhatIsCounted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	server := httptest.NewServer(newMetrics(w.parts).Handler(func() runner.Stats { return runner.Stats{} }))
	t.Cleanup(server.Close)
	counted := scrapeMetrics(t, server.URL)
	for _, asked := range append(dashboardQueries(t), alertQueries(t)...) {
		t.Run(asked, func(t *testing.T) {
			t.Parallel()
			expr, err := metricsql.Parse(strings.ReplaceAll(asked, "$__rate_interval", "1m"))
			if err != nil {
				t.Fatal(err)
			}
			metricsql.VisitAll(expr, func(e metricsql.Expr) {
				if selector, ok := e.(*metricsql.MetricExpr); ok {
					counted.mustHave(t, selector)
				}
			})
		})
	}
}

// mustHave checks that there is a series that a query asks for. What Prometheus itself adds is not judged.
func (s scraped) mustHave(t *testing.T, selector *metricsql.MetricExpr) {
	t.Helper()
	name, labels := "", []string{}
	for _, filter := range slices.Concat(selector.LabelFilterss...) {
		switch filter.Label {
		case "__name__":
			name = filter.Value
		case "job":
		default:
			labels = append(labels, filter.Label+"="+filter.Value)
		}
	}
	family := s.families[name]
	if base, ok := strings.CutSuffix(name, "_bucket"); ok {
		family = s.families[base]
	}
	if name != "up" && name != "ALERTS" && !slices.ContainsFunc(family.GetMetric(), func(m *dto.Metric) bool { return has(m, labels) }) {
		t.Errorf("the runner has no %s %v", name, labels)
	}
}

func dashboardQueries(t *testing.T) (queries []string) {
	t.Helper()
	var dashboard struct {
		Panels []struct {
			Title   string
			Targets []struct{ Expr string }
		}
	}
	readFile(t, "../../infra/grafana/dashboards/eventdrop.json", json.Unmarshal, &dashboard)
	for _, panel := range dashboard.Panels {
		for _, target := range panel.Targets {
			queries = append(queries, target.Expr)
		}
		if len(panel.Targets) == 0 {
			t.Errorf("the panel %s shows nothing", panel.Title)
		}
	}
	return queries
}

func alertQueries(t *testing.T) (queries []string) {
	t.Helper()
	var rules struct {
		Groups []struct{ Rules []struct{ Expr string } }
	}
	readFile(t, "../../infra/prometheus/rules.yml", yaml.Unmarshal, &rules)
	for _, group := range rules.Groups {
		for _, rule := range group.Rules {
			queries = append(queries, rule.Expr)
		}
	}
	return queries
}

func readFile(t *testing.T, path string, decode func([]byte, any) error, into any) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := decode(text, into); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
}
