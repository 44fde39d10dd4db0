package warehouse

import (
	"crypto/hmac"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
)

// scramIterations is PostgreSQL's own number.
const scramIterations = 4096

// newVerifier returns what PostgreSQL keeps of a password, and takes in its place: whoever logs statements does not learn it.
//
// Characters other than printable ASCII are refused. They would have to be normalised first, and clients do not agree on
// how: pgx does it by RFC 8265, libpq by RFC 4013.
func newVerifier(password string) (string, error) {
	if strings.ContainsFunc(password, func(r rune) bool { return r < ' ' || r > '~' }) {
		return "", errors.New("the password has characters other than printable ASCII: choose one without them")
	}
	salt := make([]byte, 16)
	_, _ = rand.Read(salt) // it never fails
	return verifier(password, salt, scramIterations)
}

// verifier is of the form SCRAM-SHA-256$iterations:salt$StoredKey:ServerKey (PostgreSQL documentation, "pg_authid"; the keys:
// RFC 5802, section 3).
func verifier(password string, salt []byte, iterations int) (string, error) {
	salted, err := pbkdf2.Key(sha256.New, password, salt, iterations, sha256.Size)
	if err != nil {
		return "", fmt.Errorf("hash the password: %w", err)
	}
	stored := sha256.Sum256(keyed(salted, "Client Key"))
	encode := base64.StdEncoding.EncodeToString
	return fmt.Sprintf("SCRAM-SHA-256$%d:%s$%s:%s", iterations, encode(salt), encode(stored[:]), encode(keyed(salted, "Server Key"))), nil
}

func keyed(key []byte, message string) []byte {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(message))
	return mac.Sum(nil)
}
