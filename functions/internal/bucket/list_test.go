package bucket

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

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
	store := stub(t, pages("<Status>Enabled</Status>", []string{"k"}))
	for got, err := range store.List(t.Context(), "drop", "", ListOptions{}) {
		want := dropzone.Object{Bucket: "drop", Key: "k", ETag: helloMD5, Size: 5, LastModified: second(t, stamp)}
		if err != nil || got != want {
			t.Errorf("got %+v, error %v\nwant %+v", got, err, want)
		}
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
	store := stub(t, pages("", []string{"a", "b"}, []string{"c"}))
	for obj, err := range store.List(t.Context(), "drop", "", ListOptions{}) {
		if err != nil || obj.Key != "a" {
			t.Errorf("got %+v, error %v", obj, err)
		}
		break
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
