package warehouse

import (
	"context"
	"fmt"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"eventdrop/functions/internal/dropzone"
)

// atCommit ends the caller's context when COMMIT is about to be sent.
type atCommit struct{ end context.CancelFunc }

// TraceQueryStart is called before each statement.
func (a atCommit) TraceQueryStart(ctx context.Context, _ *pgx.Conn, query pgx.TraceQueryStartData) context.Context {
	if query.SQL == "commit" {
		a.end()
	}
	return ctx
}

// TraceQueryEnd does nothing.
func (atCommit) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

// A COMMIT that is cut off half way has an outcome that nobody knows.
func TestTheCallersEndDoesNotCutACommitOff(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	ctx, cancel := context.WithCancel(t.Context())
	traced := h.pool.Config()
	traced.ConnConfig.Tracer = atCommit{cancel}
	pool, err := pgxpool.NewWithConfig(t.Context(), traced)
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	w := *h.Warehouse
	w.pool = pool
	receipt, err := w.Load(ctx, h.run(object("a.csv"), header+view(id1, "u")))
	if err != nil || receipt.Inserted != 1 || ctx.Err() == nil {
		t.Errorf("receipt %+v, error %v, caller's end: %v", receipt, err, ctx.Err())
	}
	h.expect("1", "select count(*) from events")
	h.books()
}

// The connection is sound then, and yet nobody knows.
func TestACommitThatTakesTooLongIsTriedAgain(t *testing.T) {
	t.Parallel()
	if err := fmt.Errorf("%w: %w", dropzone.ErrCommitUnknown, context.DeadlineExceeded); !(*Warehouse)(nil).Transient(err) {
		t.Errorf("%v: not transient", err)
	}
}
