package login

import (
	"net/url"
	"strings"
	"testing"
)

func TestASecretIsReadInEveryFormThatRDSHas(t *testing.T) {
	t.Parallel()
	tests := map[string]Values{
		`{"username":"u","password":"p"}`: {Username: "u", Password: "p"},
		`{"engine":"postgres","host":"h","port":5432,"dbname":"d","username":"u","password":"p","dbInstanceIdentifier":"x"}`: {"u", "p", "h", "5432", "d", "postgres"},
		`{"engine":"aurora-postgresql","host":"h","port":"6432","username":"u","password":"p","masterarn":"arn:aws:..."}`:    {"u", "p", "h", "6432", "", "aurora-postgresql"},
	}
	for text, want := range tests {
		if got, err := parse(text); err != nil || got != want {
			t.Errorf("%s: got %+v, %v", text, got, err)
		}
	}
}

func TestAnUnusableSecretIsRefusedWithoutQuotingIt(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`canary`:                "not JSON",
		`{"password":"canary"`:  "not JSON",
		`{"password":"canary"}`: "no username",
		`{"username":"canary"}`: "no password",
		`{"username":"u","password":"canary","engine":"mysql"}`: `"mysql"`,
	} {
		if _, err := parse(text); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "canary") {
			t.Errorf("%s: %v", text, err)
		}
	}
}

// The form of a token: "Connecting to your DB instance using IAM authentication and the AWS SDK for Go", Amazon RDS User Guide.
func TestATokenIsSignedByTheRole(t *testing.T) {
	t.Parallel()
	role := Role{Region: "eu-central-1", AccessKey: "AKIDEXAMPLE", SecretKey: "secret of the role", SessionToken: "session"}
	token := NewToken("db.example:5432", "loader", role)
	user, password, err := token.Login(t.Context())
	if err != nil || user != "loader" {
		t.Fatalf("%s, %v", user, err)
	}
	asked, err := url.Parse("https://" + password)
	if err != nil {
		t.Fatal(err)
	}
	q := asked.Query()
	if asked.Host != "db.example:5432" || q.Get("Action") != "connect" || q.Get("DBUser") != "loader" || q.Get("X-Amz-Expires") != "900" ||
		!strings.Contains(q.Get("X-Amz-Credential"), "/eu-central-1/rds-db/aws4_request") || q.Get("X-Amz-Security-Token") != "session" || q.Get("X-Amz-Signature") == "" {
		t.Errorf("token %s", password)
	}
}
