package ingest

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"eventdrop/functions/internal/dropzone"
)

// conclude gives a run that loaded nothing its outcome, and has the ledger remember it.
func (p *Pipeline) conclude(ctx context.Context, run dropzone.Run, receipt dropzone.Receipt, err error) (dropzone.Receipt, error) {
	if err == nil {
		return receipt, nil
	}
	receipt.RunID, receipt.Object, receipt.Kind, receipt.DryRun = run.ID, run.Object, run.Kind, run.DryRun
	receipt.Books, receipt.Rejects, receipt.Repairs = dropzone.Books{}, nil, nil
	receipt.TotalDuration = time.Since(run.Started)
	out, final := p.outcome(err)
	receipt.State, receipt.Reason, receipt.Hint, receipt.Detail = out.State, out.Reason, out.Hint, out.Detail
	if errors.Is(err, dropzone.ErrBusy) || ctx.Err() != nil {
		receipt.State = dropzone.Failed
		return receipt, err // handed back; nothing to remember
	}
	if !run.DryRun && identified(run.Object) {
		id, recordErr := p.Ledger.Record(ctx, run, out)
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
	level, message := slog.LevelInfo, "object "+string(r.State)
	switch {
	case err != nil:
		level, message = slog.LevelWarn, "object not loaded"
	case r.Already:
		level, message = slog.LevelDebug, "object already settled"
	case r.State != dropzone.Loaded:
		level = slog.LevelWarn
	}
	attrs := []slog.Attr{
		slog.String("object", r.Object.String()), slog.String("version_id", r.Object.VersionID), slog.String("etag", r.Object.ETag),
		slog.String("state", string(r.State)), slog.String("run_id", r.RunID), slog.String("kind", string(r.Kind)),
		slog.Int64("rows_read", r.RowsRead), slog.Int64("inserted", r.Inserted), slog.Int64("updated", r.Updated),
		slog.Int64("stale", r.Stale), slog.Int64("duplicate", r.Duplicate), slog.Int64("rejected", r.Rejected),
		slog.Duration("total", r.TotalDuration),
	}
	if r.Reason != "" {
		attrs = append(attrs, slog.String("reason", string(r.Reason)), slog.String("hint", r.Hint))
	}
	if err != nil {
		attrs = append(attrs, slog.String("error", err.Error()))
	}
	p.Log.LogAttrs(ctx, level, message, attrs...)
}
