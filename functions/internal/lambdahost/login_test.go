package lambdahost_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"

	"eventdrop/functions/internal/campaign/world"
)

// secrets stands in for AWS Secrets Manager ("GetSecretValue", AWS Secrets Manager API Reference).
type secrets struct {
	*httptest.Server

	mu      sync.Mutex
	values  map[string]string // by name
	fetched int
}

func newSecrets(t *testing.T) *secrets {
	t.Helper()
	s := &secrets{values: map[string]string{}}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var asked struct{ SecretId string }
		err := json.NewDecoder(r.Body).Decode(&asked)
		s.mu.Lock()
		defer s.mu.Unlock()
		value, known := s.values[asked.SecretId]
		if err != nil || r.Header.Get("X-Amz-Target") != "secretsmanager.GetSecretValue" || !known ||
			!strings.Contains(r.Header.Get("Authorization"), "Credential=AKIDEXAMPLE/") {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		s.fetched++
		_ = json.NewEncoder(w).Encode(map[string]string{"Name": asked.SecretId, "SecretString": value})
	}))
	t.Cleanup(s.Close)
	return s
}

const secretName = "eventdrop/loader"

// set makes the secret say something, and returns how often it was fetched before.
func (s *secrets) set(value any) int { return s.setNamed(secretName, value) }

func (s *secrets) setNamed(name string, value any) int {
	text, _ := json.Marshal(value) // maps of strings
	s.mu.Lock()
	defer s.mu.Unlock()
	s.values[name] = string(text)
	return s.fetched
}

// Rotation: a password that is refused is fetched again; one that works is not. S4, S14: no password is in any log.
func TestAPasswordFromASecretIsFetchedAgainWhenItIsRefused(t *testing.T) {
	t.Parallel()
	w := world.New(t, world.Options{Versioned: true})
	user := w.NewLogin()
	name := user.User.Username()
	password, _ := user.User.Password()
	bare1, bare2 := bare(w, "one.csv"), bare(w, "two.csv")
	put(t, w, "one.csv", rows(0, 3))
	put(t, w, "two.csv", rows(10, 3))
	s := newSecrets(t)
	s.set(map[string]string{"username": name, "password": "canary-of-a-wrong-password"})
	f := start(t, w, "ingest", "EVENTDROP_DATABASE_URL="+without(user), "EVENTDROP_DATABASE_SECRET="+secretName, "AWS_ENDPOINT_URL="+s.URL)
	f.refuses(bare1, "NotReadyError", "28P01")

	s.set(map[string]string{"username": name, "password": password})
	f.accepts(bare1, done)
	if fetched := s.set(map[string]string{"username": name, "password": "canary-of-the-next-password"}); fetched > 10 {
		t.Errorf("the secret was fetched %d times", fetched)
	}
	before := s.fetchedNow()
	f.accepts(bare1, done) // the connection is kept: the new password is not needed yet
	if s.fetchedNow() != before {
		t.Error("the secret was fetched although the password worked")
	}

	if _, err := w.DB.Pool.Exec(t.Context(), `alter role "`+name+`" password 'canary-of-the-next-password'`); err != nil {
		t.Fatal(err)
	}
	if n := w.Value("select count(pg_terminate_backend(pid)) from pg_stat_activity where usename = $1", name); n == "0" {
		t.Error("there was no connection to end")
	}
	f.accepts(bare2, done)
	w.CheckBooks()
	for _, secret := range []string{password, "canary-of", "of the role"} {
		if strings.Contains(f.logs.String(), secret) {
			t.Errorf("the log has %q:\n%s", secret, f.logs)
		}
	}
}

func (s *secrets) fetchedNow() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.fetched
}

// without is an address without name and password.
func without(address *url.URL) string {
	bare := *address
	bare.User = nil
	return bare.String()
}

// A secret that RDS manages may name the whole database.
func TestASecretAloneIsEnough(t *testing.T) {
	t.Parallel()
	w := world.New(t, world.Options{Versioned: true})
	user := w.NewLogin()
	password, _ := user.User.Password()
	put(t, w, "one.csv", rows(0, 3))
	s := newSecrets(t)
	s.set(map[string]any{
		"engine": "postgres", "host": user.Hostname(), "port": user.Port(), "dbname": strings.Trim(user.Path, "/"),
		"username": user.User.Username(), "password": password,
	})
	f := start(t, w, "ingest", "EVENTDROP_DATABASE_URL=", "EVENTDROP_DATABASE_SECRET="+secretName, "AWS_ENDPOINT_URL="+s.URL)
	f.accepts(bare(w, "one.csv"), done)
}

// A function that cannot start says why at each invocation, by the type of its error.
func TestWhatIsWrongAtStartIsTold(t *testing.T) {
	t.Parallel()
	w := world.New(t, world.Options{})
	tests := []struct{ name, setting, errorType, part string }{
		{"a setting", "EVENTDROP_WORKERS=none", "SettingsError", "EVENTDROP_WORKERS"},
		{"no database there", "EVENTDROP_DATABASE_URL=postgres://u:p@127.0.0.1:1/x", "NotReadyError", "PostgreSQL does not answer"},
		{"TLS that is not verified", "EVENTDROP_DATABASE_URL=postgres://u:p@db.example:5432/x?sslmode=require", "NotReadyError", "sslmode=verify-full"},
		{"no password for the secret", "EVENTDROP_DATABASE_SECRET=other", "SettingsError", "EVENTDROP_DATABASE_SECRET"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			f := start(t, w, "ingest", test.setting)
			f.refuses(`{"bucket":"b","key":"k"}`, test.errorType, test.part)
		})
	}
}
