package bucket

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/minio/minio-go/v7"

	"eventdrop/functions/internal/dropzone"
)

func names(objects []dropzone.Object) []string {
	var keys []string
	for _, obj := range objects {
		keys = append(keys, obj.Key)
	}
	return keys
}

func TestListShowsEveryVersionAndNoDeleteMarker(t *testing.T) {
	t.Parallel()
	d := newDrop(t, unversioned)
	null := d.put(t, "b", "null")
	d.version(t, versioned)
	old, current := d.put(t, "a", "old"), d.put(t, "a", "current")
	hidden := d.put(t, "b", "under a delete marker")
	d.remove(t, "b", "")
	d.remove(t, "c", "") // a delete marker alone
	var got []dropzone.Object
	for _, obj := range d.list(t, "", ListOptions{}) {
		got = append(got, dropzone.Object{Bucket: obj.Bucket, Key: obj.Key, VersionID: obj.VersionID, ETag: obj.ETag})
	}
	if want := []dropzone.Object{current, old, hidden, null}; !slices.Equal(got, want) {
		t.Errorf("got %+v\nwant %+v", got, want)
	}
}

func TestListBeginsAfterAKey(t *testing.T) {
	t.Parallel()
	for name, versioning := range map[string]string{"unversioned": unversioned, "versioned": versioned} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDrop(t, versioning)
			for _, key := range []string{"in/a", "in/b", "in/b", "in/b0", "in/c", "in/d/e", "out"} {
				d.put(t, key, key)
			}
			tests := map[string][]string{
				"":       {"in/a", "in/b", "in/b0", "in/c", "in/d/e"},
				"in/a":   {"in/b", "in/b0", "in/c", "in/d/e"},
				"in/b":   {"in/b0", "in/c", "in/d/e"},
				"in/bb":  {"in/c", "in/d/e"},
				"in/d/e": nil,
			}
			for after, want := range tests {
				got := slices.Compact(names(d.list(t, "in/", ListOptions{After: after})))
				if !slices.Equal(got, want) {
					t.Errorf("after %q: got %q, want %q", after, got, want)
				}
			}
		})
	}
}

// Holds O9 of the failure modes as far as order goes: merging with the ledger needs it. Pages are
// small here, so that their ends fall between and into the versions of a key.
func TestListKeepsTheByteOrderOfKeysOverPages(t *testing.T) {
	t.Parallel()
	for name, versioning := range map[string]string{"unversioned": unversioned, "versioned": versioned} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDrop(t, versioning)
			var want []string
			for i := range 100 {
				want = append(want, fmt.Sprintf("%s%d.csv", []string{"a/", "a-", "a ", "a.", "a+b/", "ä/", "A/", "a/b/", "漢/", "%2F"}[i%10], i))
			}
			d.putAll(t, want)
			if versioning == versioned {
				d.putAll(t, want)
				want = append(want, want...)
			}
			slices.Sort(want)
			var got []string
			for entry, err := range d.entries(t.Context(), d.bucket, minio.ListObjectsOptions{WithVersions: versioning == versioned, MaxKeys: 7}) {
				if err != nil {
					t.Fatal(err)
				}
				got = append(got, entry.Key)
			}
			if !slices.Equal(got, want) {
				t.Errorf("got %d keys, want %d in byte order", len(got), len(want))
			}
		})
	}
}

// putAll stores many small objects, eight at a time.
func (d *drop) putAll(t *testing.T, keys []string) {
	t.Helper()
	var group sync.WaitGroup
	for i := range 8 {
		group.Go(func() {
			for j := i; j < len(keys); j += 8 {
				if _, err := d.client.PutObject(t.Context(), d.bucket, keys[j], strings.NewReader("x"), 1, minio.PutObjectOptions{}); err != nil {
					t.Errorf("put %q: %v", keys[j], err)
				}
			}
		})
	}
	group.Wait()
}
