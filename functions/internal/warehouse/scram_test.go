package warehouse

import (
	"encoding/base64"
	"strconv"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"eventdrop/functions/internal/pgtest"
)

// The server is the oracle: with the salt that it chose, its verifier of a password is ours.
func TestAVerifierIsTheOneThatPostgreSQLMakes(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	for _, password := range []string{"pencil", " with spaces ", `quotes ' " $ \ `, strings.Repeat("long~", 50)} {
		want := madeByServer(t, db, password)
		iterations, salt, _ := strings.Cut(strings.Split(want, "$")[1], ":")
		n, err := strconv.Atoi(iterations)
		if err != nil {
			t.Fatal(err)
		}
		salted, err := base64.StdEncoding.DecodeString(salt)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := verifier(password, salted, n); err != nil || got != want {
			t.Errorf("%q: got %s, %v\nwant %s", password, got, err, want)
		}
	}
}

// madeByServer is what PostgreSQL keeps of a password.
func madeByServer(t *testing.T, db pgtest.DB, password string) (kept string) {
	t.Helper()
	tx, err := db.Pool.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback(t.Context())
	role := pgx.Identifier{db.Schema + "_scram"}.Sanitize()
	if _, err := tx.Exec(t.Context(), "set local password_encryption = 'scram-sha-256'; create role "+role+" password "+literal(password)); err != nil {
		t.Fatal(err)
	}
	if err := tx.QueryRow(t.Context(), "select rolpassword from pg_authid where rolname = $1", db.Schema+"_scram").Scan(&kept); err != nil {
		t.Fatal(err)
	}
	return kept
}

func TestAPasswordThatClientsReadDifferentlyIsRefused(t *testing.T) {
	t.Parallel()
	for _, password := range []string{"canary-ä", "canary-\n", "canary-\x7f", "canary-\xff"} {
		if v, err := newVerifier(password); err == nil || v != "" || strings.Contains(err.Error(), "canary") {
			t.Errorf("%q: %s, %v", password, v, err)
		}
	}
	one, _ := newVerifier("pencil") // it is ASCII
	other, _ := newVerifier("pencil")
	if one == "" || one == other {
		t.Error("two verifiers have the same salt")
	}
}
