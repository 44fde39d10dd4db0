package notice

import "strings"

// created reports whether an event's name says that an object was created: ObjectCreated:Put,
// Post, Copy, CompleteMultipartUpload, and what look-alikes add to them. AWS writes the name
// without the prefix "s3:", MinIO with it, and MinIO calls some changes beside an object's bytes
// creations too (ObjectCreated:PutTagging, DeleteTagging, PutRetention, PutLegalHold).
// A record that does not name its event is taken as a hint to look.
func created(eventName string) bool {
	kind, found := strings.CutPrefix(strings.TrimPrefix(eventName, "s3:"), "ObjectCreated:")
	if !found {
		return eventName == ""
	}
	for _, beside := range []string{"Tagging", "Retention", "LegalHold", "Acl"} {
		if strings.HasSuffix(kind, beside) {
			return false
		}
	}
	return true
}
