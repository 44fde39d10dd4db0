package bucket

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"eventdrop/functions/internal/dropzone"
)

// pages answers listings: with the keys of one page after the other, or forbids the question
// whether the bucket keeps versions.
func pages(versioning string, keys ...[]string) http.HandlerFunc {
	page := 0
	return func(w http.ResponseWriter, r *http.Request) {
		query := r.URL.Query()
		switch {
		case query.Has("versioning") && versioning == "":
			refuse(w, http.StatusForbidden, "AccessDenied", "")
		case query.Has("versioning"):
			send(w, "<VersioningConfiguration>%s</VersioningConfiguration>", versioning)
		case query.Has("versions"):
			answer(w, "ListVersionsResult", "Version", keys, page)
			page++
		default:
			answer(w, "ListBucketResult", "Contents", keys, page)
			page++
		}
	}
}

func answer(w http.ResponseWriter, result, entry string, pages [][]string, page int) {
	more := page < len(pages)-1
	send(w, "<%s><IsTruncated>%v</IsTruncated>", result, more)
	if more {
		last := pages[page][len(pages[page])-1]
		send(w, "<NextKeyMarker>%s</NextKeyMarker><NextVersionIdMarker>null</NextVersionIdMarker>", last)
		if entry == "Contents" {
			send(w, "<NextContinuationToken>%s</NextContinuationToken>", last)
		}
	}
	for _, key := range pages[page] {
		send(w, `<%s><Key>%s</Key><VersionId>null</VersionId><ETag>"%s"</ETag><Size>5</Size><LastModified>2026-11-23T22:05:40.868Z</LastModified></%s>`, entry, key, helloMD5, entry)
	}
	send(w, "</%s>", result)
}

// A version's rank comes with the listing, and is the one that [Store.VersionRank] would tell. A young one may not have all
// that are older beside it yet.
func TestListTellsTheRanksOfVersions(t *testing.T) {
	t.Parallel()
	young := time.Now().UTC().Truncate(time.Second).Add(-995 * time.Millisecond).Format(time.RFC3339Nano)
	entries := []struct{ key, version, at string }{ // a delete marker has no version here
		{"a", "1", "2026-11-23T22:05:40.868Z"},
		{"b", "5", "2026-11-23T22:05:40.869Z"},
		{"b", "4", "2026-11-23T22:05:40.868Z"},
		{"b", "", "2026-11-23T22:05:40.868Z"},
		{"b", "3", "2026-11-23T22:05:40.868Z"},
		{"b", "null", "2026-11-23T22:05:40.868Z"},
		{"c", "6", "2026-11-23T22:05:40.868Z"},
		{"d", "8", young},
		{"d", "7", young},
	}
	page := func(w http.ResponseWriter, prefix string, from, to int) {
		send(w, "<ListVersionsResult><IsTruncated>%v</IsTruncated><NextKeyMarker>b</NextKeyMarker><NextVersionIdMarker>4</NextVersionIdMarker>", to < len(entries))
		for _, e := range entries[from:to] {
			if !strings.HasPrefix(e.key, prefix) {
				continue
			}
			if e.version == "" {
				send(w, "<DeleteMarker><Key>%s</Key><VersionId>m</VersionId><LastModified>%s</LastModified></DeleteMarker>", e.key, e.at)
				continue
			}
			send(w, `<Version><Key>%s</Key><VersionId>%s</VersionId><ETag>"%s"</ETag><Size>5</Size><LastModified>%s</LastModified></Version>`, e.key, e.version, helloMD5, e.at)
		}
		send(w, "</ListVersionsResult>")
	}
	store := stub(t, func(w http.ResponseWriter, r *http.Request) {
		switch query := r.URL.Query(); {
		case query.Has("versioning"):
			send(w, "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>")
		case query.Has("key-marker"):
			page(w, query.Get("prefix"), 3, len(entries))
		default:
			page(w, query.Get("prefix"), 0, 3)
		}
	})
	want := map[string]int32{"1": 868_000_000, "5": 869_000_000, "4": 868_000_002, "3": 868_000_001, "6": 868_000_000, "8": 5_000_001, "7": 5_000_000}
	var listed []string
	for o, err := range store.List(t.Context(), "drop", "", ListOptions{}) {
		if err != nil {
			t.Fatal(err)
		}
		listed = append(listed, o.Key+o.VersionID)
		settled := o.Versioned() && o.Key != "d"
		if o.Ranked != settled || o.VersionRank != want[o.VersionID] {
			t.Errorf("version %q of %s: rank %d, settled %v; want %d, %v", o.VersionID, o.Key, o.VersionRank, o.Ranked, want[o.VersionID], settled)
		}
		if rank, err := store.VersionRank(t.Context(), o); err != nil || rank != want[o.VersionID] {
			t.Errorf("version %q of %s, asked for alone: rank %d, error %v; want %d", o.VersionID, o.Key, rank, err, want[o.VersionID])
		}
	}
	if got := strings.Join(listed, " "); got != "a1 b5 b4 b3 b c6 d8 d7" {
		t.Errorf("listed %s", got)
	}
}

// listed returns the keys of a listing, and the error at its end.
func listed(ctx context.Context, store *Store) (keys []string, err error) {
	for obj, err := range store.List(ctx, "drop", "", ListOptions{}) {
		if err != nil {
			return keys, err
		}
		keys = append(keys, obj.Key)
	}
	return keys, nil
}

// Holds O10 of the failure modes.
func TestListCutsTimesToSeconds(t *testing.T) {
	t.Parallel()
	store, count := stub(t, pages("<Status>Enabled</Status>", []string{"k"})), 0
	for got, err := range store.List(t.Context(), "drop", "", ListOptions{}) {
		want := dropzone.Object{Bucket: "drop", Key: "k", ETag: helloMD5, Size: 5, LastModified: second(t, stamp)}
		if err != nil || got != want {
			t.Errorf("got %+v, error %v\nwant %+v", got, err, want)
		}
		count++
	}
	if count != 1 {
		t.Errorf("%d objects", count)
	}
}

func TestListFollowsPages(t *testing.T) {
	t.Parallel()
	for name, versioning := range map[string]string{
		"without versioning": " ", "with versioning": "<Status>Suspended</Status>", "without knowing": "",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			store := stub(t, pages(versioning, []string{"a", "b"}, []string{"c"}, []string{"d", "e"}))
			if keys, err := listed(t.Context(), store); err != nil || strings.Join(keys, "") != "abcde" {
				t.Errorf("got %q, error %v", keys, err)
			}
		})
	}
}

func TestListRefusesAnotherOrder(t *testing.T) {
	t.Parallel()
	for name, keys := range map[string][][]string{"in a page": {{"b", "a"}}, "between pages": {{"a", "b"}, {"a", "b"}}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := listed(t.Context(), stub(t, pages("", keys...))); err == nil || !strings.Contains(err.Error(), "not in the order of its keys") {
				t.Errorf("got %v", err)
			}
		})
	}
}

// minio-go ends a listing silently when its context ends: it would look complete.
func TestListThatIsCutIsAnError(t *testing.T) {
	t.Parallel()
	store := stub(t, pages("", []string{"a"}, []string{"b"}))
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var got error
	for _, err := range store.List(ctx, "drop", "", ListOptions{}) {
		cancel()
		got = err
	}
	if !errors.Is(got, context.Canceled) {
		t.Errorf("got %v", got)
	}
}

func TestListStopsWhenAsked(t *testing.T) {
	t.Parallel()
	store, count := stub(t, pages("", []string{"a", "b"}, []string{"c"})), 0
	for obj, err := range store.List(t.Context(), "drop", "", ListOptions{}) {
		if err != nil || obj.Key != "a" {
			t.Errorf("got %+v, error %v", obj, err)
		}
		count++
		break
	}
	if count != 1 {
		t.Errorf("%d objects", count)
	}
}

func TestListSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		handler http.HandlerFunc
		want    string
	}{
		{"no bucket", func(w http.ResponseWriter, _ *http.Request) { refuse(w, http.StatusNotFound, "NoSuchBucket", "") }, "create the bucket"},
		{"no permission", func(w http.ResponseWriter, _ *http.Request) { refuse(w, http.StatusForbidden, "AccessDenied", "") }, "s3:ListBucketVersions"},
		{"no S3", func(w http.ResponseWriter, _ *http.Request) { send(w, "<html>hello") }, "check that EVENTDROP_S3_ENDPOINT is right"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if _, err := listed(t.Context(), stub(t, test.handler)); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %q", err, test.want)
			}
		})
	}
}
