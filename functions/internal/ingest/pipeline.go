// Package ingest is the pipeline: an object of the bucket becomes rows, rejects and a receipt.
//
// Start reading at [Pipeline.Handle], then Pipeline.load: the way of the data is those two functions.
package ingest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"runtime/debug"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"eventdrop/functions/internal/clean"
	"eventdrop/functions/internal/csvfile"
	"eventdrop/functions/internal/dropzone"
)

// Source is the object store.
type Source interface {
	// Open returns the object's bytes, pinned to its version or ETag, and what the store says of
	// it. Its errors are dropzone.ErrSuperseded, dropzone.ErrGone, or passing faults.
	Open(ctx context.Context, o dropzone.Object) (dropzone.Object, io.ReadCloser, error)
	// Stat looks up what the object's key holds now.
	Stat(ctx context.Context, o dropzone.Object) (dropzone.Object, error)
	// VersionRank orders versions of one key that were stored in the same second. It takes a listing.
	VersionRank(ctx context.Context, o dropzone.Object) (int32, error)
}

// Loader takes a run's rows through one transaction.
type Loader interface {
	Load(ctx context.Context, run dropzone.Run) (dropzone.Receipt, error)
	// LoadTogether takes several runs through one transaction; those with an error left no trace, and must be loaded by themselves.
	LoadTogether(ctx context.Context, runs []dropzone.Run) ([]dropzone.Receipt, []error)
	// Redrive does so with rows that are in quarantine.
	Redrive(ctx context.Context, run dropzone.RedriveRun) (dropzone.Receipt, error)
	// Transient reports whether an error of either is worth another try at once.
	Transient(err error) bool
}

// Ledger knows what became of objects.
type Ledger interface {
	// Look tells what is known of a version before it is opened.
	Look(ctx context.Context, o dropzone.Object) (dropzone.Standing, error)
	// HoldNotice counts a notice that a pause holds back; false: there is no pause any more.
	HoldNotice(ctx context.Context) (held bool, err error)
	// NothingSettled reports whether none of the versions is settled, and there is no pause.
	NothingSettled(ctx context.Context, objects []dropzone.Object) (bool, error)
	// Died tells how many attempts of each object ended without any outcome: their loaders died.
	Died(ctx context.Context, objects []dropzone.Object) ([]int, error)
	// Held tells, without waiting, whether another loader has claimed a failed object.
	Held(ctx context.Context, o dropzone.Object) (bool, error)
	// NoteAttempt counts that an object is about to be read: a loader that dies leaves the count behind.
	NoteAttempt(ctx context.Context, o dropzone.Object) error
	NoteAttempts(ctx context.Context, objects []dropzone.Object) error
	Record(ctx context.Context, run dropzone.Run, out dropzone.Outcome) (objectID int64, err error)
	Supersede(ctx context.Context, asked dropzone.Object) error
}

// Limits bounds what an object may cost.
type Limits struct {
	// ObjectBytes is the largest object that is read, as stored; 0 means no limit.
	ObjectBytes int64
	// RawBytes is how much of a rejected record is kept.
	RawBytes int
	CSV      csvfile.Limits
}

// Scope is what the pipeline may touch: notices about anything else are ignored.
type Scope struct {
	Bucket string
	Prefix string
}

// Pipeline loads objects under one contract. It is safe for concurrent use.
type Pipeline struct {
	Source  Source
	Loader  Loader
	Ledger  Ledger
	Cleaner *clean.Cleaner
	Scope   Scope
	Limits  Limits
	Log     *slog.Logger
	// Jitter returns a random duration below its argument.
	Jitter func(time.Duration) time.Duration
	// Apart is one for all pipelines of a process: it is the process that a suspect kills.
	Apart *Apart
}

// Accepts reports whether an object lies in the scope and is served by the contract.
func (p *Pipeline) Accepts(o dropzone.Object) bool {
	return o.Bucket == p.Scope.Bucket && strings.HasPrefix(o.Key, p.Scope.Prefix) && p.Cleaner.Contract().Serves(o.Key) &&
		storable(o.Key) && storable(o.VersionID) && storable(o.ETag)
}

// storable reports whether the ledger can hold a name. No object has one that it cannot: only forged
// and damaged notices do, and they would be tried for ever.
func storable(name string) bool {
	const longest = 1024 // "Naming Amazon S3 objects", Amazon S3 User Guide
	return len(name) <= longest && utf8.ValidString(name) && !strings.Contains(name, "\x00")
}

// Order says what to do with an object.
type Order struct {
	Object dropzone.Object
	Kind   dropzone.Kind // empty means dropzone.Load
	DryRun bool
	// Again marks an object that was tried before or was found without a notice: its attempt is
	// noted before it is read, because it may be the one that kills its loader.
	Again bool
	// ByHand marks what a person asked for: a pause does not hold it back.
	ByHand bool
	// Contract names the contract to load a file of this machine under; see [Router.For].
	Contract string

	noted bool   // the attempt is noted: once, however often it is repeated at once
	leave func() // gives the place up that [Pipeline.enter] took; nil: it took none
}

// Handle runs one object from the bucket to its receipt. A nil error means that the object needs
// nothing more for now: it is loaded, parked, superseded or gone, and the ledger says so, or a pause holds
// its notice back. With an error it must be asked for again; unless it was busy, a pause holds it back
// (dropzone.ErrPaused), or the context ended, the ledger knows when.
func (p *Pipeline) Handle(ctx context.Context, order Order) (dropzone.Receipt, error) {
	run := newRun(order)
	return p.handle(ctx, &run, &order)
}

func newRun(order Order) dropzone.Run {
	return dropzone.Run{
		ID: uuid.NewString(), Kind: cmp.Or(order.Kind, dropzone.Load), Object: order.Object, DryRun: order.DryRun, Started: time.Now(),
	}
}

func (p *Pipeline) handle(ctx context.Context, run *dropzone.Run, order *Order) (dropzone.Receipt, error) {
	receipt, err := p.settledOrLoaded(ctx, run, order)
	receipt, err = p.conclude(ctx, *run, *order, receipt, err)
	if order.leave != nil {
		order.leave()
	}
	p.log(ctx, receipt, err)
	return receipt, err
}

func (p *Pipeline) settledOrLoaded(ctx context.Context, run *dropzone.Run, order *Order) (dropzone.Receipt, error) {
	// One that was noted was looked at with others. It may even be loaded: then the claim finds its own receipt.
	looked := run.Kind != dropzone.Load || order.Object.Local() || order.noted
	return untilCertain(ctx, p.Loader.Transient, func() (dropzone.Receipt, error) {
		if !looked {
			if receipt, done, err := p.look(ctx, run, order); done || err != nil {
				return receipt, err
			}
			looked = true
		}
		receipt, err := p.load(ctx, run, order)
		if errors.Is(err, dropzone.ErrStage) {
			run.Staged = true
			receipt, err = p.load(ctx, run, order)
		}
		return receipt, err
	})
}

// load is the way of the data: open, decode, clean, and all in one transaction.
func (p *Pipeline) load(ctx context.Context, run *dropzone.Run, order *Order) (receipt dropzone.Receipt, err error) {
	defer caught(&err)
	object, body, err := p.open(ctx, order.Object)
	if err != nil {
		return dropzone.Receipt{}, err
	}
	defer body.Close()
	if order.Kind == dropzone.Redrive && object.VersionID != order.Object.VersionID {
		return dropzone.Receipt{}, dropzone.ErrSuperseded // versioning was switched on, and this is another drop
	}
	run.Object = object
	if !object.Versioned() && !object.Local() {
		run.Current = func(ctx context.Context) (dropzone.Object, error) { return p.Source.Stat(ctx, object) }
	}
	if err := p.admit(ctx, object, order); err != nil {
		return dropzone.Receipt{}, err
	}
	if err := p.enter(ctx, object, order); err != nil {
		return dropzone.Receipt{}, err
	}
	if err := p.read(run, body); err != nil {
		return dropzone.Receipt{}, err
	}
	return p.Loader.Load(ctx, *run)
}

// read gives a run the rows of its object.
func (p *Pipeline) read(run *dropzone.Run, body io.Reader) error {
	records, err := csvfile.NewReader(body, csvfile.Options{
		Known: p.Cleaner.Known, Header: p.Cleaner.Contract().Header, Limits: p.Limits.CSV,
		FinalNewlineOptional: p.Cleaner.Contract().FinalNewline == "optional",
	})
	if err != nil {
		return err
	}
	rows, err := p.Cleaner.Rows(run.Object, records, p.Limits.RawBytes)
	if err != nil {
		return err
	}
	run.Rows = rows
	run.Dialect = func() dropzone.Dialect {
		dialect := records.Dialect()
		dialect.Unknown, dialect.Absent = rows.Unknown(), rows.Absent()
		return dialect
	}
	return nil
}

// caught makes an error of a panic: a loader outlives an object that is too much for it.
func caught(err *error) {
	if fault := recover(); fault != nil {
		*err = fmt.Errorf("panic: %v\n%s", fault, debug.Stack())
	}
}

// open opens the object at exactly the bytes that were asked for, or at what the key holds now. Its rank follows from a precise
// last-modified, or is listed: beside the GET where the version is known before, because a listing takes as long as a GET, or
// longer. A precise last-modified does not tell that another version has the same millisecond: the next reconcile sees that.
func (p *Pipeline) open(ctx context.Context, asked dropzone.Object) (dropzone.Object, io.ReadCloser, error) {
	rank := sync.OnceValues(func() (rank int32, err error) {
		defer caught(&err)
		return p.Source.VersionRank(ctx, asked)
	})
	precise := !asked.PreciseModified.IsZero()
	if asked.Versioned() && !asked.Ranked && !precise {
		go func() { _, _ = rank() }()
		defer func() { _, _ = rank() }() // nothing is left behind
	}
	object, body, err := p.Source.Open(ctx, asked)
	if err != nil {
		return asked, nil, err
	}
	if !asked.Local() && object.Key != asked.Key && !p.Accepts(object) { // the raw key of the notice names something else
		return asked, nil, errors.Join(dropzone.ErrGone, body.Close())
	}
	same := object.Key == asked.Key && object.VersionID == asked.VersionID
	switch {
	case !object.Versioned():
	case same && asked.Ranked:
		object.VersionRank = asked.VersionRank
	case same && precise && asked.PreciseModified.Truncate(time.Second).Equal(object.LastModified):
		object.VersionRank = dropzone.RankWithinSecond(asked.PreciseModified, 0)
	case same:
		object.VersionRank, err = rank()
	default:
		object.VersionRank, err = p.Source.VersionRank(ctx, object)
	}
	if err != nil {
		return object, nil, errors.Join(err, body.Close())
	}
	return object, body, nil
}

// admit judges an object by what the store says of it, before it is read.
func (p *Pipeline) admit(ctx context.Context, o dropzone.Object, order *Order) error {
	if limit := p.Limits.ObjectBytes; limit > 0 && o.Size > limit {
		return &dropzone.UnreadableError{
			Reason: dropzone.TooLarge,
			Hint:   fmt.Sprintf("the object has %d bytes, the limit is %d: split it, or raise EVENTDROP_MAX_OBJECT_BYTES and replay it", o.Size, limit),
		}
	}
	if order.DryRun {
		return nil
	}
	if asked := order.Object; identified(asked) && (asked.VersionID != o.VersionID || asked.ETag != o.ETag) {
		if err := p.Ledger.Supersede(ctx, asked); err != nil {
			return err
		}
	}
	return nil
}
