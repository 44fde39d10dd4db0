package ingest

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"eventdrop/functions/internal/dropzone"
)

// conclude gives a run that loaded nothing its outcome, and has the ledger remember it.
func (p *Pipeline) conclude(ctx context.Context, run dropzone.Run, order Order, receipt dropzone.Receipt, err error) (dropzone.Receipt, error) {
	if err == nil {
		return receipt, nil
	}
	receipt.RunID, receipt.Object, receipt.Kind, receipt.DryRun = run.ID, run.Object, run.Kind, run.DryRun
	receipt.Contract, receipt.Revision = p.name(), p.Cleaner.Contract().Revision
	receipt.ObjectID, receipt.Books, receipt.Rejects, receipt.Repairs = 0, dropzone.Books{}, nil, nil
	receipt.TotalDuration = time.Since(run.Started)
	out, final := p.outcome(err)
	receipt.State, receipt.Reason, receipt.Hint, receipt.Detail = out.State, out.Reason, out.Hint, out.Detail
	if run.Kind == dropzone.Replay && (out.State == dropzone.Gone || out.State == dropzone.Superseded) {
		receipt.Reason, receipt.Hint = dropzone.SourceGone, sourceGone
		return receipt, nil // what the ledger knows of the object is as true as before
	}
	if errors.Is(err, dropzone.ErrBusy) || errors.Is(err, dropzone.ErrPaused) || ctx.Err() != nil && !order.noted {
		receipt.State = dropzone.Failed
		return receipt, err // handed back; nothing to remember
	}
	if ctx.Err() != nil { // the loader lives: the attempt that was noted must not count as its death
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(context.WithoutCancel(ctx), lastWords)
		defer cancel()
	}
	if !run.DryRun && identified(run.Object) {
		id, recordErr := untilCertain(ctx, p.Loader.Transient, func() (int64, error) { return p.Ledger.Record(ctx, run, out) })
		if out.State == dropzone.Parked && (errors.Is(recordErr, dropzone.ErrSuperseded) || errors.Is(recordErr, dropzone.ErrGone)) {
			return p.conclude(ctx, run, order, receipt, recordErr) // it was replaced meanwhile: no reason to park it
		}
		if recordErr != nil {
			receipt.State = dropzone.Failed
			return receipt, errors.Join(err, recordErr)
		}
		receipt.ObjectID = id
	}
	if final {
		return receipt, nil
	}
	return receipt, err
}

// lastWords is how long a stopped loader may take to say that it stopped.
const lastWords = 2 * time.Second

// identified reports whether the ledger can have a row for the object.
func identified(o dropzone.Object) bool { return o.ETag != "" || o.Versioned() }

// outcome sorts an error: final outcomes need no further try.
func (p *Pipeline) outcome(err error) (out dropzone.Outcome, final bool) {
	var unreadable *dropzone.UnreadableError
	switch {
	case errors.As(err, &unreadable):
		out = dropzone.Outcome{State: dropzone.Parked, Reason: unreadable.Reason, Hint: unreadable.Hint, Sample: unreadable.Sample}
		if unreadable.Err != nil {
			out.Detail = unreadable.Err.Error()
		}
		return out, true
	case errors.Is(err, dropzone.ErrSuperseded):
		return dropzone.Outcome{State: dropzone.Superseded, Detail: err.Error()}, true
	case errors.Is(err, dropzone.ErrGone):
		return dropzone.Outcome{State: dropzone.Gone, Detail: err.Error()}, true
	}
	return dropzone.Outcome{State: dropzone.Failed, Detail: err.Error(), Retry: p.retryDelay}, false
}

// retryDelay is exponential back-off with full jitter (Marc Brooker, "Exponential Backoff And
// Jitter", AWS Architecture Blog, 2015), capped so that an outage never parks a backlog for long.
func (p *Pipeline) retryDelay(attempts int) time.Duration {
	const first, longest = 2 * time.Second, 15 * time.Minute
	ceiling := longest
	if attempts < 10 {
		ceiling = min(longest, first<<attempts)
	}
	return p.Jitter(ceiling)
}

// log writes the one line per object.
func (p *Pipeline) log(ctx context.Context, r dropzone.Receipt, err error) {
	attrs := []slog.Attr{
		slog.String("object", r.Object.String()), slog.String("version_id", r.Object.VersionID), slog.String("etag", r.Object.ETag),
		slog.String("contract", p.name()),
		slog.String("state", string(r.State)), slog.Bool("already", r.Already), slog.String("run_id", r.RunID), slog.String("kind", string(r.Kind)),
		slog.Int64("rows_read", r.RowsRead), slog.Int64("inserted", r.Inserted), slog.Int64("updated", r.Updated),
		slog.Int64("stale", r.Stale), slog.Int64("duplicate", r.Duplicate), slog.Int64("rejected", r.Rejected),
		slog.Duration("total", r.TotalDuration),
	}
	if r.Held {
		attrs = append(attrs, slog.Bool("held", true))
	}
	if r.Reason != "" {
		attrs = append(attrs, slog.String("reason", string(r.Reason)))
	}
	if r.Hint != "" {
		attrs = append(attrs, slog.String("hint", r.Hint))
	}
	if err != nil {
		attrs = append(attrs, slog.String("error", err.Error()))
	}
	p.Log.LogAttrs(ctx, level(r, err), "object handled", attrs...)
}

// level is a warning where a person may want to look.
func level(r dropzone.Receipt, err error) slog.Level {
	switch {
	case err == nil && r.Already:
		return slog.LevelDebug
	case err == nil && r.Held:
		return slog.LevelInfo
	case err != nil, r.State != dropzone.Loaded, r.Hint != "":
		return slog.LevelWarn
	}
	return slog.LevelInfo
}
