package telemetry

import (
	"bytes"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/lambdacontext"

	"eventdrop/functions/internal/dropzone"
)

func noon() time.Time { return time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC) }

func loaded(contract string, books dropzone.Books) dropzone.Receipt {
	return dropzone.Receipt{
		State: dropzone.Loaded, Contract: contract, Books: books, TotalDuration: 1500 * time.Microsecond,
		Object: dropzone.Object{LastModified: noon().Add(-2 * time.Second)},
	}
}

// lines decodes what was written.
func lines(t *testing.T, m *Meter) []map[string]any {
	t.Helper()
	var b bytes.Buffer
	if err := m.Flush(&b); err != nil {
		t.Fatal(err)
	}
	var list []map[string]any
	for text := range strings.Lines(b.String()) {
		var line map[string]any
		if err := json.Unmarshal([]byte(text), &line); err != nil {
			t.Fatal(err)
		}
		list = append(list, line)
	}
	return list
}

func TestOutcomesAreCountedPerContract(t *testing.T) {
	t.Parallel()
	m := NewMeter("ingest", noon)
	m.Observe(loaded("a", dropzone.Books{RowsRead: 5, Inserted: 3, Rejected: 2}), nil)
	m.Observe(loaded("a", dropzone.Books{RowsRead: 2, Updated: 1, Stale: 1}), nil)
	m.Observe(dropzone.Receipt{Contract: "a", State: dropzone.Parked}, nil)
	m.Observe(dropzone.Receipt{Contract: "a", State: dropzone.Failed}, errors.New("no luck"))
	m.Observe(dropzone.Receipt{Contract: "a", State: dropzone.Failed}, dropzone.ErrBusy)
	m.Observe(dropzone.Receipt{Contract: "a", State: dropzone.Loaded, Already: true}, nil)
	m.Observe(dropzone.Receipt{Contract: "a", Held: true}, nil)
	m.Observe(dropzone.Receipt{Contract: "b", State: dropzone.Gone}, nil)
	m.Observe(dropzone.Receipt{Contract: "b", State: dropzone.Superseded}, nil)
	m.Add("MissedNotices", 4)
	got := lines(t, m)
	if len(got) != 3 {
		t.Fatalf("%d lines: %v", len(got), got)
	}
	for name, want := range map[string]any{
		"FunctionName": "ingest", "Contract": "a", "RowsRead": 7.0, "RowsInserted": 3.0, "RowsUpdated": 1.0, "RowsStale": 1.0, "RowsDuplicate": 0.0,
		"RowsRejected": 2.0, "ObjectsLoaded": 2.0, "ObjectsParked": 1.0, "ObjectsFailed": 1.0, "ObjectsBusy": 1.0, "ObjectsSettledBefore": 1.0,
		"NoticesHeld": 1.0, "ObjectsGone": 0.0,
	} {
		if got[0][name] != want {
			t.Errorf("%s: got %v, want %v", name, got[0][name], want)
		}
	}
	if lag, ok := got[0]["Lag"].([]any); !ok || len(lag) != 2 || lag[0] != 2000.0 {
		t.Errorf("lag %v", got[0]["Lag"])
	}
	if got[1]["ObjectsGone"] != 1.0 || got[1]["ObjectsSuperseded"] != 1.0 || got[1]["Lag"] != nil {
		t.Errorf("contract b: %v", got[1])
	}
	if got[2]["MissedNotices"] != 4.0 || got[2]["Contract"] != nil {
		t.Errorf("beside the objects: %v", got[2])
	}
}

// CloudWatch drops a document that has a metric without a value, a dimension without a name, or more than 100 values.
func TestDocumentsAreWhatCloudWatchTakes(t *testing.T) {
	t.Parallel()
	m := NewMeter("ingest", noon)
	for range 250 {
		m.Observe(loaded("a", dropzone.Books{}), nil)
	}
	got := lines(t, m)
	if len(got) != 3 {
		t.Fatalf("%d lines for 250 values", len(got))
	}
	values := 0
	for _, line := range got {
		raw, _ := json.Marshal(line["_aws"])
		var metadata emfMetadata
		if err := json.Unmarshal(raw, &metadata); err != nil || metadata.Timestamp != noon().UnixMilli() || len(metadata.CloudWatchMetrics) != 1 {
			t.Fatalf("metadata %s, %v", raw, err)
		}
		directive := metadata.CloudWatchMetrics[0]
		for _, dimension := range directive.Dimensions {
			for _, name := range dimension {
				if _, there := line[name].(string); !there {
					t.Errorf("dimension %s has no value", name)
				}
			}
		}
		for _, metric := range directive.Metrics {
			switch v := line[metric.Name].(type) {
			case float64:
			case []any:
				if len(v) > 100 {
					t.Errorf("%s has %d values", metric.Name, len(v))
				}
				if metric.Name == "Lag" {
					values += len(v)
				}
			default:
				t.Errorf("%s has the value %v", metric.Name, v)
			}
		}
	}
	if values != 250 {
		t.Errorf("%d values of the lag", values)
	}
}

func TestEveryLineOfTheLogTellsItsRequest(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	log := NewLog(&b, slog.LevelInfo).With("a", 1).WithGroup("")
	log.InfoContext(lambdacontext.NewContext(t.Context(), &lambdacontext.LambdaContext{AwsRequestID: "r-1"}), "hello")
	log.DebugContext(t.Context(), "not at this level")
	var line map[string]any
	if err := json.Unmarshal(b.Bytes(), &line); err != nil || line["request_id"] != "r-1" || line["msg"] != "hello" {
		t.Errorf("got %s, %v", b.String(), err)
	}
}
