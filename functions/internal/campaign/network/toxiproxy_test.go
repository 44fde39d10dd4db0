package network

import (
	"net/url"
	"testing"

	"eventdrop/functions/internal/campaign"
	"eventdrop/functions/internal/campaign/world"
)

// P2, P19, R5
func TestToxiproxyBeforePostgreSQL(t *testing.T) {
	t.Parallel()
	d := campaign.New(t, "Toxiproxy between loader and PostgreSQL", 1)
	w := world.New(t, world.Options{Versioned: true})
	cfg := w.Config
	address, err := url.Parse(cfg.DatabaseURL)
	if err != nil {
		t.Fatal(err)
	}
	proxy := newToxicProxy(t, address.Host)
	address.Host = proxy.Listen
	cfg.DatabaseURL = address.String()
	w.Parts = assemble(t, cfg)
	b := &backlog{t: t, d: d, world: w, faults: toxicFaults(), breaker: proxy, watcher: &watcher{}}
	p := w.Parts.Pipeline.Pipelines[0]
	p.Loader = watchedLoader{p.Loader, b.watcher}
	b.run()
}

// O1, O2, O3: a body that was cut never gives a row with another value, and never parks its object.
func TestToxiproxyBeforeMinIO(t *testing.T) {
	t.Parallel()
	d := campaign.New(t, "Toxiproxy between loader and MinIO", 1)
	w := world.New(t, world.Options{Versioned: true})
	cfg := w.Config
	proxy := newToxicProxy(t, w.MinIO.Endpoint())
	cfg.S3Endpoint = "http://" + proxy.Listen
	w.Parts = assemble(t, cfg)
	b := &backlog{t: t, d: d, world: w, faults: toxicFaults(), breaker: proxy, watcher: &watcher{}}
	p := w.Parts.Pipeline.Pipelines[0]
	p.Source = watchedSource{p.Source, b.watcher}
	b.run()
}
