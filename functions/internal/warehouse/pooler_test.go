package warehouse

import (
	"net/url"
	"testing"

	"eventdrop/functions/internal/dropzone"
)

// A pooler may give a session to another client after a transaction: a statement that stayed behind would be in its way.
func TestNoStatementStaysBehindWhereNoneIsPrepared(t *testing.T) {
	t.Parallel()
	direct := newHarness(t)
	address, err := url.Parse(direct.db.LoaderURL)
	if err != nil {
		t.Fatal(err)
	}
	query := address.Query()
	query.Set("default_query_exec_mode", "cache_describe")
	address.RawQuery = query.Encode()
	db := direct.db
	db.LoaderURL = address.String()
	h := newHarnessAt(t, db, nil)
	h.load(object("small.csv"), many(10))
	h.load(object("again.csv"), many(10)) // stale rows, whose keys are counted
	h.load(object("large.csv"), many(smallRows+1))
	h.record(object("failed.csv"), dropzone.Outcome{State: dropzone.Failed})
	conns := h.pool.AcquireAllIdle(t.Context())
	for _, conn := range conns {
		var left int
		if err := conn.QueryRow(t.Context(), "select count(*) from pg_prepared_statements where name <> ''").Scan(&left); err != nil {
			t.Error(err)
		}
		if left > 0 {
			t.Errorf("%d prepared statements were left behind", left)
		}
		conn.Release()
	}
	if len(conns) == 0 {
		t.Error("no connection was looked at")
	}
	direct.books()
}
