package bucket

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"time"

	"github.com/minio/minio-go/v7/pkg/credentials"
)

const (
	awsEndpoint    = "s3.amazonaws.com"
	defaultRegion  = "us-east-1"
	defaultIdle    = 30 * time.Second
	settingsPrefix = "EVENTDROP_S3_"
)

// Config says which object store to read, and as whom.
type Config struct {
	// Endpoint is "https://host[:port]", "http://host[:port]" or "host[:port]", which means https
	// unless the host is this machine. Empty means AWS.
	Endpoint string
	// Region is required on AWS; elsewhere it defaults to us-east-1.
	Region string
	// AccessKey and SecretKey are required unless Endpoint is empty: then, where both are missing,
	// the role of the function or machine is used.
	AccessKey, SecretKey string
	// IdleTimeout is how long the store may send nothing while an answer or more bytes of an
	// object are waited for; 30 s where it is zero.
	IdleTimeout time.Duration
	// OpaqueETags turns the comparison of MD5 ETags off, for a store whose ETags look like MD5
	// and are not.
	OpaqueETags bool
}

// address is an endpoint in the form that minio-go takes.
type address struct {
	host   string
	secure bool
}

// validate returns where to connect to, or all that is wrong with the settings.
func (c Config) validate() (address, error) {
	at, err := parseEndpoint(c.Endpoint)
	return at, errors.Join(err, c.validateKeys(), c.validateRegion())
}

func (c Config) validateKeys() error {
	switch {
	case c.AccessKey == "" && c.SecretKey == "" && c.Endpoint != "":
		// The AWS profile of a developer must never be sent to another server by accident.
		return errors.New("set " + settingsPrefix + "ACCESS_KEY and " + settingsPrefix + "SECRET_KEY: an endpoint of one's own needs keys of its own")
	case c.AccessKey == "" && c.SecretKey != "":
		return errors.New("set " + settingsPrefix + "ACCESS_KEY: there is a secret key without it")
	case c.AccessKey != "" && c.SecretKey == "":
		return errors.New("set " + settingsPrefix + "SECRET_KEY: there is an access key without it")
	}
	return nil
}

func (c Config) validateRegion() error {
	if c.Endpoint == "" && c.Region == "" {
		return errors.New("set " + settingsPrefix + "REGION to the bucket's region, or " + settingsPrefix + "ENDPOINT to another server than AWS")
	}
	return nil
}

// region is never empty: minio-go would ask for every bucket's location.
func (c Config) region() string {
	if c.Region == "" {
		return defaultRegion
	}
	return c.Region
}

func (c Config) idleTimeout() time.Duration {
	if c.IdleTimeout <= 0 {
		return defaultIdle
	}
	return c.IdleTimeout
}

// credentials prefers the environment to the metadata service: on Lambda only the former answers.
func (c Config) credentials() *credentials.Credentials {
	if c.AccessKey != "" {
		return credentials.NewStaticV4(c.AccessKey, c.SecretKey, "")
	}
	return credentials.NewChainCredentials([]credentials.Provider{&credentials.EnvAWS{}, &credentials.IAM{}})
}

// parseEndpoint never quotes the endpoint: it may hold a password, which is one of the faults.
func parseEndpoint(endpoint string) (address, error) {
	if endpoint == "" {
		return address{host: awsEndpoint, secure: true}, nil
	}
	scheme, rest, found := strings.Cut(endpoint, "://")
	if !found {
		scheme, rest = "", endpoint
	}
	parsed, err := url.Parse("//" + rest)
	if err != nil || parsed.Hostname() == "" || parsed.User != nil || strings.Trim(parsed.Path, "/") != "" || parsed.RawQuery != "" || parsed.Fragment != "" {
		return address{}, errors.New("set " + settingsPrefix + "ENDPOINT to https://host:port or host:port, without path, user or password")
	}
	at := address{host: parsed.Host}
	switch scheme {
	case "https":
		at.secure = true
	case "":
		at.secure = !loopback(parsed.Hostname())
	case "http":
	default:
		return address{}, fmt.Errorf("set %sENDPOINT to an https or http address, not %.16q", settingsPrefix, scheme)
	}
	return at, nil
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || strings.HasSuffix(host, ".localhost") || ip != nil && ip.IsLoopback()
}
