package ingest

import (
	"context"
	"errors"
	"io/fs"
	"time"

	"github.com/google/uuid"

	"eventdrop/functions/internal/dropzone"
)

// Redrive says which quarantined rows of one object to run again.
type Redrive struct {
	// ObjectID is the object's number in the ledger.
	ObjectID int64
	// Contract is the name of the one under which the object was loaded.
	Contract string
	Filter   dropzone.Filter
	DryRun   bool
}

// Redrive runs quarantined rows of one loaded object through today's contract: what passes is merged with its
// original recency and resolved, what fails again keeps its place. It changes nothing where no row is
// left that the filter selects: the receipt then comes back with Already set.
//
// Where rows cannot be run one by one, the whole object is run again from the same bytes. If the store
// has them no more, the receipt says source_gone, and nothing was changed. A nil error means that
// the object needs nothing more; after any other error it may be tried again.
func (p *Pipeline) Redrive(ctx context.Context, r Redrive) (dropzone.Receipt, error) {
	var drop dropzone.Drop
	run := dropzone.RedriveRun{ID: uuid.NewString(), ObjectID: r.ObjectID, Filter: r.Filter, DryRun: r.DryRun, Started: time.Now()}
	run.Rows = func(d dropzone.Drop, next func() (dropzone.Quarantined, error)) (dropzone.Rows, error) {
		drop = d
		return p.rowsAgain(d, next)
	}
	receipt, err := untilCertain(ctx, p.Loader.Transient, func() (dropzone.Receipt, error) { return p.Loader.Redrive(ctx, run) })
	if errors.Is(err, errWholeObject) {
		receipt, err = p.redriveWhole(ctx, run, drop)
	}
	if err != nil {
		receipt, err = p.concludeRedrive(run, drop, err)
	}
	p.log(ctx, receipt, err)
	return receipt, err
}

// redriveWhole runs the whole object again, from the bytes of this very drop or not at all.
func (p *Pipeline) redriveWhole(ctx context.Context, r dropzone.RedriveRun, drop dropzone.Drop) (dropzone.Receipt, error) {
	run := dropzone.Run{ID: r.ID, Kind: dropzone.Redrive, Object: drop.Object, Drop: drop.Number, DryRun: r.DryRun, Started: r.Started}
	order := Order{Object: drop.Object, Kind: dropzone.Redrive, DryRun: r.DryRun}
	return untilCertain(ctx, p.Loader.Transient, func() (dropzone.Receipt, error) { return p.load(ctx, &run, &order) })
}

// concludeRedrive says how a redrive ended that changed nothing. The ledger does not hear of it: the object is
// loaded, and stays so.
func (p *Pipeline) concludeRedrive(run dropzone.RedriveRun, drop dropzone.Drop, err error) (dropzone.Receipt, error) {
	out, final := p.outcome(err)
	receipt := dropzone.Receipt{
		RunID: run.ID, ObjectID: run.ObjectID, Object: drop.Object, Kind: dropzone.Redrive, DryRun: run.DryRun,
		State: out.State, Reason: out.Reason, Hint: out.Hint, Detail: out.Detail, TotalDuration: time.Since(run.Started),
	}
	if bytesGone(err) {
		receipt.State, receipt.Reason, receipt.Hint = dropzone.Gone, dropzone.SourceGone, sourceGone
		return receipt, nil
	}
	if final {
		return receipt, nil
	}
	return receipt, err
}

// sourceGone is the next step where an object's bytes are needed once more.
const sourceGone = "the object has to be read again, and the store has its bytes no more: the ledger and the tables are as they were; " +
	"put the rows into a new object"

// bytesGone reports whether an object cannot be read again, be it of the store or of this machine.
func bytesGone(err error) bool {
	return errors.Is(err, dropzone.ErrGone) || errors.Is(err, dropzone.ErrSuperseded) || errors.Is(err, fs.ErrNotExist)
}
