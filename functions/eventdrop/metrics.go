package main

import (
	"context"
	"time"

	"eventdrop/functions/internal/telemetry/scrape"
	"eventdrop/functions/internal/warehouse"
	"eventdrop/functions/internal/wiring"
)

// newMetrics counts for one runner.
func newMetrics(parts *wiring.Parts) *scrape.Metrics {
	built, cfg := builtAs(), parts.Config
	var contracts []string
	for _, w := range parts.Warehouses {
		contracts = append(contracts, w.Contract().Name)
	}
	return scrape.New(scrape.Sources{
		Contracts:   contracts,
		Build:       map[string]string{"version": built.Version, "revision": built.Revision, "goversion": built.Go},
		Connections: parts.Warehouse.Connections,
		Backlog: func(ctx context.Context) (warehouse.Backlog, error) {
			return parts.Warehouse.Backlog(ctx, cfg.S3Bucket, cfg.S3Prefix)
		},
	}, time.Now)
}
