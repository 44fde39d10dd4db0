package dropzone

import (
	"crypto/sha256"
	"encoding/binary"
	"strings"
	"time"
)

// Object is one CSV file in the bucket at one version: one micro-batch.
//
// A notice fills in Bucket, Key, RawKey, VersionID, ETag and PreciseModified only; the other
// fields come from the object store's answer, never from a notice.
type Object struct {
	// Bucket is empty for a local file.
	Bucket string
	// Key is the decoded key, or the absolute path of a local file.
	Key string
	// RawKey is the key as a notice spelled it, where decoding changed it. It is
	// tried when Key does not exist, because S3 look-alikes differ in what they encode.
	RawKey string
	// VersionID is empty where the bucket keeps no versions; the store's "null" is empty too.
	VersionID string
	// ETag is opaque and stands without its quotes. It is no content hash.
	ETag string
	// Size is the number of bytes as stored, before decompression.
	Size int64
	// LastModified is when the store accepted the object, cut to whole seconds:
	// GET and HEAD have no finer clock.
	LastModified time.Time
	// PreciseModified is LastModified to the nanosecond, where a notice told it: a hint, good only where its second is
	// the one that the store tells.
	PreciseModified time.Time
	// VersionRank orders versions of one key that were stored within one second: see [RankWithinSecond]. It is 0
	// where there is no versioning.
	VersionRank int32
	// Ranked says that VersionRank is known for good. Otherwise it is a lower bound.
	Ranked bool
}

// Versioned reports whether the object is known by a version id, which pins its bytes for ever.
func (o Object) Versioned() bool { return o.VersionID != "" }

// RankWithinSecond orders the versions of one key that the store took within one second, which last-modified cannot: by
// the milliseconds, and within one of them by the number of older versions, delete markers not counted. Where the store tells
// no milliseconds the number alone decides.
//
// The milliseconds are part of it because they never change: of uploads at one instant a newer one may be listed before an
// older one is, and its number alone would be too small for ever.
func RankWithinSecond(modified time.Time, older int32) int32 {
	millisecond := modified.Nanosecond() / int(time.Millisecond)
	return int32(millisecond)*1_000_000 + older //nolint:gosec // below 1,000: both fit in 31 bits
}

// Local reports whether the object is a file of this machine.
func (o Object) Local() bool { return o.Bucket == "" }

// SourceHash is 64 bits of a hash of bucket and key. It decides, arbitrarily but the
// same everywhere, between events of two objects that were stored in the same second.
func (o Object) SourceHash() int64 {
	sum := sha256.Sum256([]byte(o.Bucket + "\x00" + o.Key))
	return int64(binary.BigEndian.Uint64(sum[:8])) //nolint:gosec // all 64 bits are wanted; the sign carries no meaning
}

// String names the object as a person would write it: s3://bucket/key, or a path.
func (o Object) String() string {
	if o.Local() {
		return o.Key
	}
	return "s3://" + o.Bucket + "/" + o.Key
}

// NormalETag strips the quotes, and the weak mark, from an ETag.
func NormalETag(etag string) string {
	return strings.Trim(strings.TrimPrefix(etag, "W/"), `"`)
}

// NormalVersionID turns the store's word for "no version", "null", into the empty string.
func NormalVersionID(id string) string {
	if id == "null" {
		return ""
	}
	return id
}
