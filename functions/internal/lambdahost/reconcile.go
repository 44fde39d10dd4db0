package lambdahost

import (
	"context"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"slices"
	"time"

	"eventdrop/functions/internal/dropzone"
	"eventdrop/functions/internal/ingest"
	"eventdrop/functions/internal/reconcile"
	"eventdrop/functions/internal/telemetry"
	"eventdrop/functions/internal/warehouse"
	"eventdrop/functions/internal/wiring"
)

// sliceReport is what one invocation of reconcile found and did.
type sliceReport struct {
	Paused  bool   `json:"paused"`
	Listed  int64  `json:"listed"`
	Missing int64  `json:"missed_notices"`
	Due     int64  `json:"due"`
	Loaded  int64  `json:"loaded"`
	Failed  int64  `json:"failed"`
	Through string `json:"through"` // the next slice goes on after this key; empty: from the front
	Done    bool   `json:"done"`    // this slice ended a pass over the bucket
}

// Reconcile retries what is due, and goes on with the pass over the bucket where the last invocation stopped; it stops before its
// time is over. A pass that is done is followed by another one, from the front, so that nothing is left out for ever.
func (h *Host) Reconcile(ctx context.Context, _ json.RawMessage) (any, error) {
	meter, flush := h.meter(ctx)
	defer flush()
	parts, err := h.ready(ctx)
	if err != nil {
		return nil, err
	}
	s := &slice{Parts: parts, meter: meter, passFirst: rand.IntN(2) == 0} //nolint:gosec // fairness needs no secrecy
	if err := s.run(ctx); err != nil {
		return nil, &ReconcileError{Err: err}
	}
	s.count()
	h.log.InfoContext(ctx, "reconciled", "listed", s.report.Listed, "missed_notices", s.report.Missing, "due", s.report.Due,
		"loaded", s.report.Loaded, "failed", s.report.Failed, "through", s.report.Through, "done", s.report.Done, "paused", s.report.Paused)
	return s.report, nil
}

// slice is the work of one invocation.
type slice struct {
	*wiring.Parts

	meter *telemetry.Meter
	// passFirst is drawn by lot. Retries may need all of a slice, however many in a row, and so may the pass: each comes first in half of the
	// slices. Turns would have to be remembered, also by a slice that dies.
	passFirst bool
	report    sliceReport
}

func (s *slice) run(ctx context.Context) error {
	pause, err := s.Warehouse.Paused(ctx)
	if pause != nil || err != nil {
		s.report.Paused = pause != nil
		return s.unlessStopped(ctx, err)
	}
	half, cancel := firstHalf(ctx)
	defer cancel()
	if s.passFirst {
		return errors.Join(s.pass(ctx), s.retryDue(ctx, half))
	}
	return errors.Join(s.retryDue(ctx, half), s.pass(ctx))
}

// firstHalf ends when half of the time is over.
func firstHalf(ctx context.Context) (context.Context, context.CancelFunc) {
	deadline, ok := ctx.Deadline()
	if !ok {
		return ctx, func() {}
	}
	return context.WithDeadline(ctx, deadline.Add(-time.Until(deadline)/2))
}

// retryDue begins retries in the first half of the time: behind it a large object has too little. A load that has begun has all
// the time of the slice.
func (s *slice) retryDue(ctx, half context.Context) error {
	load := func(_ context.Context, objects []dropzone.Object) []error { return s.load(ctx, objects) }
	report, err := s.Reconciler(s.Pipeline.Accepts, load).RetryDue(half)
	s.add(report)
	return s.unlessStopped(half, err)
}

// pass goes on with the pass over the bucket.
func (s *slice) pass(ctx context.Context) error {
	at, err := s.Warehouse.ReconcilePosition(ctx, s.Config.S3Bucket, s.Config.S3Prefix)
	if err != nil {
		return s.unlessStopped(ctx, err) // the time may be over already
	}
	found, err := s.loadMissing(ctx, at.After)
	if s.report.Done = err == nil && ctx.Err() == nil; !s.report.Done {
		s.report.Through = goOn(at.After, found)
	}
	return errors.Join(s.unlessStopped(ctx, err), s.keep(ctx, at, found))
}

func (s *slice) loadMissing(ctx context.Context, after string) (reconcile.Report, error) {
	r := s.Reconciler(s.accepts(time.Now()), s.load)
	r.After = after
	report, err := r.LoadMissing(ctx)
	s.add(report)
	return report, err
}

// accepts leaves young objects to their notices, which are on their way.
func (s *slice) accepts(now time.Time) func(dropzone.Object) bool {
	return func(o dropzone.Object) bool {
		return s.Pipeline.Accepts(o) && !reconcile.OnItsWay(o, now, s.Config.ReconcileAge)
	}
}

func (s *slice) load(ctx context.Context, objects []dropzone.Object) []error {
	if ctx.Err() != nil {
		return slices.Repeat([]error{context.Cause(ctx)}, len(objects)) // it ends the slice, and is not told
	}
	receipts, errs := s.Pipeline.HandleTogether(ctx, ingest.Orders(objects, true))
	for i, err := range errs {
		if ctx.Err() == nil || err == nil {
			s.meter.Observe(receipts[i], err)
		}
	}
	return errs
}

// unlessStopped forgives what the end of the time, or a pause, has interrupted.
func (*slice) unlessStopped(ctx context.Context, err error) error {
	if ctx.Err() != nil || errors.Is(err, dropzone.ErrPaused) {
		return nil //nolint:nilerr // the next slice goes on
	}
	return err
}

func (s *slice) add(r reconcile.Report) {
	s.report.Listed += r.Listed
	s.report.Missing += r.Missing
	s.report.Due += r.Due
	s.report.Loaded += r.Loaded
	s.report.Failed += r.Failed
}

// goOn is where the next slice begins: where every load has ended well. Where that is no progress because of an object that
// does not load, it is beyond: the next pass looks at the object again, and the ledger may know when to retry it.
func goOn(after string, r reconcile.Report) string {
	if r.Through > after {
		return r.Through
	}
	return max(after, r.Compared)
}

// keepTime bounds how long it may take to keep the position after the slice's time is over.
const keepTime = time.Second

func (s *slice) keep(ctx context.Context, at warehouse.Position, found reconcile.Report) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), keepTime)
	defer cancel()
	next := warehouse.Position{After: s.report.Through, Listed: at.Listed + found.Listed, Missing: at.Missing + found.Missing}
	return s.Warehouse.KeepReconcilePosition(ctx, s.Config.S3Bucket, s.Config.S3Prefix, next, s.report.Done)
}

func (s *slice) count() {
	s.meter.Add("ObjectsListed", s.report.Listed)
	s.meter.Add("MissedNotices", s.report.Missing)
	s.meter.Add("ObjectsDue", s.report.Due)
	passes := int64(0)
	if s.report.Done {
		passes = 1
	}
	s.meter.Add("PassesDone", passes)
}
