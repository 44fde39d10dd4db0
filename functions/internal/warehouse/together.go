package warehouse

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"eventdrop/functions/internal/dropzone"
)

// errOneByOne says that an object cannot be loaded together with others.
var errOneByOne = errors.New("to be loaded by itself")

// LoadTogether is Load for several small objects of buckets with versions, in as few transactions as their size allows, with one
// merge each: a backlog drains faster so. Each object has a receipt of its own, and a nil error if it was loaded. All others
// left no trace, whatever their error is, and must be loaded one by one.
func (w *Warehouse) LoadTogether(ctx context.Context, runs []dropzone.Run) ([]dropzone.Receipt, []error) {
	receipts, errs := make([]dropzone.Receipt, len(runs)), make([]error, len(runs))
	t := together{w: w}
	send := func() {
		if len(t.loads) > 0 {
			t.fail(t.load(ctx))
		}
		for _, l := range t.all {
			receipts[l.place], errs[l.place] = l.receipt, l.err
		}
		t = together{w: w}
	}
	for i, run := range runs {
		l := w.newTogetherLoad(i, run)
		if l.err != nil {
			errs[i] = l.err
			continue
		}
		if !t.takes(l) {
			send()
		}
		t.add(l)
	}
	send()
	return receipts, errs
}

// togetherLoad is one of the objects.
type togetherLoad struct {
	*load

	place int // among the runs
	err   error
}

// newTogetherLoad reads an object, before a transaction is open.
func (w *Warehouse) newTogetherLoad(place int, run dropzone.Run) *togetherLoad {
	l := &togetherLoad{load: w.newLoad(run), place: place}
	l.numberVersion()
	if l.err = l.rows.readHead(); l.err == nil && !l.rows.complete {
		l.err = errOneByOne
	}
	return l
}

func (l *togetherLoad) size() int { return len(l.rows.encoded) + l.rows.rejects.bytes }

// togetherWait is how long a claim waits for a twin: not for long, as the others wait with it.
const togetherWait = 200 * time.Millisecond

// together are objects for one transaction.
type together struct {
	w      *Warehouse
	all    []*togetherLoad
	loads  []*togetherLoad // those that are not settled, in the order of their identity
	events int64
	size   int
}

// takes reports whether there is room: the bounds are those of one small object.
func (t *together) takes(l *togetherLoad) bool {
	return len(t.all) == 0 || t.events+l.rows.events <= smallRows && t.size+l.size() <= smallBytes
}

func (t *together) add(l *togetherLoad) {
	t.all, t.loads = append(t.all, l), append(t.loads, l)
	t.events, t.size = t.events+l.rows.events, t.size+l.size()
}

func byIdentity(a, b dropzone.Object) int {
	return cmp.Or(strings.Compare(a.Bucket, b.Bucket), strings.Compare(a.Key, b.Key), strings.Compare(a.VersionID, b.VersionID), strings.Compare(a.ETag, b.ETag))
}

// fail gives an error to all that would have been loaded.
func (t *together) fail(err error) {
	for _, l := range t.loads {
		l.err = err
	}
}

func (t *together) load(ctx context.Context) error {
	conn, err := t.w.pool.Acquire(ctx)
	if err != nil {
		return fmt.Errorf("connect to PostgreSQL: %w", err)
	}
	defer conn.Release()
	tx, err := conn.Begin(ctx)
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	defer rollback(ctx, tx)
	if err := t.claim(ctx, tx); err != nil {
		return fmt.Errorf("claim: %w", busy(err))
	}
	loads := make([]*load, len(t.loads))
	for i, l := range t.loads {
		loads[i] = l.load
	}
	if err := t.w.mergeArrays(ctx, tx, loads); err != nil {
		return err
	}
	if err := t.writeBooks(ctx, tx, loads); err != nil {
		return fmt.Errorf("write the books: %w", err)
	}
	err = commit(ctx, tx)
	for _, l := range t.loads {
		l.receipt.TotalDuration = time.Since(l.run.Started)
	}
	return err
}

// claim leaves out what is settled already: a load of its own says how.
func (t *together) claim(ctx context.Context, tx pgx.Tx) error {
	slices.SortFunc(t.loads, func(a, b *togetherLoad) int { return byIdentity(a.run.Object, b.run.Object) }) // so that claims cannot deadlock
	batch, settled := &pgx.Batch{}, make([]bool, len(t.loads))
	t.w.queueLimits(ctx, batch, togetherWait)
	for i, l := range t.loads {
		l.queueClaim(batch, &settled[i])
	}
	t.w.queueLimits(ctx, batch, mergeWait)
	if err := tx.SendBatch(ctx, batch).Close(); err != nil {
		return err //nolint:wrapcheck // load does
	}
	for i, l := range t.loads {
		if settled[i] {
			l.err = errOneByOne
		}
	}
	t.loads = slices.DeleteFunc(t.loads, func(l *togetherLoad) bool { return l.err != nil })
	return nil
}

func (t *together) writeBooks(ctx context.Context, tx pgx.Tx, loads []*load) error {
	batch := &pgx.Batch{}
	for _, l := range loads {
		l.queueRejects(batch)
		l.queueBooks(batch)
	}
	t.w.queueDrift(batch, loads)
	return tx.SendBatch(ctx, batch).Close() //nolint:wrapcheck // load does
}
