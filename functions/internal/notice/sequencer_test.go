package notice

import (
	"fmt"
	"testing"
	"time"
)

// N16: sequencers compare within one key only, and differ in form between stores. MinIO's is a time; of all others nothing is taken
// over, so that nothing can order by them.
func TestOnlyMinIOsSequencerIsRead(t *testing.T) {
	t.Parallel()
	const minio, aws = "minio:s3", "aws:s3"
	for _, test := range []struct{ source, sequencer, want string }{
		{minio, `"18EACBEE29DF45EE"`, "2026-11-23T22:07:05.22571723Z"},
		{minio, `"18eacbee29df45ee"`, "2026-11-23T22:07:05.22571723Z"},
		{aws, `"18EACBEE29DF45EE"`, ""},
		{"", `"18EACBEE29DF45EE"`, ""},
		{aws, `"0055AED6DCD90281E5"`, ""},
		{minio, `"0"`, ""},
		{minio, `"-18EACBEE29DF45EE"`, ""},
		{minio, `"18EACBEE29DF45EE0"`, ""},
		{minio, `""`, ""},
		{minio, `null`, ""},
		{minio, `17`, ""},
		{minio, `"no number"`, ""},
		{minio, `{"a":[1]}`, ""},
	} {
		n, err := Parse(fmt.Appendf(nil, `{"Records":[{"eventName":"ObjectCreated:Put","eventSource":%q,"s3":{"bucket":{"name":"shop"},
			"object":{"key":"a.csv","size":1,"sequencer":%s,"eTag":"e","versionId":"v"}}}]}`, test.source, test.sequencer))
		if err != nil {
			t.Fatal(err)
		}
		for o := range n.Objects() {
			got := ""
			if !o.PreciseModified.IsZero() {
				got = o.PreciseModified.Format(time.RFC3339Nano)
			}
			if o.Key != "a.csv" || o.VersionID != "v" || o.ETag != "e" || got != test.want {
				t.Errorf("%s with sequencer %s: %+v, want %s", test.source, test.sequencer, o, test.want)
			}
		}
	}
}
