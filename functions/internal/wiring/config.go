// Package wiring reads the settings and puts the parts together, for all programs alike. It is the
// only reader of the environment.
package wiring

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/kelseyhightower/envconfig"
)

// prefix stands in front of every setting. Own names keep a developer's AWS profile from being used by accident.
const prefix = "eventdrop"

// Config is all settings. Each is the environment variable EVENTDROP_ and its name in capitals:
// EVENTDROP_DATABASE_URL, EVENTDROP_S3_BUCKET and so on.
type Config struct {
	DatabaseURL         string `split_words:"true" desc:"PostgreSQL, as postgres://user:password@host:5432/database"`
	DatabaseSchema      string `split_words:"true" default:"eventdrop" desc:"schema that holds the tables"`
	DatabaseConnections int32  `split_words:"true" default:"0" desc:"most connections at a time; 0: workers x 6; on Lambda: 1"`
	DatabaseSecret      string `split_words:"true" desc:"ARN or name of a secret of AWS Secrets Manager with username, password, and perhaps host, port, dbname"`
	DatabaseIAM         bool   `split_words:"true" default:"false" desc:"log in with tokens of RDS IAM authentication"`
	DatabaseCA          string `split_words:"true" desc:"PEM file of the certificates that sign the server's; empty: the system's"`
	DatabaseUnverified  bool   `split_words:"true" default:"false" desc:"take a server on another machine that proves nothing, as in a network of one's own"`

	LoaderSecret      string `split_words:"true" desc:"ARN or name of a secret with username and password of the user that loads, whom migrate makes"`
	LoaderUser        string `split_words:"true" desc:"instead, the user that loads with tokens of RDS IAM authentication, whom migrate makes"`
	LoaderConcurrency int32  `split_words:"true" default:"0" desc:"loading functions at a time: migrate allows that user two connections more; 0: it sets no limit"`

	S3Endpoint  string `split_words:"true" desc:"object store, as http://host:9000; empty: AWS"`
	S3Region    string `split_words:"true" desc:"region; required on AWS"`
	S3AccessKey string `split_words:"true" desc:"access key; empty on AWS: the execution role"`
	S3SecretKey string `split_words:"true" desc:"secret key"`
	S3Bucket    string `split_words:"true" desc:"the bucket to watch; notices about others are ignored"`
	S3Prefix    string `split_words:"true" desc:"only keys that begin so"`

	Listen       string `default:"127.0.0.1:8484" desc:"address of the runner's webhook receiver"`
	WebhookToken string `split_words:"true" desc:"bearer token that notices must carry"`
	Profile      string `desc:"address of this machine, as 127.0.0.1:6060, where serve and up tell what their time and memory go into; empty: nowhere"`

	Contract       string        `desc:"contracts, separated by commas: each a file, s3://bucket/key, or a built-in name: ecommerce_events (also where it is empty), original_pipeline"`
	Workers        int           `default:"4" desc:"objects loaded at a time"`
	QueueLength    int           `split_words:"true" default:"10000" desc:"notices that may wait; above it the sender is told to come back"`
	ReconcileEvery time.Duration `split_words:"true" default:"1m" desc:"how often the bucket is compared with the ledger"`
	ReconcileAge   time.Duration `split_words:"true" default:"10s" desc:"a scheduled reconcile leaves younger objects to their notices"`
	MaxObjectBytes int64         `split_words:"true" default:"5368709120" desc:"larger objects are parked; 0: no limit"`

	LogLevel  string `split_words:"true" default:"info" desc:"debug, info, warn or error"`
	LogFormat string `split_words:"true" default:"text" desc:"text or json"`
}

// Need says which parts a program uses, and so which settings must be there.
type Need uint8

// The parts.
const (
	Database Need = 1 << iota
	Store
	Webhook
)

// Read reads the environment. It reports all faults at once, in the user's words; values of
// secrets are in none of them.
func Read(need Need) (Config, error) {
	var cfg Config
	var faults []error
	for {
		err := envconfig.Process(prefix, &cfg)
		if parse, ok := errors.AsType[*envconfig.ParseError](err); ok {
			faults = append(faults, fmt.Errorf("%s=%q is not a valid %s", parse.KeyName, parse.Value, friendlyType(parse.TypeName)))
			if os.Unsetenv(parse.KeyName) == nil { // so that the next fault shows up, too
				continue
			}
		} else if err != nil {
			faults = append(faults, err)
		}
		break
	}
	faults = append(faults, unknownSettings(os.Environ())...) //nolint:forbidigo // wiring is the reader of the environment
	faults = append(faults, cfg.faults(need)...)
	if len(faults) > 0 {
		return cfg, &SettingsError{Faults: faults}
	}
	return cfg, nil
}

// SettingsError lists everything that is wrong with the settings.
type SettingsError struct{ Faults []error }

func (e *SettingsError) Error() string {
	var b strings.Builder
	b.WriteString("the settings cannot be used (see `eventdrop help settings`):")
	for _, fault := range e.Faults {
		b.WriteString("\n  - " + fault.Error())
	}
	return b.String()
}

func friendlyType(name string) string {
	switch name {
	case "time.Duration", "Duration":
		return "duration, such as 90s or 5m"
	case "int", "int32", "int64":
		return "whole number"
	}
	return name
}

// faults checks the values that were read.
func (c *Config) faults(need Need) []error {
	var list []error
	check := func(ok bool, format string, args ...any) {
		if !ok {
			list = append(list, fmt.Errorf(format, args...))
		}
	}
	if need&Database != 0 {
		check(c.DatabaseURL != "" || c.DatabaseSecret != "", "EVENTDROP_DATABASE_URL is missing: name a PostgreSQL, as postgres://user:password@host:5432/database, or try `eventdrop demo`, which starts its own")
	}
	check(c.DatabaseSecret == "" || !c.DatabaseIAM, "EVENTDROP_DATABASE_SECRET and EVENTDROP_DATABASE_IAM are two ways to log in: set one")
	check(c.DatabaseSecret == "" && !c.DatabaseIAM || !hasPassword(c.DatabaseURL), "EVENTDROP_DATABASE_URL has a password beside EVENTDROP_DATABASE_SECRET or EVENTDROP_DATABASE_IAM: remove it")
	check(c.LoaderSecret == "" || c.LoaderUser == "", "EVENTDROP_LOADER_SECRET and EVENTDROP_LOADER_USER are two ways to log in: set one")
	check(c.LoaderConcurrency >= 0 && c.LoaderConcurrency <= 10_000, "EVENTDROP_LOADER_CONCURRENCY=%d: want 0 to 10000", c.LoaderConcurrency)
	if need&Store != 0 {
		check(c.S3Bucket != "", "EVENTDROP_S3_BUCKET is missing: name the bucket to watch")
		check(c.S3Endpoint != "" || c.S3Region != "", "EVENTDROP_S3_REGION is missing: AWS needs it (or set EVENTDROP_S3_ENDPOINT for another store)")
	}
	check(c.S3Endpoint == "" || c.S3AccessKey != "", "EVENTDROP_S3_ACCESS_KEY is missing: a store other than AWS needs it")
	check((c.S3AccessKey == "") == (c.S3SecretKey == ""), "EVENTDROP_S3_ACCESS_KEY and EVENTDROP_S3_SECRET_KEY go together: set both or none")
	if need&Webhook != 0 {
		check(len(c.WebhookToken) >= 16, "EVENTDROP_WEBHOOK_TOKEN must have at least 16 characters: set the same token here and in the sender")
	}
	check(c.DatabaseSchema != "", "EVENTDROP_DATABASE_SCHEMA must not be empty")
	check(c.Profile == "" || onLoopback(c.Profile), "EVENTDROP_PROFILE=%q: want a loopback address with a port, as 127.0.0.1:6060: a profile is for nobody on another machine", c.Profile)
	check(c.Workers >= 1 && c.Workers <= 256, "EVENTDROP_WORKERS=%d: want 1 to 256", c.Workers)
	check(c.QueueLength >= 1, "EVENTDROP_QUEUE_LENGTH=%d: want 1 or more", c.QueueLength)
	check(c.ReconcileEvery >= time.Second, "EVENTDROP_RECONCILE_EVERY=%s: want 1s or more", c.ReconcileEvery)
	check(c.ReconcileAge >= 0, "EVENTDROP_RECONCILE_AGE=%s: want 0s or more", c.ReconcileAge)
	check(c.MaxObjectBytes >= 0, "EVENTDROP_MAX_OBJECT_BYTES=%d: want 0 or more", c.MaxObjectBytes)
	check(c.DatabaseConnections >= 0, "EVENTDROP_DATABASE_CONNECTIONS=%d: want 0 or more", c.DatabaseConnections)
	check(slices.Contains([]string{"debug", "info", "warn", "error"}, c.LogLevel), "EVENTDROP_LOG_LEVEL=%q: want debug, info, warn or error", c.LogLevel)
	check(slices.Contains([]string{"text", "json"}, c.LogFormat), "EVENTDROP_LOG_FORMAT=%q: want text or json", c.LogFormat)
	return list
}

// onLoopback reports whether an address with a port can only be reached from this machine.
func onLoopback(address string) bool {
	host, port, err := net.SplitHostPort(address)
	if err != nil || port == "" {
		return false
	}
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.Unmap().IsLoopback()
}

// unknownSettings finds misspelt names: a setting that is ignored in silence is worse than none.
func unknownSettings(environment []string) []error {
	known := map[string]bool{"EVENTDROP_MINIO_BINARY": true} // read by the embedded servers' users
	for _, name := range settingNames() {
		known[name] = true
	}
	var list []error
	for _, entry := range environment {
		name, _, _ := strings.Cut(entry, "=")
		if strings.HasPrefix(name, "EVENTDROP_") && !known[name] && !strings.HasPrefix(name, "EVENTDROP_TEST_") {
			list = append(list, fmt.Errorf("%s is not a setting", name))
		}
	}
	return list
}

// settingNames are the names as envconfig makes them of Config's fields, in their order. It tells them only by way of a
// template, whose look-ups by name make the linker keep every method of everything.
func settingNames() []string {
	words := regexp.MustCompile("[A-Z]+[^A-Z]*")
	var names []string
	for field := range reflect.TypeFor[Config]().Fields() {
		names = append(names, strings.ToUpper(prefix+"_"+strings.Join(words.FindAllString(field.Name, -1), "_")))
	}
	return names
}

// WriteSettings lists all settings for a person.
func WriteSettings(w io.Writer) error {
	table := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	const row = "{{range .}}{{usage_key .}}\t{{usage_default .}}\t{{usage_description .}}\n{{end}}"
	fmt.Fprintln(table, "SETTING\tDEFAULT\tMEANING")
	if err := envconfig.Usagef(prefix, &Config{}, table, row); err != nil {
		return fmt.Errorf("list settings: %w", err)
	}
	return table.Flush()
}

// Level is the least level that is logged.
func (c *Config) Level() slog.Level {
	var level slog.Level
	_ = level.UnmarshalText([]byte(c.LogLevel)) // Read has checked it
	return level
}

// Logger writes to w as the settings say.
func (c *Config) Logger(w io.Writer) *slog.Logger {
	options := &slog.HandlerOptions{Level: c.Level()}
	if c.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(w, options))
	}
	return slog.New(slog.NewTextHandler(w, options))
}
