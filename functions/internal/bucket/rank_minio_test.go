package bucket

import (
	"errors"
	"strconv"
	"testing"
	"time"

	"github.com/minio/minio-go/v7"

	"eventdrop/functions/internal/dropzone"
)

func TestVersionRankOrdersTheVersionsOfOneSecond(t *testing.T) {
	t.Parallel()
	d := newDrop(t, versioned)
	const versions = rankPage + 10 // more than a page
	var stored []dropzone.Object
	for i := range versions {
		stored = append(stored, d.put(t, "k", strconv.Itoa(i)))
		if i%7 == 0 {
			d.remove(t, "k", "") // delete markers do not count
		}
		if i%10 == 0 {
			d.put(t, "k2", "") // a key that begins alike does not count
		}
	}
	last, second := int32(0), int64(0)
	for i, obj := range stored {
		now, err := d.Stat(t.Context(), obj)
		if err != nil {
			t.Fatal(err)
		}
		rank, err := d.VersionRank(t.Context(), now)
		if err != nil || rank/1_000_000 != int32(d.millisecond(t, now)) {
			t.Errorf("version %d: got rank %d, error %v, in millisecond %d", i, rank, err, d.millisecond(t, now))
		}
		if now.LastModified.Unix() == second && rank <= last {
			t.Errorf("version %d has rank %d, the one before it %d", i, rank, last)
		}
		last, second = rank, now.LastModified.Unix()
	}
}

// millisecond is when the store took a version within its second, as a listing tells.
func (d *drop) millisecond(t *testing.T, obj dropzone.Object) int {
	t.Helper()
	for entry := range d.client.ListObjects(t.Context(), d.bucket, minio.ListObjectsOptions{Prefix: obj.Key, WithVersions: true}) {
		if entry.VersionID == obj.VersionID {
			return entry.LastModified.Nanosecond() / int(time.Millisecond)
		}
	}
	t.Fatalf("%+v is not listed", obj)
	return 0
}

func TestVersionRankIsZeroWithoutVersions(t *testing.T) {
	t.Parallel()
	d := newDrop(t, unversioned)
	if rank, err := d.VersionRank(t.Context(), d.put(t, "k", "x")); err != nil || rank != 0 {
		t.Errorf("got %d, error %v", rank, err)
	}
}

func TestVersionRankSeesThatAVersionIsGone(t *testing.T) {
	t.Parallel()
	d := newDrop(t, versioned)
	first := d.put(t, "k", "first")
	d.remove(t, "k", first.VersionID)
	if _, err := d.VersionRank(t.Context(), first); !errors.Is(err, dropzone.ErrGone) {
		t.Errorf("no version is left: got %v", err)
	}
	d.put(t, "k", "second")
	d.put(t, "k2", "other")
	if _, err := d.VersionRank(t.Context(), first); !errors.Is(err, dropzone.ErrGone) {
		t.Errorf("others are left: got %v", err)
	}
}
