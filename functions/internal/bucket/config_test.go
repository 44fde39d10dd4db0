package bucket

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestNewChoosesTheAddress(t *testing.T) {
	t.Parallel()
	tests := map[string]string{
		"":                       "https://s3.amazonaws.com",
		"https://s3.example.com": "https://s3.example.com",
		"http://minio:9000":      "http://minio:9000",
		"http://minio:9000/":     "http://minio:9000",
		"s3.example.com":         "https://s3.example.com",
		"s3.example.com:9000":    "https://s3.example.com:9000",
		"127.0.0.1:9000":         "http://127.0.0.1:9000",
		"localhost:9000":         "http://localhost:9000",
		"[::1]:9000":             "http://[::1]:9000",
		"https://127.0.0.1:9000": "https://127.0.0.1:9000",
	}
	for endpoint, want := range tests {
		store, err := New(Config{Endpoint: endpoint, Region: "eu-west-1", AccessKey: "a", SecretKey: "s"})
		if err != nil {
			t.Errorf("%q: %v", endpoint, err)
		} else if store.endpoint != want {
			t.Errorf("%q: got %q, want %q", endpoint, store.endpoint, want)
		}
	}
}

func TestNewReportsAllFaultsAtOnce(t *testing.T) {
	t.Parallel()
	const canary = "canary-secret"
	tests := []struct {
		name string
		cfg  Config
		want []string
	}{
		{"an endpoint needs keys of its own", Config{Endpoint: "localhost:9000"}, []string{"ACCESS_KEY and EVENTDROP_S3_SECRET_KEY"}},
		{"AWS needs a region", Config{}, []string{"EVENTDROP_S3_REGION"}},
		{"half a pair of keys and no region", Config{SecretKey: canary}, []string{"EVENTDROP_S3_REGION", "set EVENTDROP_S3_ACCESS_KEY:"}},
		{"the other half", Config{AccessKey: canary, Region: "eu-west-1"}, []string{"set EVENTDROP_S3_SECRET_KEY:"}},
		{"a password in the address", Config{Endpoint: "https://user:" + canary + "@s3.example.com", AccessKey: "a"}, []string{"EVENTDROP_S3_ENDPOINT", "SECRET_KEY"}},
		{"a path", Config{Endpoint: "https://s3.example.com/bucket", AccessKey: "a", SecretKey: "s"}, []string{"without path"}},
		{"no address", Config{Endpoint: "https://", AccessKey: "a", SecretKey: "s"}, []string{"EVENTDROP_S3_ENDPOINT"}},
		{"another protocol", Config{Endpoint: "s3://bucket", AccessKey: "a", SecretKey: "s"}, []string{`not "s3"`}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			_, err := New(test.cfg)
			if err == nil {
				t.Fatal("no error")
			}
			for _, want := range test.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("got %q, want %q in it", err, want)
				}
			}
			if strings.Contains(err.Error(), canary) {
				t.Errorf("a secret is in %q", err)
			}
		})
	}
}

func TestNewUsesTheRoleOnAWSOnly(t *testing.T) {
	t.Setenv("AWS_ACCESS_KEY_ID", "role")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "role-secret")
	cfg := Config{Region: "eu-west-1"}
	if _, err := New(cfg); err != nil {
		t.Fatal(err)
	}
	if value, err := cfg.credentials().GetWithContext(nil); err != nil || value.AccessKeyID != "role" {
		t.Errorf("got key %q, error %v", value.AccessKeyID, err)
	}
	if _, err := New(Config{Endpoint: "localhost:9000"}); err == nil {
		t.Error("the role's keys would be sent to another server")
	}
}

func TestNewAsksNothingOfTheNetwork(t *testing.T) {
	t.Parallel()
	stub(t, func(http.ResponseWriter, *http.Request) { t.Error("a request was sent") })
}

func TestConfigHasDefaults(t *testing.T) {
	t.Parallel()
	if got := (Config{}).idleTimeout(); got != 30*time.Second {
		t.Errorf("idle timeout %s", got)
	}
	if got := (Config{}).region(); got != "us-east-1" {
		t.Errorf("region %q", got)
	}
}
