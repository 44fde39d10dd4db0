package bucket

import (
	"bytes"
	"crypto/md5"
	"encoding/hex"
	"io"
	"strconv"
	"testing"

	"github.com/minio/minio-go/v7"

	"eventdrop/functions/internal/dropzone"
	"eventdrop/infra/embedded"
)

// BenchmarkBody measures what each way to verify costs, in CPU time on bytes that are in memory.
func BenchmarkBody(b *testing.B) {
	content := bytes.Repeat([]byte("0123456789abcdef"), 1<<16)
	sum := md5.Sum(content)
	etag := hex.EncodeToString(sum[:])
	for name, verify := range map[string]*md5Sum{"length": nil, "md5": newMD5Sum(etag)} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(content)))
			b.ReportAllocs()
			for b.Loop() {
				_, watch := newWatch(b.Context(), defaultIdle)
				if verify != nil {
					verify = newMD5Sum(etag)
				}
				body := &Body{Object: dropzone.Object{Size: int64(len(content))}, stream: io.NopCloser(bytes.NewReader(content)), watch: watch, sum: verify}
				drain(b, body)
			}
		})
	}
}

// BenchmarkChecksums measures the hashes that minio-go verifies with.
func BenchmarkChecksums(b *testing.B) {
	content := bytes.Repeat([]byte("0123456789abcdef"), 1<<16)
	for _, kind := range []minio.ChecksumType{minio.ChecksumCRC32, minio.ChecksumCRC32C, minio.ChecksumCRC64NVME, minio.ChecksumSHA1, minio.ChecksumSHA256} {
		b.Run(kind.String(), func(b *testing.B) {
			b.SetBytes(int64(len(content)))
			for b.Loop() {
				kind.ChecksumBytes(content)
			}
		})
	}
}

// BenchmarkOpen measures a GET of a small object from a real MinIO.
func BenchmarkOpen(b *testing.B) {
	m, err := server()
	if err != nil {
		b.Fatal(err)
	}
	for _, size := range []int{20_000, 8 << 20} {
		b.Run(strconv.Itoa(size), func(b *testing.B) { benchmarkOpen(b, m, size) })
	}
}

func drain(b *testing.B, body *Body) {
	b.Helper()
	defer body.Close()
	if _, err := io.CopyBuffer(struct{ io.Writer }{io.Discard}, body, make([]byte, 64<<10)); err != nil {
		b.Fatal(err)
	}
}

func benchmarkOpen(b *testing.B, m *embedded.MinIO, size int) {
	b.Helper()
	store, err := New(Config{Endpoint: "http://" + m.Endpoint(), AccessKey: m.AccessKey(), SecretKey: m.SecretKey()})
	if err != nil {
		b.Fatal(err)
	}
	_ = store.client.MakeBucket(b.Context(), "bench", minio.MakeBucketOptions{})
	content := bytes.NewReader(make([]byte, size))
	info, err := store.client.PutObject(b.Context(), "bench", "k", content, int64(size), minio.PutObjectOptions{PartSize: 16 << 20})
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(size))
	for b.Loop() {
		body, err := store.Open(b.Context(), dropzone.Object{Bucket: "bench", Key: "k", ETag: info.ETag})
		if err != nil {
			b.Fatal(err)
		}
		drain(b, body)
	}
}
