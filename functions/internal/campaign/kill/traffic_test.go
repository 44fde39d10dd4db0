package kill

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/minio/minio-go/v7"

	"eventdrop/functions/internal/campaign"
	"eventdrop/functions/internal/campaign/world"
	"eventdrop/generator/storefront"
)

// traffic drops all kinds of objects: a shop's dirty ones, re-drops among them, overwritten keys, and large ones.
type traffic struct {
	bucket bucket
	shop   *storefront.Shop // nil: the shelf gets everything
	shelf  *shelf

	uploading  atomic.Int64 // uploads at work now
	storeKills storeKills

	mu     sync.Mutex // guards what follows, and shop
	random *rand.Rand
	// Uploads that were answered.
	keys, versions []string
}

// largeRows makes an object whose load takes long enough to be killed in.
const largeRows = 3_000

func newTraffic(t *testing.T, w *world.World, random *rand.Rand, versioned bool) *traffic {
	t.Helper()
	tr := &traffic{bucket: openBucket(t, w), shelf: newShelf(40), random: random}
	if !versioned {
		return tr
	}
	var err error
	tr.shop, err = storefront.New(storefront.Options{
		Seed: random.Uint64(), Prefix: "shop", Rows: storefront.Rows{Min: 5, Max: 30}, Defects: 0.5, Redrops: 0.1,
		Rates:    map[string]float64{"object_gzip_bomb": 0}, // it costs more time than it is worth here
		Versions: map[string]float64{"v1": 1, "v2": 2, "v3": 1}, Compression: storefront.CompressionMixed,
	})
	if err != nil {
		t.Fatal(err)
	}
	return tr
}

// drop stores one object.
func (tr *traffic) drop(ctx context.Context) error {
	tr.mu.Lock()
	choice, which := tr.random.IntN(100), tr.random.IntN(1<<30)
	tr.mu.Unlock()
	switch {
	case choice < 2:
		_, err := tr.store(ctx, fmt.Sprintf("large/%08x.csv", which), large(1<<30+which))
		return err
	case choice < 20 || tr.shop == nil:
		return tr.overwrite(ctx, tr.shelf.pick(which))
	}
	tr.mu.Lock()
	object, err := tr.shop.Next(time.Now())
	tr.mu.Unlock()
	if err != nil {
		return err
	}
	_, err = tr.store(ctx, object.Key, object.Body)
	return err
}

func large(number int) []byte {
	var b strings.Builder
	b.WriteString(header)
	for row := range largeRows {
		b.WriteString(event(number, row, "large", "large"))
	}
	return []byte(b.String())
}

func (tr *traffic) overwrite(ctx context.Context, s *slot) error {
	s.Lock()
	defer s.Unlock()
	info, err := tr.store(ctx, s.key(), s.body(s.last+1))
	if err != nil {
		return err
	}
	s.last, s.etag = s.last+1, info.ETag
	return nil
}

func (tr *traffic) store(ctx context.Context, key string, body []byte) (minio.UploadInfo, error) {
	tr.uploading.Add(1)
	defer tr.uploading.Add(-1)
	info, err := tr.bucket.putUntilStored(ctx, key, body, tr.storeKills.failed)
	if err != nil {
		return info, err
	}
	tr.mu.Lock()
	defer tr.mu.Unlock()
	tr.keys, tr.versions = append(tr.keys, key), append(tr.versions, info.VersionID)
	return info, nil
}

// backlog is how many objects wait.
func (tr *traffic) backlog(w *world.World) int64 {
	if tr.shop == nil {
		return tr.shelf.backlog(w)
	}
	return tr.answered() - number(w.Value("select count(*) from objects where state in ('loaded', 'parked')"))
}

func (tr *traffic) answered() int64 {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	return int64(len(tr.keys))
}

// judge wants the last drop of each key on top, the table that a rebuild gives and, where the bucket keeps everything, every
// upload that was answered to be loaded.
func (tr *traffic) judge(t *testing.T, d *campaign.Drill, index int, w *world.World) {
	t.Helper()
	d.Differ(index, tr.shelf.compare(t, w))
	d.Differ(index, w.CompareRebuild())
	if tr.shop == nil { // an upload that was replaced before anybody read it is not settled
		return
	}
	if lost := w.Value(`select count(*) from unnest($1::text[], $2::text[]) as answered (key, version_id)
		where not exists (select from objects o where o.key = answered.key and o.version_id = answered.version_id
			and o.state in ('loaded', 'parked'))`, tr.keys, tr.versions); lost != "0" {
		d.Failf(index, "%s of %d uploads that were answered are not settled", lost, len(tr.keys))
	}
}
