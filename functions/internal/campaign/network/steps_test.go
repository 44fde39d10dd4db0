package network

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"

	"eventdrop/functions/internal/dropzone"
	"eventdrop/functions/internal/ingest"
)

// step is something that the pipeline does in a transaction, whose COMMIT can be cut.
type step struct {
	name string
	pass int // COMMITs of the same order before the one to cut
	want dropzone.State
	// outcome tells that what is cut records an outcome, in a transaction that is not repeated at once.
	outcome bool
	key     string // beginning of the object's key
	body    func(object int) string
	// before is done before a COMMIT is cut, do is what is cut.
	before, do func(ctx context.Context, r *route, o dropzone.Object) (dropzone.Receipt, error)
	// read and rejected are what the receipt must say.
	read, rejected int64
	// receipts are the kinds of receipts that the object has at the end.
	receipts []dropzone.Kind
}

const (
	few      = 2     // sound records of a small object
	tooMany  = 5_000 // records from which on an object streams
	smallAll = few + 2
)

// steps are those of a bucket with versions or without. Where there are versions, the note of an attempt is one message, which has no COMMIT
// of its own.
func steps(versioned bool) []step {
	loaded, parked := dropzone.Loaded, dropzone.Parked
	one, two := []dropzone.Kind{dropzone.Load}, []dropzone.Kind{dropzone.Load, dropzone.Replay}
	all := []step{
		{name: "load", want: loaded, body: small, do: load, read: smallAll, rejected: 1, receipts: one},
		{name: "large load", want: loaded, body: large, do: load, read: tooMany + 2, rejected: 1, receipts: one},
		{name: "load after a noted attempt", want: loaded, body: small, do: again, read: smallAll, rejected: 1, receipts: one},
		{name: "replay", want: loaded, body: small, before: load, do: replay, read: smallAll, rejected: 1, receipts: two},
		{
			name: "redrive", want: loaded, body: refused, before: load, do: redrive, read: 2, rejected: 1,
			receipts: []dropzone.Kind{dropzone.Load, dropzone.Redrive},
		},
		{name: "outcome parked", outcome: true, want: parked, body: foreign, do: load, receipts: one},
		{name: "outcome failed", outcome: true, want: loaded, body: small, key: moodyKey, do: load, read: smallAll, rejected: 1, receipts: one},
		{name: "outcome gone", outcome: true, want: dropzone.Gone, body: small, before: load, do: missing, receipts: one},
	}
	if versioned {
		all = append(all, step{
			name: "load together", want: loaded, body: small, before: sibling, do: together, read: smallAll, rejected: 1,
			receipts: []dropzone.Kind{dropzone.Load, dropzone.Load},
		})
	} else {
		note := all[2]
		note.name, all[2].pass = "note of an attempt", 1
		all = append(all, note)
	}
	return all
}

func small(object int) string   { return header + rows(object, few) + nonsense }
func refused(object int) string { return small(object) + teleported(object) }
func foreign(int) string        { return "colour;shape\nred;round\n" } // no known column: unreadable

// large shares its records with every fourth large object: so the table stays small.
func large(object int) string { return header + rows(1_000_000_000+object%4, tooMany) + nonsense }

func load(ctx context.Context, r *route, o dropzone.Object) (dropzone.Receipt, error) {
	return r.strict.Handle(ctx, ingest.Order{Object: o})
}

func again(ctx context.Context, r *route, o dropzone.Object) (dropzone.Receipt, error) {
	return r.strict.Handle(ctx, ingest.Order{Object: o, Again: true})
}

// sibling stores another object beside one.
func sibling(ctx context.Context, r *route, o dropzone.Object) (dropzone.Receipt, error) {
	_, err := r.put(ctx, o.Key+".sibling.csv", small(0))
	return dropzone.Receipt{}, err
}

// together loads an object and its sibling.
func together(ctx context.Context, r *route, o dropzone.Object) (dropzone.Receipt, error) {
	other, err := r.world.Parts.Store.Stat(ctx, dropzone.Object{Bucket: o.Bucket, Key: o.Key + ".sibling.csv"})
	if err != nil {
		return dropzone.Receipt{}, err
	}
	receipts, errs := r.strict.HandleTogether(ctx, ingest.Orders([]dropzone.Object{o, other}, true))
	return receipts[0], errors.Join(errs...)
}

func replay(ctx context.Context, r *route, o dropzone.Object) (dropzone.Receipt, error) {
	return r.strict.Handle(ctx, ingest.Order{Object: o, Kind: dropzone.Replay})
}

func redrive(ctx context.Context, r *route, o dropzone.Object) (dropzone.Receipt, error) {
	var number int64
	const sql = "select object_id from objects where bucket = $1 and key = $2"
	if err := r.world.DB.Pool.QueryRow(ctx, sql, o.Bucket, o.Key).Scan(&number); err != nil {
		return dropzone.Receipt{}, fmt.Errorf("look up the object: %w", err)
	}
	return r.relaxed.Redrive(ctx, ingest.Redrive{ObjectID: number})
}

// missing asks for an object that is not there.
func missing(ctx context.Context, r *route, o dropzone.Object) (dropzone.Receipt, error) {
	o.Key += ".missing.csv"
	if o.Versioned() {
		o.VersionID = uuid.NewSHA1(uuid.NameSpaceOID, []byte(o.Key)).String()
	}
	return r.strict.Handle(ctx, ingest.Order{Object: o})
}
