package telemetry

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"time"
)

// Namespace is where CloudWatch keeps the metrics.
const Namespace = "eventdrop"

// The dimensions of the metrics: each is kept for a function as a whole, and for each contract of it.
const (
	functionDimension = "FunctionName"
	contractDimension = "Contract"
)

// mostValues is how many values of one metric a document may have ("Specification: Embedded metric format",
// Amazon CloudWatch User Guide).
const mostValues = 100

// unit is a unit of CloudWatch.
type unit string

const (
	count        unit = "Count"
	milliseconds unit = "Milliseconds"
)

// metric is one metric of a document: a sum, or a value for each object.
type metric struct {
	name   string
	unit   unit
	values []float64
}

// document is one line of the embedded metric format. An empty contract stands for none.
type document struct {
	at                 time.Time
	function, contract string
	metrics            []metric
}

type emfMetric struct {
	Name string `json:"Name"`
	Unit unit   `json:"Unit"`
}

type emfDirective struct {
	Namespace  string      `json:"Namespace"`
	Dimensions [][]string  `json:"Dimensions"`
	Metrics    []emfMetric `json:"Metrics"`
}

type emfMetadata struct {
	Timestamp         int64          `json:"Timestamp"`
	CloudWatchMetrics []emfDirective `json:"CloudWatchMetrics"`
}

// write writes as many lines as the values need.
func (d document) write(w io.Writer) error {
	for len(d.metrics) > 0 {
		line, err := json.Marshal(d.fields())
		if err != nil {
			return fmt.Errorf("write metrics: %w", err)
		}
		if _, err := w.Write(append(line, '\n')); err != nil {
			return fmt.Errorf("write metrics: %w", err)
		}
		d.metrics = rest(d.metrics)
	}
	return nil
}

func (d document) fields() map[string]any {
	fields := map[string]any{functionDimension: d.function}
	directive := emfDirective{Namespace: Namespace, Dimensions: [][]string{{functionDimension}}}
	if d.contract != "" {
		fields[contractDimension] = d.contract
		directive.Dimensions = append(directive.Dimensions, []string{functionDimension, contractDimension})
	}
	for _, m := range d.metrics {
		directive.Metrics = append(directive.Metrics, emfMetric{m.name, m.unit})
		if len(m.values) == 1 {
			fields[m.name] = m.values[0]
		} else {
			fields[m.name] = m.values[:min(len(m.values), mostValues)]
		}
	}
	fields["_aws"] = emfMetadata{Timestamp: d.at.UnixMilli(), CloudWatchMetrics: []emfDirective{directive}}
	return fields
}

// rest is what a document has no place for.
func rest(metrics []metric) []metric {
	var left []metric
	for _, m := range metrics {
		if len(m.values) > mostValues {
			left = append(left, metric{m.name, m.unit, slices.Clone(m.values[mostValues:])})
		}
	}
	return left
}
