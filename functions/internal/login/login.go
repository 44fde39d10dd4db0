// Package login gets names and passwords for PostgreSQL from AWS: a secret of Secrets Manager, or a token of
// RDS IAM authentication. It is the only user of the AWS SDK.
package login

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/rds/auth"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
)

// Secret is a secret of Secrets Manager. It is safe for concurrent use.
type Secret struct {
	client      *secretsmanager.Client
	setting, id string

	mu    sync.Mutex
	known *Values // nil: to be fetched
}

// Values are what a secret may say, in the form of the secrets that RDS manages ("AWS Secrets Manager secret JSON
// structure", AWS Secrets Manager User Guide). Only name and password must be there.
type Values struct {
	Username string      `json:"username"`
	Password string      `json:"password"`
	Host     string      `json:"host"`
	Port     json.Number `json:"port"`
	Database string      `json:"dbname"`
	Engine   string      `json:"engine"`
}

// Role is who asks AWS, as Lambda tells it a function of its execution role ("Defined runtime environment variables", AWS
// Lambda Developer Guide). The SDK's own reading of it would bring all the other ways to get credentials, half a megabyte.
type Role struct {
	Region, AccessKey, SecretKey, SessionToken string
	// Endpoint is where to ask instead of AWS, for an emulator; empty: AWS.
	Endpoint string
}

// NewSecret returns the secret whose ARN or name a setting gives, as a role reads it. It asks nothing of the network yet.
func NewSecret(setting, id string, role Role) *Secret {
	client := secretsmanager.New(secretsmanager.Options{Region: role.Region, Credentials: role.credentials()}, func(o *secretsmanager.Options) {
		if role.Endpoint != "" {
			o.BaseEndpoint = &role.Endpoint
		}
	})
	return &Secret{client: client, setting: setting, id: id}
}

func (r Role) credentials() aws.CredentialsProvider {
	return aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{AccessKeyID: r.AccessKey, SecretAccessKey: r.SecretKey, SessionToken: r.SessionToken}, nil
	})
}

// Values returns what the secret says. It is fetched once, and again after Refused.
func (s *Secret) Values(ctx context.Context) (Values, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.known != nil {
		return *s.known, nil
	}
	answer, err := s.client.GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{SecretId: &s.id})
	if err != nil {
		return Values{}, fmt.Errorf("fetch the secret of %s: %w", s.setting, err)
	}
	values, err := parse(aws.ToString(answer.SecretString))
	if err != nil {
		return Values{}, fmt.Errorf("read the secret of %s: %w", s.setting, err)
	}
	s.known = &values
	return values, nil
}

// parse quotes nothing of the secret.
func parse(text string) (Values, error) {
	var v Values
	switch err := json.Unmarshal([]byte(text), &v); {
	case err != nil:
		return Values{}, errors.New(`it is not JSON such as {"username": ..., "password": ...}`)
	case v.Username == "" || v.Password == "":
		return Values{}, errors.New("it has no username or no password")
	case v.Engine != "" && !strings.Contains(v.Engine, "postgres"): // postgres, aurora-postgresql
		return Values{}, fmt.Errorf("it is of another database: its engine is %.20q", v.Engine)
	}
	return v, nil
}

// Login returns name and password of the secret.
func (s *Secret) Login(ctx context.Context) (user, password string, err error) {
	v, err := s.Values(ctx)
	return v.Username, v.Password, err
}

// Refused has the secret fetched again at the next time: its password may have been rotated.
func (s *Secret) Refused() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.known = nil
}

// Token makes tokens of RDS IAM authentication. A token is good for 15 minutes to log in with, and each login gets
// one of its own, which costs no request.
type Token struct {
	role          Role
	address, user string
}

// NewToken returns tokens for a user at address, which is host:port, signed by a role.
func NewToken(address, user string, role Role) *Token {
	return &Token{role: role, address: address, user: user}
}

// Login returns the user and a fresh token.
func (t *Token) Login(ctx context.Context) (user, password string, err error) {
	token, err := auth.BuildAuthToken(ctx, t.address, t.role.Region, t.user, t.role.credentials())
	if err != nil {
		return "", "", fmt.Errorf("sign a token for RDS: %w", err)
	}
	return t.user, token, nil
}

// Refused does nothing: the next token is another one anyway.
func (*Token) Refused() {}
