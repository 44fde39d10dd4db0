package bucket

import (
	"errors"
	"strings"
	"testing"
)

func TestCheckBucketNamesWhatIsWrong(t *testing.T) {
	t.Parallel()
	d := newDrop(t, unversioned)
	m, err := server()
	if err != nil {
		t.Fatal(err)
	}
	good := Config{Endpoint: "http://" + m.Endpoint(), AccessKey: m.AccessKey(), SecretKey: m.SecretKey()}
	key, secret, address, https := good, good, good, good
	key.AccessKey = "nobody"
	secret.SecretKey = "wrong-canary"
	address.Endpoint = "http://127.0.0.1:1"
	https.Endpoint = "https://" + m.Endpoint()
	tests := []struct {
		name   string
		cfg    Config
		bucket string
		want   string // in the next step; empty where all is right
	}{
		{"nothing", good, d.bucket, ""},
		{"the bucket", good, d.bucket + "x", "create the bucket, or correct EVENTDROP_S3_BUCKET"},
		{"the bucket's name", good, "A", "correct EVENTDROP_S3_BUCKET"},
		{"the access key", key, d.bucket, "check EVENTDROP_S3_ACCESS_KEY"},
		{"the secret key", secret, d.bucket, "EVENTDROP_S3_SECRET_KEY"},
		{"the address", address, d.bucket, "a server runs at http://127.0.0.1:1"},
		{"the protocol", https, d.bucket, "write http:// in front of EVENTDROP_S3_ENDPOINT"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			store, err := New(test.cfg)
			if err != nil {
				t.Fatal(err)
			}
			err = store.CheckBucket(t.Context(), test.bucket, "events/")
			if test.want == "" {
				if err != nil {
					t.Errorf("got %v", err)
				}
				return
			}
			answer, ok := errors.AsType[*Error](err)
			if !ok || !strings.Contains(answer.Hint(), test.want) || strings.Contains(err.Error(), "canary") {
				t.Errorf("got %v, want the next step %q", err, test.want)
			}
		})
	}
}
