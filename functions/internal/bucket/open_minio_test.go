package bucket

import (
	"errors"
	"strings"
	"testing"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/encrypt"

	"eventdrop/functions/internal/dropzone"
)

// nastyKeys lose something where one layer encodes, decodes or cleans a key too often.
func nastyKeys() []string {
	return []string{
		"plain.csv", "dir/sub/deep.csv", "a b.csv", "a+b.csv", "a%20b.csv", "a%2Bb.csv", "100%.csv", "c%2é", "#hash?query&a=b.csv",
		"ünïcode/漢字/😀.csv", `quote"apostrophe'.csv`, "semi;colon:comma,.csv", "tilde~caret^.csv", "{curly}[square]<angle>.csv",
		"null", "-", " leading.csv", "trailing ", "dots...csv", "line\u2028separator.csv", "versions?versionId=1.csv",
	}
}

// Holds N12 of the failure modes, and the facts about times and ETags.
func TestStoreFindsEveryKey(t *testing.T) {
	t.Parallel()
	for name, versioning := range map[string]string{"unversioned": unversioned, "versioned": versioned, "suspended": minio.Suspended} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDrop(t, versioning)
			notices := map[string]dropzone.Object{}
			for _, key := range nastyKeys() {
				notices[key] = d.put(t, key, "content of "+key)
			}
			objects := d.list(t, "", ListOptions{})
			if len(objects) != len(notices) {
				t.Errorf("listed %d of %d objects", len(objects), len(notices))
			}
			for _, listed := range objects {
				listed.VersionRank = 0 // which only a listing tells
				checkSame(t, d, notices[listed.Key], listed)
			}
		})
	}
}

// checkSame compares what GET, HEAD and LIST say of one object.
func checkSame(t *testing.T, d *drop, notice, listed dropzone.Object) {
	t.Helper()
	body, err := d.Open(t.Context(), notice)
	if err != nil {
		t.Errorf("%q: %v", notice.Key, err)
		return
	}
	defer body.Close()
	if body.Object != listed {
		t.Errorf("GET says %+v\nLIST says %+v", body.Object, listed)
	}
	if head, err := d.Stat(t.Context(), notice); err != nil || head != listed {
		t.Errorf("HEAD says %+v, error %v\nLIST says %+v", head, err, listed)
	}
	if content, err := read(t, d.Store, listed); err != nil || content != "content of "+notice.Key {
		t.Errorf("%q: got %q, error %v", notice.Key, content, err)
	}
	if strings.ContainsAny(listed.ETag, `"`) || listed.LastModified.Nanosecond() != 0 || listed.VersionID != notice.VersionID {
		t.Errorf("listed as %+v", listed)
	}
}

// Holds N10 and N11 of the failure modes, without versioning.
func TestOpenSeesThatAKeyWasReplacedOrDeleted(t *testing.T) {
	t.Parallel()
	d := newDrop(t, unversioned)
	first := d.put(t, "k", "first")
	second := d.put(t, "k", "second")
	if _, err := d.Open(t.Context(), first); !errors.Is(err, dropzone.ErrSuperseded) {
		t.Errorf("replaced: got %v", err)
	}
	if got, err := read(t, d.Store, second); err != nil || got != "second" {
		t.Errorf("newest: got %q, error %v", got, err)
	}
	if got, err := read(t, d.Store, dropzone.Object{Bucket: d.bucket, Key: "k"}); err != nil || got != "second" {
		t.Errorf("whatever is there: got %q, error %v", got, err)
	}
	d.remove(t, "k", "")
	if _, err := d.Open(t.Context(), second); !errors.Is(err, dropzone.ErrGone) {
		t.Errorf("deleted: got %v", err)
	}
	if _, err := d.Stat(t.Context(), second); !errors.Is(err, dropzone.ErrGone) {
		t.Errorf("HEAD of a deleted key: got %v", err)
	}
}

// Holds N10 and N11 of the failure modes, with versioning.
func TestOpenReadsAVersionForAsLongAsItExists(t *testing.T) {
	t.Parallel()
	d := newDrop(t, versioned)
	first, second := d.put(t, "k", "first"), d.put(t, "k", "second")
	d.remove(t, "k", "")
	for obj, want := range map[dropzone.Object]string{first: "first", second: "second"} {
		if got, err := read(t, d.Store, obj); err != nil || got != want {
			t.Errorf("got %q, error %v, want %q", got, err, want)
		}
	}
	gone := map[string]dropzone.Object{
		"the current version is a delete marker": {Bucket: d.bucket, Key: "k"},
		"the version is a delete marker":         {Bucket: d.bucket, Key: "k", VersionID: marker(t, d, "k")},
		"no version has this id":                 {Bucket: d.bucket, Key: "k", VersionID: "b7a3a1a0-0000-4000-8000-000000000000"},
		"the version id is none":                 {Bucket: d.bucket, Key: "k", VersionID: "forged"},
		"the key is none":                        {Bucket: d.bucket, Key: "../../etc/passwd"},
		"the key is too long":                    {Bucket: d.bucket, Key: strings.Repeat("k", 1025)},
	}
	for name, obj := range gone {
		if _, err := d.Open(t.Context(), obj); !errors.Is(err, dropzone.ErrGone) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	// MinIO's HEAD says only 400 to a name that it refuses.
	for _, name := range []string{"the current version is a delete marker", "the version is a delete marker", "no version has this id"} {
		if _, err := d.Stat(t.Context(), gone[name]); !errors.Is(err, dropzone.ErrGone) {
			t.Errorf("HEAD, %s: got %v", name, err)
		}
	}
	d.remove(t, "k", first.VersionID)
	if _, err := d.Open(t.Context(), first); !errors.Is(err, dropzone.ErrGone) {
		t.Errorf("removed version: got %v", err)
	}
}

// marker returns the version id of a key's delete marker.
func marker(t *testing.T, d *drop, key string) string {
	t.Helper()
	for entry, err := range d.entries(t.Context(), d.bucket, minio.ListObjectsOptions{Prefix: key, WithVersions: true}) {
		if err == nil && entry.IsDeleteMarker {
			return entry.VersionID
		}
	}
	t.Fatal("no delete marker")
	return ""
}

func TestOpenDoesNotTakeAMissingBucketForAMissingObject(t *testing.T) {
	t.Parallel()
	d := newDrop(t, unversioned)
	lost := dropzone.Object{Bucket: d.bucket + "-lost", Key: "k"}
	_, err := d.Open(t.Context(), lost)
	if err == nil || errors.Is(err, dropzone.ErrGone) || !strings.Contains(err.Error(), "create the bucket") {
		t.Errorf("GET: got %v", err)
	}
	if _, err := d.Stat(t.Context(), lost); err == nil || errors.Is(err, dropzone.ErrGone) {
		t.Errorf("HEAD: got %v", err)
	}
}

// The objects of a bucket whose versioning was switched on later must not be missing for ever.
func TestOpenFindsTheNullVersionUnderNewerOnes(t *testing.T) {
	t.Parallel()
	cover := map[string]func(*testing.T, *drop){
		"nothing":       func(*testing.T, *drop) {},
		"other bytes":   func(t *testing.T, d *drop) { t.Helper(); d.put(t, "k", "newer") },
		"equal bytes":   func(t *testing.T, d *drop) { t.Helper(); d.put(t, "k", "null") },
		"delete marker": func(t *testing.T, d *drop) { t.Helper(); d.remove(t, "k", "") },
	}
	for name, hide := range cover {
		t.Run("under "+name, func(t *testing.T) {
			t.Parallel()
			d := newDrop(t, unversioned)
			d.put(t, "k", "null")
			d.version(t, versioned)
			hide(t, d)
			objects := d.list(t, "k", ListOptions{})
			null := objects[len(objects)-1]
			body, err := d.Open(t.Context(), null)
			if err != nil {
				t.Fatal(err)
			}
			defer body.Close()
			if body.Object != null || null.Versioned() {
				t.Errorf("got %+v\nwant %+v", body.Object, null)
			}
			if now, err := d.Stat(t.Context(), null); err != nil || now != null {
				t.Errorf("HEAD says %+v, error %v", now, err)
			}
		})
	}
}

func TestOpenSeesThatASuspendedBucketsNullVersionWasReplaced(t *testing.T) {
	t.Parallel()
	d := newDrop(t, versioned)
	kept := d.put(t, "k", "kept")
	d.version(t, minio.Suspended)
	d.put(t, "k", "first")
	first := d.list(t, "k", ListOptions{})[0]
	second := d.put(t, "k", "second")
	if _, err := d.Open(t.Context(), first); !errors.Is(err, dropzone.ErrSuperseded) {
		t.Errorf("got %v", err)
	}
	if now, err := d.Stat(t.Context(), first); err != nil || now.ETag != second.ETag {
		t.Errorf("HEAD says %+v, error %v", now, err)
	}
	if got, err := read(t, d.Store, kept); err != nil || got != "kept" {
		t.Errorf("kept version: got %q, error %v", got, err)
	}
	d.remove(t, "k", nullVersion)
	if _, err := d.Open(t.Context(), first); !errors.Is(err, dropzone.ErrGone) && !errors.Is(err, dropzone.ErrSuperseded) {
		t.Errorf("removed null version: got %v", err)
	}
}

// Holds O5, O6 and O7 of the failure modes on a real server.
func TestBodyIsWholeHoweverTheStoreKeepsIt(t *testing.T) {
	t.Parallel()
	kms, err := encrypt.NewSSEKMS("eventdrop", nil)
	if err != nil {
		t.Fatal(err)
	}
	large := strings.Repeat("0123456789abcdef", 6<<16)
	tests := map[string]struct {
		content string
		opts    minio.PutObjectOptions
		etag    string // a part of it
	}{
		"empty":                        {"", minio.PutObjectOptions{}, "d41d8cd98f00b204e9800998ecf8427e"},
		"at once":                      {"hello", minio.PutObjectOptions{}, helloMD5},
		"in parts":                     {large, minio.PutObjectOptions{PartSize: 5 << 20}, "-2"},
		"in parts with a checksum":     {large, minio.PutObjectOptions{PartSize: 5 << 20, Checksum: minio.ChecksumFullObjectCRC32C}, "-2"},
		"in parts with checksums":      {large, minio.PutObjectOptions{PartSize: 5 << 20, Checksum: minio.ChecksumSHA256}, "-2"},
		"at once with a CRC64":         {"hello", minio.PutObjectOptions{Checksum: minio.ChecksumCRC64NVME}, helloMD5},
		"encrypted with the store's":   {"hello", minio.PutObjectOptions{ServerSideEncryption: encrypt.NewSSE()}, ""},
		"encrypted with a named key":   {"hello", minio.PutObjectOptions{ServerSideEncryption: kms}, ""},
		"with an encoding in its head": {"hello", minio.PutObjectOptions{ContentEncoding: "gzip"}, helloMD5},
	}
	d := newDrop(t, versioned)
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			obj := d.putWith(t, name, test.content, test.opts)
			got, err := read(t, d.Store, obj)
			if err != nil || got != test.content {
				t.Errorf("got %d bytes, error %v", len(got), err)
			}
			if !strings.Contains(obj.ETag, test.etag) {
				t.Errorf("ETag is %q", obj.ETag)
			}
		})
	}
}
