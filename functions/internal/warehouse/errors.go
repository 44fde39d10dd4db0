package warehouse

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"eventdrop/functions/internal/dropzone"
)

// SQLSTATE codes and classes (PostgreSQL documentation, appendix A) that eventdrop decides on.
const (
	lockNotAvailable = "55P03"
	serialization    = "40001"
	deadlock         = "40P01"
	uniqueViolation  = "23505"
	undefinedTable   = "42P01"
	duplicateTable   = "42P07"
	duplicateObject  = "42710" // of a table that appears meanwhile: its type
	invalidPassword  = "28P01"
	invalidAuth      = "28000"
	noDatabase       = "3D000"
	insufficient     = "42501"
	tooMany          = "53300"
	canceled         = "57014" // statement_timeout, or a cancel request
)

// busy turns a lock timeout into dropzone.ErrBusy.
func busy(err error) error {
	if sqlState(err) == lockNotAvailable {
		return fmt.Errorf("%w, another loader has it: %w", dropzone.ErrBusy, err)
	}
	return err
}

func sqlState(err error) string {
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok {
		return pg.Code
	}
	return ""
}

// Transient reports whether trying again at once, on a fresh connection, may well succeed: the
// connection broke, the server restarted, or two transactions got in each other's way. It says
// nothing about later: every error but an unreadable object is tried again later.
func (w *Warehouse) Transient(err error) bool {
	switch state := sqlState(err); {
	case errors.Is(err, context.Canceled), errors.Is(err, dropzone.ErrStage), unreadable(err):
		return false
	case errors.Is(err, dropzone.ErrCommitUnknown), state == serialization, state == deadlock:
		return true
	case refused(err): // the next connection logs in with another password
		return w.renews
	case state != "":
		class := state[:2]
		return class == "08" || class == "57" && state != canceled // connection exceptions, operator intervention
	}
	return connectionLost(err) || pgconn.SafeToRetry(err)
}

// unreadable reports whether the object is at fault, whatever its cause looks like: a cut archive
// ends as a lost connection does.
func unreadable(err error) bool {
	_, ok := errors.AsType[*dropzone.UnreadableError](err)
	return ok
}

// connectionLost reports whether a connection broke. A server that stops at once sends no last word.
// It does not ask for a net.Error, which a missing file is, too.
func connectionLost(err error) bool {
	_, ok := errors.AsType[*net.OpError](err)
	return ok || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed)
}

// Explain rewrites an error of PostgreSQL for a person: what is wrong and the next step. The
// server's detail, which may quote a row, is left out.
func Explain(err error) error {
	var pg *pgconn.PgError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &pg):
		return explainState(pg)
	case notProven(err) != nil: // before the network: of a name's addresses, another one may not answer at all
		return notProven(err)
	case notReached(err) != nil:
		return notReached(err)
	case errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("PostgreSQL does not answer in time: is it running, and is EVENTDROP_DATABASE_URL right? (%w)", err)
	}
	return err
}

// notProven explains why the server did not prove who it is; nil where that is not the fault.
func notProven(err error) error {
	if wrong, ok := errors.AsType[x509.HostnameError](err); ok {
		return fmt.Errorf("PostgreSQL's certificate is not for the host %s (%w): write the server's own name in EVENTDROP_DATABASE_URL", wrong.Host, wrong)
	}
	if unknown, ok := errors.AsType[x509.UnknownAuthorityError](err); ok {
		return fmt.Errorf("PostgreSQL's certificate is signed by nobody who is known here (%w): name the PEM file of its authority in EVENTDROP_DATABASE_CA, for Amazon RDS the bundle of its region", unknown)
	}
	if invalid, ok := errors.AsType[x509.CertificateInvalidError](err); ok {
		return fmt.Errorf("PostgreSQL's certificate is not valid (%w): renew it at the server, or correct the clock of this machine", invalid)
	}
	if err != nil && strings.Contains(err.Error(), "server refused TLS connection") { // pgconn has no type for it
		return errors.New("PostgreSQL speaks no TLS, so it cannot prove who it is: switch it on there (ssl = on), or, in a network that nobody else is in, " +
			"write sslmode=disable in EVENTDROP_DATABASE_URL and set EVENTDROP_DATABASE_UNVERIFIED=true")
	}
	return nil
}

// notReached explains why there is no connection; nil where that is not the fault. Any other connection that broke may be one to the store.
func notReached(err error) error {
	connecting, ok := errors.AsType[*pgconn.ConnectError](err)
	if !ok {
		return nil
	}
	if unknown, ok := errors.AsType[*net.DNSError](connecting); ok {
		return fmt.Errorf("PostgreSQL's host is not known (%w): is EVENTDROP_DATABASE_URL right?", unknown)
	}
	if network, ok := errors.AsType[*net.OpError](connecting); ok {
		return fmt.Errorf("PostgreSQL does not answer at %s (%w): is it running, and is EVENTDROP_DATABASE_URL right?", network.Addr, network.Err)
	}
	return nil
}

func explainState(pg *pgconn.PgError) error {
	steps := map[string]string{
		invalidPassword: "check user and password in EVENTDROP_DATABASE_URL",
		invalidAuth:     "check user, password and pg_hba.conf for EVENTDROP_DATABASE_URL",
		noDatabase:      "create the database or mend its name in EVENTDROP_DATABASE_URL",
		undefinedTable:  "run `eventdrop migrate`",
		insufficient:    "grant the role eventdrop_loader to this user",
		tooMany:         "lower EVENTDROP_DATABASE_CONNECTIONS or raise the server's max_connections",
	}
	if step, ok := steps[pg.Code]; ok {
		return fmt.Errorf("PostgreSQL: %s (%s): %s", pg.Message, pg.Code, step)
	}
	return fmt.Errorf("PostgreSQL: %s (%s)", pg.Message, pg.Code)
}
