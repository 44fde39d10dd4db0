package bucket

import (
	"bytes"
	"crypto/md5" //nolint:gosec // S3's ETag is an MD5; it is compared against damage, not against an attacker
	"encoding/hex"
	"errors"
	"hash"
	"net/http"

	"github.com/minio/minio-go/v7"
)

// md5Sum compares the bytes of a stream with an MD5. A nil one compares nothing.
type md5Sum struct {
	hash hash.Hash
	want []byte
}

// newMD5Sum returns nil where etag is no MD5. A multipart object's ETag has a '-' in it.
func newMD5Sum(etag string) *md5Sum {
	want, err := hex.DecodeString(etag)
	if err != nil || len(want) != md5.Size {
		return nil
	}
	return &md5Sum{hash: md5.New(), want: want} //nolint:gosec // see the import
}

func (s *md5Sum) add(p []byte) {
	if s != nil {
		_, _ = s.hash.Write(p) // a hash never fails
	}
}

func (s *md5Sum) verify() error {
	if s == nil || bytes.Equal(s.hash.Sum(nil), s.want) {
		return nil
	}
	return errors.New("the MD5 of the bytes is not the object's ETag")
}

// plainMD5 reports whether an ETag of this answer may be an MD5: under SSE-KMS and SSE-C it is not
// (https://docs.aws.amazon.com/AmazonS3/latest/API/API_Object.html, ETag).
func plainMD5(header http.Header) bool {
	encryption := header.Get("X-Amz-Server-Side-Encryption")
	return (encryption == "" || encryption == "AES256") &&
		header.Get("X-Amz-Server-Side-Encryption-Customer-Algorithm") == ""
}

// checksummed reports whether minio-go verifies the body of this answer by itself. It does so
// for a checksum of the whole object only, not for one that is put together from the parts'.
func checksummed(info minio.ObjectInfo) bool {
	has := info.ChecksumCRC32 + info.ChecksumCRC32C + info.ChecksumCRC64NVME + info.ChecksumSHA1 + info.ChecksumSHA256 +
		info.ChecksumSHA512 + info.ChecksumMD5 + info.ChecksumXXHash64 + info.ChecksumXXHash3 + info.ChecksumXXHash128
	return info.ChecksumMode == minio.ChecksumFullObjectMode.String() && has != ""
}
