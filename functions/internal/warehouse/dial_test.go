package warehouse

import (
	"context"
	"net"
	"net/url"
	"path/filepath"
	"testing"
	"time"

	"eventdrop/functions/internal/pgtest"
)

// P19, R5: the failover of a server whose connections nobody ended.
func TestAConnectionThatFellSilentWhileIdleIsReplaced(t *testing.T) {
	t.Parallel()
	proxy, db := newCutter(t, pgtest.New(t))
	h := newHarnessAt(t, db, nil)
	h.load(object("a.csv"), many(10))
	proxy.hush()
	h.await("clock_timestamp() > $1::timestamptz + interval '1.1 s'", time.Now()) // what was idle for a second is asked whether it lives
	ctx, cancel := context.WithTimeout(t.Context(), 4*pingTime)
	defer cancel()
	began := time.Now()
	_, err := h.Load(ctx, h.run(object("b.csv"), many(10)))
	if took := time.Since(began); err != nil || took < pingTime {
		t.Errorf("after %s: %v; want success after %s", took, err, pingTime)
	}
	h.books()
}

// R2: a program that stops does not wait for a server that does not answer.
func TestCloseDoesNotWaitForASilentServer(t *testing.T) {
	t.Parallel()
	proxy, db := newCutter(t, pgtest.New(t))
	h := newHarnessAt(t, db, nil)
	conn, err := h.pool.Acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Release()
	proxy.hush()
	began := time.Now()
	h.Close()
	if took := time.Since(began); took < closeTime || took > 10*closeTime {
		t.Errorf("it took %s, want %s", took, closeTime)
	}
}

// The dialer serves what pgx can reach, not only TCP.
func TestAServerIsReachedByASocketOfThisMachine(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	address, err := url.Parse(db.LoaderURL)
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	listener, err := net.Listen("unix", filepath.Join(folder, ".s.PGSQL.5432"))
	if err != nil {
		t.Fatal(err)
	}
	newCutterAt(t, listener, address.Host)
	query := address.Query()
	query.Set("host", folder)
	query.Set("port", "5432")
	address.Host, address.RawQuery = "", query.Encode()
	db.LoaderURL = address.String()
	newHarnessAt(t, db, nil).load(object("a.csv"), many(10))
}
