package warehouse

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"eventdrop/functions/internal/dropzone"
)

func TestOnlyPassingFaultsAreTriedAgainAtOnce(t *testing.T) {
	t.Parallel()
	state := func(code string) error { return fmt.Errorf("merge: %w", &pgconn.PgError{Code: code}) }
	for _, test := range []struct {
		err  error
		want bool
	}{
		{state("40P01"), true},  // P4
		{state("40001"), true},  // P5
		{state("57P01"), true},  // P2
		{state("57P03"), true},  // P1
		{state("08006"), true},  //
		{state("55P03"), false}, // P6: back off, later
		{state("57014"), false}, // P7
		{state("53100"), false}, // P8
		{state("23514"), false}, // P9
		{state("53300"), false}, // P10
		{fmt.Errorf("%w: %w", dropzone.ErrCommitUnknown, io.EOF), true}, // P11
		{fmt.Errorf("commit: %w", pgx.ErrTxCommitRollback), false},      // P12
		{fmt.Errorf("copy: %w", io.ErrUnexpectedEOF), true},
		{&net.OpError{Op: "read", Err: errors.New("reset")}, true},
		{&fs.PathError{Op: "open", Err: fs.ErrNotExist}, false},
		{&dropzone.UnreadableError{Err: io.ErrUnexpectedEOF}, false},
		{dropzone.ErrGone, false},
		{dropzone.ErrSuperseded, false},
		{dropzone.ErrBusy, false},
		{context.Canceled, false},
		{errors.New("panic: index out of range"), false},
	} {
		if got := (*Warehouse)(nil).Transient(test.err); got != test.want {
			t.Errorf("%v: transient %t", test.err, got)
		}
	}
}

// S4, P9: the server's detail quotes the row.
func TestExplainedErrorsCarryNoRowContent(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]string{"28P01": "password", "42P01": "eventdrop migrate", "23514": "constraint broken"} {
		err := Explain(fmt.Errorf("merge: %w", &pgconn.PgError{Code: code, Message: "constraint broken", Detail: "Failing row contains (canary)"}))
		if !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "canary") {
			t.Errorf("%s: %v", code, err)
		}
	}
	if Explain(nil) != nil {
		t.Error("no error is explained")
	}
}

// What broke between here and somebody else's server is no fault of PostgreSQL.
func TestOnlyFaultsOfPostgreSQLAreExplainedAsItsOwn(t *testing.T) {
	t.Parallel()
	config, err := pgconn.ParseConfig("postgres://u:canary@db.invalid/db?sslmode=disable")
	if err != nil {
		t.Fatal(err)
	}
	config.LookupFunc = func(context.Context, string) ([]string, error) {
		return nil, &net.DNSError{Err: "no such host", Name: "db.invalid", IsNotFound: true}
	}
	_, err = pgconn.ConnectConfig(t.Context(), config)
	if explained := Explain(fmt.Errorf("begin: %w", err)).Error(); !strings.Contains(explained, "PostgreSQL's host is not known") ||
		!strings.Contains(explained, "db.invalid") || !strings.Contains(explained, "EVENTDROP_DATABASE_URL") || strings.Contains(explained, "canary") {
		t.Errorf("an unknown host: %s", explained)
	}
	broken := fmt.Errorf(`read "s3://b/k" at byte 5 of 10: %w`, &net.OpError{Op: "read", Net: "tcp", Err: errors.New("connection reset by peer")})
	if explained := Explain(broken).Error(); explained != broken.Error() {
		t.Errorf("a connection to the store: %s", explained)
	}
}
