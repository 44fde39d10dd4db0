package main

import (
	"fmt"
	"testing"

	"eventdrop/generator/storefront"
)

// dirty is a shop whose objects have every kind of defect.
func dirty(seed uint64) storefront.Options {
	return storefront.Options{
		Seed: seed, Prefix: "shop", Rows: storefront.Rows{Min: 20, Max: 80}, Defects: 0.5, Redrops: 0.1,
		Versions: map[string]float64{"v1": 1, "v2": 2, "v3": 1}, Compression: storefront.CompressionMixed,
	}
}

func TestEveryPlantedDefectEndsWhereTheManifestSays(t *testing.T) {
	t.Parallel()
	for seed := range uint64(20) {
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.drop(25, dirty(seed))
			w.reconcile()
			w.check()
		})
	}
}

func TestTheOriginalPipelinesFilesLoad(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.drop(40, storefront.Options{Seed: 7, Shape: storefront.ShapeOriginal})
	w.reconcile()
	w.check()
	w.expect("0", "select count(*) from events where user_id like '%.%'")
	w.expect("t", "select count(*) > 3000 from events")
}

func TestLoadingEverythingAgainChangesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.drop(10, dirty(1))
	w.reconcile()
	before := w.value("select md5(string_agg(e::text || e.ctid, '' order by event_id)) from events e")
	receipts := w.value("select count(*) from receipts")
	w.reconcile()
	w.expect(before, "select md5(string_agg(e::text || e.ctid, '' order by event_id)) from events e")
	w.expect(receipts, "select count(*) from receipts")
}
