package main

import (
	"bytes"
	"fmt"
	"strconv"
	"testing"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
)

// client is a producer's way into the store.
func (w *world) client() *minio.Client {
	w.t.Helper()
	client, err := minio.New(w.minio.Endpoint(), &minio.Options{
		Creds: credentials.NewStaticV4(w.minio.AccessKey(), w.minio.SecretKey(), ""), Region: w.minio.Region(),
	})
	if err != nil {
		w.t.Error(err)
	}
	return client
}

// overwrite stores bytes under a key that may be taken. It may be called in any goroutine.
func (w *world) overwrite(key, body string) {
	w.t.Helper()
	_, err := w.client().PutObject(w.t.Context(), w.config.S3Bucket, key, bytes.NewReader([]byte(body)), int64(len(body)), minio.PutObjectOptions{})
	if err != nil {
		w.t.Error(err)
	}
}

// priced is an object whose one event costs so much.
func priced(price string) string {
	return csvHead + "11111111-1111-4111-8111-111111111111,view,2026-11-23T10:00:00Z," + price + "\n"
}

// N10: the key's last bytes win, also when they were there before, and within one second.
func TestOverwrittenKeysEndWithTheirLastBytes(t *testing.T) {
	t.Parallel()
	for _, versioned := range []bool{true, false} {
		for _, every := range []bool{true, false} {
			if !versioned && !every {
				continue // nobody can read bytes that were replaced before anybody looked
			}
			t.Run(fmt.Sprintf("versioned %v, loaded after every drop %v", versioned, every), func(t *testing.T) {
				t.Parallel()
				w := newWorldIn(t, versioned)
				drops := []string{"1.00", "2.00", "1.00", "3.00", "2.00"}
				for _, price := range drops {
					w.overwrite("a.csv", priced(price))
					if every {
						w.reconcile()
						w.expect(price, "select price from events")
					}
				}
				w.reconcile()
				w.expect("2.00", "select price from events")
				w.expect(strconv.Itoa(len(drops)), "select count(*) from receipts")
				w.expect("1", "select sum(inserted) from receipts")
			})
		}
	}
}

// eventsWithRecency is the whole table but for the ledger's numbers.
const eventsWithRecency = `select md5(string_agg((to_jsonb(e) - 'object_id')::text, '' order by event_id)) from events e`

// The rebuild proof: the table is a function of the bucket.
func TestAnEmptyDatabaseIsRebuiltFromTheBucket(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.drop(30, dirty(21))
	for _, price := range []string{"1.00", "2.00", "3.00", "1.00"} {
		w.overwrite("again.csv", priced(price))
		w.overwrite("other.csv", priced("9.00"))
		w.reconcile()
	}
	lived := w.value(eventsWithRecency)
	if _, err := w.db.Pool.Exec(t.Context(), "truncate objects, receipts, rejected_rows, quality_counts, drift_entries, events"); err != nil {
		t.Fatal(err)
	}
	w.reconcile()
	w.expect(lived, eventsWithRecency)
}
