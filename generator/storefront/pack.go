package storefront

import (
	"bytes"
	"fmt"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// packers are the compressions that CompressionMixed chooses from.
func packers() []string { return []string{CompressionNone, CompressionGzip, CompressionZstd} }

// extension is the end of the keys of objects with this compression.
func extension(compression string) string {
	switch compression {
	case CompressionGzip:
		return ".csv.gz"
	case CompressionZstd:
		return ".csv.zst"
	default:
		return ".csv"
	}
}

// pack compresses; equal input gives equal output.
func pack(data []byte, compression string) ([]byte, error) {
	switch compression {
	case CompressionGzip:
		return packGzip(gzip.DefaultCompression, data)
	case CompressionZstd:
		return packZstd(data)
	default:
		return data, nil
	}
}

// packGzip compresses the parts as one stream.
func packGzip(level int, parts ...[]byte) ([]byte, error) {
	var packed bytes.Buffer
	w, err := gzip.NewWriterLevel(&packed, level)
	if err != nil {
		return nil, fmt.Errorf("start gzip: %w", err)
	}
	for _, part := range parts {
		if _, err := w.Write(part); err != nil {
			return nil, fmt.Errorf("gzip: %w", err)
		}
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("end gzip: %w", err)
	}
	return packed.Bytes(), nil
}

func packZstd(data []byte) ([]byte, error) {
	w, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1))
	if err != nil {
		return nil, fmt.Errorf("start zstd: %w", err)
	}
	packed := w.EncodeAll(data, nil)
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("end zstd: %w", err)
	}
	return packed, nil
}
