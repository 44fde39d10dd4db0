package notice

import (
	"net/url"
	"strings"
	"unicode/utf8"
)

// maxKey is S3's limit for a key, in bytes of UTF-8
// (https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html).
const maxKey = 1024

// decodeKey undoes the query escaping of an S3 record's key, once. raw is the key as it was
// spelled where that differs. A key that cannot be decoded is taken as it is: some look-alikes do
// not encode, and "100%.csv" is a fine name.
func decodeKey(spelled string) (key, raw string) {
	decoded, err := url.QueryUnescape(spelled)
	if err != nil || !utf8.ValidString(decoded) || decoded == spelled {
		return spelled, ""
	}
	return decoded, spelled
}

// usable reports whether name can be a bucket's or a key's: such an object may exist, and its name
// fits into PostgreSQL, whose text holds no NUL.
func usable(name string) bool {
	return name != "" && len(name) <= maxKey && !strings.Contains(name, "\x00") && utf8.ValidString(name)
}

// token returns a version id or ETag, or nothing where it is none: both travel in URLs and headers,
// where other characters would fail the request again and again instead of being looked at once.
func token(s string) string {
	foreign := func(r rune) bool { return r <= ' ' || r > '~' || r == '"' }
	if len(s) > maxKey || strings.ContainsFunc(s, foreign) {
		return ""
	}
	return s
}
