package main

import (
	"net/url"

	"github.com/kelseyhightower/envconfig"
)

// settings are those of the bucket, from the environment. The names are eventdrop's own, so that a developer's AWS profile is
// never used by accident.
type settings struct {
	Endpoint  string `envconfig:"S3_ENDPOINT" default:"https://s3.amazonaws.com"`
	Region    string `envconfig:"S3_REGION" default:"us-east-1"`
	AccessKey string `envconfig:"S3_ACCESS_KEY"` // without it, the role of the machine is used
	SecretKey string `envconfig:"S3_SECRET_KEY"`
	Bucket    string `envconfig:"S3_BUCKET"`
	Prefix    string `envconfig:"S3_PREFIX"`
}

func readSettings(f *faults) settings {
	var s settings
	if err := envconfig.Process("EVENTDROP", &s); err != nil {
		f.add("environment: %w", err)
	}
	return s
}

// bucket opens the bucket of the settings, which must not be reached for this yet.
func (s settings) bucket(f *faults) place {
	known := len(*f)
	if s.Bucket == "" {
		f.add("EVENTDROP_S3_BUCKET: no bucket: name one, or write into a directory with --out DIR")
	}
	if (s.AccessKey == "") != (s.SecretKey == "") {
		f.add("EVENTDROP_S3_ACCESS_KEY, EVENTDROP_S3_SECRET_KEY: one of them is missing: give both or neither")
	}
	address, err := url.Parse(s.Endpoint)
	if err != nil || address.Host == "" || (address.Scheme != "http" && address.Scheme != "https") || len(address.Path) > 1 {
		f.add("EVENTDROP_S3_ENDPOINT: %q is no address: write it like http://127.0.0.1:9000", s.Endpoint)
	}
	if len(*f) > known {
		return nil
	}
	b, err := newBucket(s, address)
	if err != nil {
		f.add("EVENTDROP_S3_ENDPOINT: %w", err)
	}
	return b
}
