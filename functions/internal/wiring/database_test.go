package wiring

import (
	"strings"
	"testing"
)

// Failure modes 10: no password and no row to a server that did not prove who it is.
func TestAServerOnAnotherMachineMustProveWhoItIs(t *testing.T) {
	t.Parallel()
	const refused = "would not be verified"
	tests := []struct {
		name string
		cfg  Config
		want string // a part of the URL, or of the error
	}{
		{"nothing said", Config{DatabaseURL: "postgres://u:p@db.example/x"}, "sslmode=verify-full"},
		{"verify-full", Config{DatabaseURL: "postgres://u:p@db.example/x?sslmode=verify-full"}, "sslmode=verify-full"},
		{"verify-ca", Config{DatabaseURL: "postgres://u:p@db.example/x?sslmode=verify-ca"}, "sslmode=verify-ca"},
		{"require", Config{DatabaseURL: "postgres://u:p@db.example/x?sslmode=require"}, refused},
		{"prefer", Config{DatabaseURL: "postgres://u:p@db.example/x?sslmode=prefer"}, refused},
		{"allow", Config{DatabaseURL: "postgres://u:p@db.example/x?sslmode=allow"}, refused},
		{"disable", Config{DatabaseURL: "postgres://u:p@db.example/x?sslmode=disable"}, refused},
		{"one of two hosts", Config{DatabaseURL: "postgres://u:p@localhost,db.example/x?sslmode=disable"}, refused},
		{"words", Config{DatabaseURL: "host=db.example user=u password=p dbname=x"}, refused},
		{"words, verified", Config{DatabaseURL: "host=db.example user=u password=p dbname=x sslmode=verify-full"}, "verify-full"},
		{"allowed", Config{DatabaseURL: "postgres://u:p@postgres/x?sslmode=disable", DatabaseUnverified: true}, "sslmode=disable"},
		{"allowed, nothing said", Config{DatabaseURL: "postgres://u:p@postgres/x", DatabaseUnverified: true}, "postgres://u:p@postgres/x"},
		{"this machine", Config{DatabaseURL: "postgres://u:p@127.0.0.1:5432/x?sslmode=disable"}, "sslmode=disable"},
		{"this machine by its name", Config{DatabaseURL: "postgres://u:p@localhost:5432/x"}, "postgres://u:p@localhost:5432/x"},
		{"IPv6", Config{DatabaseURL: "postgres://u:p@[::1]:5432/x?sslmode=disable"}, "sslmode=disable"},
		{"a socket", Config{DatabaseURL: "host=/var/run/postgresql dbname=x"}, "host=/var/run/postgresql"},
		{"no such file", Config{DatabaseURL: "postgres://u:p@db.example/x", DatabaseCA: "missing.pem"}, "EVENTDROP_DATABASE_CA"},
		{"a CA needs a URL", Config{DatabaseURL: "host=db.example", DatabaseCA: "missing.pem"}, "EVENTDROP_DATABASE_URL"},
		{"nonsense", Config{DatabaseURL: "postgres://u:canary@host:port/x"}, "cannot be read"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			address, err := test.cfg.DatabaseAddress(t.Context())
			if err != nil {
				address = err.Error()
			}
			if !strings.Contains(address, test.want) || strings.Contains(address, "canary") {
				t.Errorf("got %s, want %s", address, test.want)
			}
		})
	}
}

// A token needs to know for whom and where.
func TestATokenNeedsHostAndUser(t *testing.T) {
	t.Setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "secret")
	for address, want := range map[string]string{
		"postgres://loader@db.example/x": "postgres://loader:db.example%3A5432%3FAction=connect&DBUser=loader",
		"postgres://db.example/x":        "needs host and user",
		"host=db.example":                "cannot be read",
	} {
		cfg := Config{DatabaseURL: address, DatabaseIAM: true, S3Region: "eu-central-1"}
		got, err := cfg.DatabaseAddress(t.Context())
		if err != nil {
			got = err.Error()
		}
		if !strings.Contains(got, want) {
			t.Errorf("%s: got %s", address, got)
		}
	}
}

func TestTwoWaysToLogInAreOneTooMany(t *testing.T) {
	t.Parallel()
	for name, cfg := range map[string]Config{
		"secret and token":      {DatabaseURL: "postgres://u@h/x", DatabaseSecret: "s", DatabaseIAM: true},
		"secret and a password": {DatabaseURL: "postgres://u:p@h/x", DatabaseSecret: "s"},
		"token and a password":  {DatabaseURL: "postgres://u:p@h/x", DatabaseIAM: true},
		"nothing at all":        {},
	} {
		found := false
		for _, fault := range cfg.faults(Database) {
			found = found || strings.Contains(fault.Error(), "EVENTDROP_DATABASE_URL") || strings.Contains(fault.Error(), "EVENTDROP_DATABASE_SECRET")
		}
		if !found {
			t.Errorf("%s: no fault is told", name)
		}
	}
}
