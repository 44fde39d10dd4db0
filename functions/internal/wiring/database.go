package wiring

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"strings"

	"github.com/kelseyhightower/envconfig"

	"eventdrop/functions/internal/contract"
	"eventdrop/functions/internal/login"
	"eventdrop/functions/internal/warehouse"
)

// database is where PostgreSQL is, and who gives a login for it.
type database struct {
	url    string
	logins warehouse.Logins // nil: the URL has name and password
}

// DatabaseAddress returns the connection string, with a login that is good for now. Unless the settings allow
// otherwise, what it leads to is this machine or proves who it is by a certificate.
func (c *Config) DatabaseAddress(ctx context.Context) (string, error) {
	d, err := c.database(ctx)
	if err != nil || d.logins == nil {
		return d.url, err
	}
	address, err := parseDatabaseURL(d.url)
	if err != nil {
		return "", err
	}
	user, password, err := d.logins.Login(ctx)
	if err != nil {
		return "", err
	}
	address.User = url.UserPassword(user, password)
	return address.String(), nil
}

// OpenWarehouse prepares connections to the database of the settings, at most so many; see [warehouse.Open].
func (c *Config) OpenWarehouse(ctx context.Context, rules *contract.Contract, connections int32, log *slog.Logger) (*warehouse.Warehouse, error) {
	at, err := c.database(ctx)
	if err != nil {
		return nil, err
	}
	return warehouse.Open(ctx, warehouse.Config{
		URL: at.url, Logins: at.logins, Schema: c.DatabaseSchema, MaxConns: connections, ApplicationName: "eventdrop", Log: log,
	}, rules)
}

func (c *Config) database(ctx context.Context) (database, error) {
	d, err := c.withLogin(ctx)
	if err == nil {
		d.url, err = c.withTLS(d.url)
	}
	if err == nil && !c.DatabaseUnverified {
		err = warehouse.CheckTLS(d.url)
	}
	return d, err
}

// withLogin lets a secret fill in what the URL does not say.
func (c *Config) withLogin(ctx context.Context) (database, error) {
	switch {
	case c.DatabaseSecret != "":
		return c.withSecret(ctx)
	case c.DatabaseIAM:
		return c.withToken()
	}
	return database{url: c.DatabaseURL}, nil
}

func (c *Config) withSecret(ctx context.Context) (database, error) {
	address := &url.URL{Scheme: "postgres"}
	if c.DatabaseURL != "" {
		var err error
		if address, err = parseDatabaseURL(c.DatabaseURL); err != nil {
			return database{}, err
		}
	}
	role, err := c.role()
	if err != nil {
		return database{}, err
	}
	secret := login.NewSecret("EVENTDROP_DATABASE_SECRET", c.DatabaseSecret, role)
	values, err := secret.Values(ctx)
	if err != nil {
		return database{}, err
	}
	if address.Host == "" {
		if values.Host == "" {
			return database{}, errors.New("neither EVENTDROP_DATABASE_URL nor the secret names the host of PostgreSQL")
		}
		address.Host = net.JoinHostPort(values.Host, or(values.Port.String(), "5432"))
	}
	if strings.Trim(address.Path, "/") == "" && values.Database != "" {
		address.Path = "/" + values.Database
	}
	return database{url: address.String(), logins: secret}, nil
}

func (c *Config) withToken() (database, error) {
	address, err := parseDatabaseURL(c.DatabaseURL)
	if err != nil {
		return database{}, err
	}
	if address.Hostname() == "" || address.User.Username() == "" {
		return database{}, errors.New("EVENTDROP_DATABASE_IAM needs host and user in EVENTDROP_DATABASE_URL, as postgres://user@host:5432/database")
	}
	at := net.JoinHostPort(address.Hostname(), or(address.Port(), "5432"))
	role, err := c.role()
	return database{url: c.DatabaseURL, logins: login.NewToken(at, address.User.Username(), role)}, err
}

// spareConnections of the user that loads are for reconcile, and for a look whether its password works.
const spareConnections = 2

// Loader returns the user that loads, as far as the settings name one for migrate to make; its name is empty where they do not.
func (c *Config) Loader(ctx context.Context) (warehouse.Loader, error) {
	loader := warehouse.Loader{Name: c.LoaderUser}
	if c.LoaderConcurrency > 0 {
		loader.Connections = c.LoaderConcurrency + spareConnections
	}
	if c.LoaderSecret == "" {
		return loader, nil
	}
	role, err := c.role()
	if err != nil {
		return loader, err
	}
	loader.Name, loader.Password, err = login.NewSecret("EVENTDROP_LOADER_SECRET", c.LoaderSecret, role).Login(ctx)
	return loader, err
}

// role reads what Lambda tells a function of its execution role.
func (c *Config) role() (login.Role, error) {
	var told struct {
		Region       string `envconfig:"AWS_REGION"`
		AccessKey    string `envconfig:"AWS_ACCESS_KEY_ID"`
		SecretKey    string `envconfig:"AWS_SECRET_ACCESS_KEY"`
		SessionToken string `envconfig:"AWS_SESSION_TOKEN"`
		Endpoint     string `envconfig:"AWS_ENDPOINT_URL"`
	}
	if err := envconfig.Process("", &told); err != nil {
		return login.Role{}, fmt.Errorf("read the settings of AWS: %w", err)
	}
	if told.AccessKey == "" || told.SecretKey == "" {
		return login.Role{}, errors.New("EVENTDROP_DATABASE_SECRET, EVENTDROP_LOADER_SECRET and EVENTDROP_DATABASE_IAM need AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY: Lambda sets them, elsewhere do it yourself")
	}
	return login.Role{
		Region: or(told.Region, c.S3Region), AccessKey: told.AccessKey, SecretKey: told.SecretKey, SessionToken: told.SessionToken, Endpoint: told.Endpoint,
	}, nil
}

// withTLS asks for a verified certificate where the URL says nothing of TLS, and the host is not this machine.
func (c *Config) withTLS(raw string) (string, error) {
	address, err := parseDatabaseURL(raw)
	if err != nil && c.DatabaseCA == "" {
		return raw, nil // a connection string in another form, or a fault that CheckTLS finds
	}
	if err != nil {
		return "", err
	}
	query := address.Query()
	if c.DatabaseCA != "" {
		query.Set("sslrootcert", c.DatabaseCA)
	}
	if !query.Has("sslmode") && (c.DatabaseCA != "" || !c.DatabaseUnverified && !warehouse.OnThisMachine(address.Hostname())) {
		query.Set("sslmode", "verify-full")
	}
	address.RawQuery = query.Encode()
	return address.String(), nil
}

// parseDatabaseURL never quotes the URL: it may hold a password.
func parseDatabaseURL(raw string) (*url.URL, error) {
	address, err := url.Parse(raw)
	if err != nil || address.Scheme != "postgres" && address.Scheme != "postgresql" {
		return nil, errors.New("EVENTDROP_DATABASE_URL cannot be read: want postgres://user@host:5432/database")
	}
	return address, nil
}

func hasPassword(raw string) bool {
	address, err := parseDatabaseURL(raw)
	if err != nil {
		return false
	}
	_, set := address.User.Password()
	return set
}

func or(given, otherwise string) string {
	if given != "" {
		return given
	}
	return otherwise
}
