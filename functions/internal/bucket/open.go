package bucket

import (
	"context"
	"errors"

	"github.com/minio/minio-go/v7"

	"eventdrop/functions/internal/dropzone"
)

// nullVersion is the store's name for a version that was stored while versioning was off.
const nullVersion = "null"

// Open returns the bytes of obj: of its version, or, where it has none, of its ETag, or, where
// neither is known, of what the key holds now. The body's Object says what it is.
//
// An object without version id whose LastModified is set was listed so: it is found also where
// newer versions of its key hide it. RawKey is tried where Key does not exist; Object.Key is then
// the raw one, so that an allow-list of prefixes must be asked again.
//
// It fails with an [*Error]: with [dropzone.ErrSuperseded] in it where the key holds other bytes,
// with [dropzone.ErrGone] where there is no such object, and otherwise with a fault that may pass.
func (s *Store) Open(ctx context.Context, obj dropzone.Object) (*Body, error) {
	body, err := s.open(ctx, obj)
	if !errors.Is(err, dropzone.ErrGone) || obj.RawKey == "" || obj.RawKey == obj.Key {
		return body, err
	}
	raw := obj
	raw.Key, raw.RawKey = obj.RawKey, ""
	body, rawErr := s.open(ctx, raw)
	if errors.Is(rawErr, dropzone.ErrGone) {
		return nil, err
	}
	return body, rawErr
}

// open asks for the null version by name where newer versions of the key hide it.
func (s *Store) open(ctx context.Context, obj dropzone.Object) (*Body, error) {
	body, err := s.get(ctx, obj, obj.VersionID)
	switch {
	case !mayBeHidden(obj):
		return body, err
	case err == nil && body.Object.Versioned():
		_ = body.Close()
		return s.get(ctx, obj, nullVersion)
	case missed(err):
		if null, nullErr := s.get(ctx, obj, nullVersion); nullErr == nil {
			return null, nil
		}
	}
	return body, err
}

// mayBeHidden reports whether a listing showed obj without a version id. In a bucket whose
// versioning was switched on later, or suspended, such an object is the null version of its key;
// newer versions and delete markers hide it from a plain request, but not from the listing.
func mayBeHidden(obj dropzone.Object) bool { return !obj.Versioned() && !obj.LastModified.IsZero() }

func missed(err error) bool {
	return errors.Is(err, dropzone.ErrSuperseded) || errors.Is(err, dropzone.ErrGone)
}

// get sends one GET. minio-go's checksum reader verifies the body where the store keeps a checksum
// of the whole object, which is cheaper than the MD5 and holds for multipart objects too.
func (s *Store) get(ctx context.Context, obj dropzone.Object, version string) (*Body, error) {
	watched, watch := newWatch(ctx, s.idle)
	stream, info, header, err := minio.Core{Client: s.client}.GetObject(watched, obj.Bucket, obj.Key, pinned(obj, version))
	if err != nil {
		watch.stop()
		return nil, s.fail("open", obj, err)
	}
	body := &Body{Object: answered(obj, info), stream: stream, watch: watch}
	if body.Object.Size < 0 {
		if body.Object.Size, err = s.measure(ctx, body.Object, version); err != nil {
			_ = body.Close()
			return nil, err
		}
	}
	if !s.opaqueETags && !checksummed(info) && plainMD5(header) {
		body.sum = newMD5Sum(body.Object.ETag)
	}
	return body, nil
}

// measure asks for the size of an object whose body came without length: such a body may be cut
// without any error.
func (s *Store) measure(ctx context.Context, obj dropzone.Object, version string) (int64, error) {
	info, err := s.client.StatObject(ctx, obj.Bucket, obj.Key, pinned(obj, version))
	if err == nil && info.Size < 0 {
		err = errors.New("the store does not tell the object's length")
	}
	if err != nil {
		return 0, s.fail("measure", obj, err)
	}
	return info.Size, nil
}

// pinned binds a request to a version or, where obj has none, to its ETag.
func pinned(obj dropzone.Object, version string) minio.GetObjectOptions {
	opts := minio.GetObjectOptions{VersionID: version, Checksum: true}
	if !obj.Versioned() && obj.ETag != "" {
		opts.Set("If-Match", `"`+obj.ETag+`"`)
	}
	return opts
}

// answered returns obj with what the store's answer said of it.
func answered(obj dropzone.Object, info minio.ObjectInfo) dropzone.Object {
	obj.ETag = dropzone.NormalETag(info.ETag)
	obj.Size = info.Size
	obj.LastModified = wholeSeconds(info.LastModified)
	if info.VersionID != "" {
		obj.VersionID = dropzone.NormalVersionID(info.VersionID)
	}
	return obj
}
