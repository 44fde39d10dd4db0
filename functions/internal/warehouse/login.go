package warehouse

import (
	"context"
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// logIn is called before each new connection.
func logIn(logins Logins) func(context.Context, *pgx.ConnConfig) error {
	return func(ctx context.Context, cc *pgx.ConnConfig) (err error) {
		cc.User, cc.Password, err = logins.Login(ctx)
		return err //nolint:wrapcheck // it says what it is about
	}
}

// refusals hears of logins that the server refused.
type refusals struct{ logins Logins }

// TraceConnectStart implements pgx.ConnectTracer.
func (refusals) TraceConnectStart(ctx context.Context, _ pgx.TraceConnectStartData) context.Context {
	return ctx
}

// TraceConnectEnd implements pgx.ConnectTracer.
func (r refusals) TraceConnectEnd(_ context.Context, data pgx.TraceConnectEndData) {
	if refused(data.Err) {
		r.logins.Refused()
	}
}

// refused reports whether the server did not take a name or a password.
func refused(err error) bool {
	state := sqlState(err)
	return state == invalidPassword || state == invalidAuth
}

// TraceQueryStart implements pgx.QueryTracer, which a tracer of connections must be.
func (refusals) TraceQueryStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceQueryStartData) context.Context {
	return ctx
}

// TraceQueryEnd implements pgx.QueryTracer.
func (refusals) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

// CheckTLS refuses a connection string that leads to another machine without a certificate that is verified:
// whoever stands in between could read the password and the rows, and change them.
func CheckTLS(url string) error {
	cc, err := pgx.ParseConfig(url)
	if err != nil {
		return unreadableURL(err)
	}
	ways := append([]*pgconn.FallbackConfig{{Host: cc.Host, TLSConfig: cc.TLSConfig}}, cc.Fallbacks...)
	for _, way := range ways {
		if !OnThisMachine(way.Host) && !verifies(way) {
			return fmt.Errorf("the connection to PostgreSQL at %s would not be verified: write sslmode=verify-full in EVENTDROP_DATABASE_URL, "+
				"and name the file with the certificates that sign the server's in EVENTDROP_DATABASE_CA where the system does not know them; "+
				"or, in a network that nobody else is in, set EVENTDROP_DATABASE_UNVERIFIED=true", way.Host)
		}
	}
	return nil
}

// verifies tells verify-full and verify-ca, which brings its own verification, from the rest.
func verifies(way *pgconn.FallbackConfig) bool {
	return way.TLSConfig != nil && (!way.TLSConfig.InsecureSkipVerify || way.TLSConfig.VerifyPeerCertificate != nil)
}

// OnThisMachine reports whether a host is a loopback address or the folder of a socket.
func OnThisMachine(host string) bool {
	ip := net.ParseIP(host)
	return host == "" || host == "localhost" || filepath.IsAbs(host) || strings.HasPrefix(host, "@") || ip != nil && ip.IsLoopback()
}

// unreadableURL says so without pgx's message, which may quote parts of the URL: the password is not worth the risk. A file
// that the URL names is another matter.
func unreadableURL(err error) error {
	if strings.Contains(err.Error(), "CA file") || strings.Contains(err.Error(), "sslrootcert") {
		return errors.New("the certificates of EVENTDROP_DATABASE_CA cannot be read: want a PEM file")
	}
	return errors.New("the database URL cannot be read: want postgres://user:password@host:5432/database")
}
